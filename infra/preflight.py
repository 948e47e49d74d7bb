"""Before a deployment: says where it would go, and stops where that cannot be meant.

`python -m infra.preflight --env prod --confirm prod`; `make deploy` begins with it. It changes nothing.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, cast

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.environments import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.environments import Environment, EnvironmentName

LEFT_FOR_ALL = 100
"""Executions that Lambda insists on leaving unreserved in an account (Lambda guide, "Reserved concurrency")."""


class NotReadyError(Exception):
    """Why there is no deployment, in words for whoever asked for it."""


def check(session: boto3.Session, environment: Environment, *, confirmed: str) -> list[str]:
    """Where it would go, and what to know of it.

    Raises:
        NotReadyError: no region, no credentials, or nobody has said that production is meant.
    """
    if not session.region_name:
        raise NotReadyError("no region: set AWS_REGION, or the region of your AWS_PROFILE")
    try:
        caller = session.client("sts").get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise NotReadyError(
            f"no usable AWS credentials ({error}): sign in, for example with `aws sso login`, and set AWS_PROFILE"
        ) from error
    goes_to = f"Polaris-{environment.name} in account {caller['Account']}, {session.region_name}, as {caller['Arn']}"
    if environment.keeps_data and confirmed != environment.name:
        raise NotReadyError(f"this would change {goes_to}; if that is meant, say CONFIRM={environment.name}")
    return [goes_to, *_too_few_executions(session, environment)]


def _too_few_executions(session: boto3.Session, environment: Environment) -> list[str]:
    if not environment.stop_concurrency:
        return []
    try:
        limits = session.client("lambda").get_account_settings()["AccountLimit"]
    except (BotoCoreError, ClientError):
        return []  # whoever deploys need not be allowed to look
    if limits["ConcurrentExecutions"] - LEFT_FOR_ALL >= environment.stop_concurrency:
        return []
    at_once, kept = limits["ConcurrentExecutions"], environment.stop_concurrency
    advice = "have the quota raised, or say ARGS='-c stopConcurrency=…'"
    return [f"the account may run {at_once} functions at once, and {kept} are to be kept for stops: {advice}"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Say where a deployment would go; 1 if it must not."""
    parser = argparse.ArgumentParser(prog="python -m infra.preflight", description=__doc__)
    parser.add_argument("--env", choices=tuple(BY_NAME), required=True, help="which deployment")
    parser.add_argument("--confirm", default="", help="its name once more, for one that keeps data")
    options = parser.parse_args(arguments)
    environment = BY_NAME[cast("EnvironmentName", options.env)]
    try:
        for line in check(boto3.Session(), environment, confirmed=options.confirm):
            sys.stdout.write(f"{line}\n")
    except NotReadyError as error:
        sys.stderr.write(f"not deployed: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
