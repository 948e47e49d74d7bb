"""`python -m operator_cli --env dev COMMAND`, or `make operate ARGS='COMMAND' ENV=dev`: what operators do.

With AWS credentials that may read the stack's outputs and sign users in, and an operator's own email and password
(POLARIS_OPERATOR, POLARIS_OPERATOR_PASSWORD; what is missing is asked for), or with a token from `sign-in`.
"""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from operator_cli.api import OperatorApi, OperatorError
from operator_cli.commands import DONE, FAILED, Person, add_commands, operate
from operator_cli.sign_in import EMAIL, PASSWORD, read_token, sign_in, write_token

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def _client(service: str) -> Any:
    return boto3.client(service)  # type: ignore[call-overload]  # the stubs want a literal


def main(
    arguments: Sequence[str] | None = None, client: Callable[[str], Any] = _client, person: Person | None = None
) -> int:
    """Do what the command line says; the exit code: 0 done, 1 refused, failed or not wanted after all, 2 misspelt."""
    options = _parser().parse_args(arguments)
    person = person or Person()
    try:
        outputs = _outputs(client, f"Polaris-{options.env}")
        if options.operator_command == "sign-in":
            write_token(options.token_file, _token(client, outputs, person))
            person.say(f"Signed in for an hour, with: --token-file {options.token_file}")
            return DONE
        token = read_token(options.token_file) if options.token_file else _token(client, outputs, person)
        with OperatorApi(outputs["ApiUrl"].rstrip("/"), token) as api:
            return operate(options, api, person)
    except OperatorError as error:
        sys.stderr.write(f"{error}\n")
    except (BotoCoreError, ClientError) as error:
        sys.stderr.write(f"AWS does not help: {error}\n")
    return FAILED


def _outputs(client: Callable[[str], Any], stack: str) -> dict[str, str]:
    [described] = client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}


def _token(client: Callable[[str], Any], outputs: dict[str, str], person: Person) -> str:
    email = os.environ.get(EMAIL) or person.ask("Your email: ")
    return sign_in(
        client("cognito-idp"),
        pool_id=outputs["UserPoolId"],
        client_id=outputs["OperatorsClientId"],
        email=email,
        password=os.environ.get(PASSWORD) or getpass.getpass(f"Password of {email}: "),
        ask=person.ask,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m operator_cli", description=__doc__)
    parser.add_argument("--env", choices=("dev", "prod"), default="dev", help="which deployment (default dev)")
    parser.add_argument("--token-file", type=Path, help="the token that `sign-in` has put there")
    keep = add_commands(parser).add_parser("sign-in", help="sign in for an hour")
    keep.add_argument("token_file", type=Path, metavar="FILE", help="where to keep the token, for --token-file")
    return parser


if __name__ == "__main__":
    sys.exit(main())
