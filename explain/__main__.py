"""`python -m explain --env dev SESSION`, or `make explain SESSION=…`: the whole story of one session, from its records.

With the credentials of whoever asks; reading the two tables and the stack's outputs is all they need.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

import boto3

from explain.tables import story_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def _client(service: str) -> Any:
    return boto3.client(service)  # type: ignore[call-overload]  # the stubs want a literal


def main(arguments: Sequence[str] | None = None, client: Callable[[str], Any] = _client) -> int:
    """Print the story of one session of a deployment."""
    parser = argparse.ArgumentParser(prog="python -m explain", description=__doc__)
    parser.add_argument("--env", choices=("dev", "prod"), default="dev", help="which deployment (default dev)")
    parser.add_argument("session", metavar="SESSION", help="the session's id")
    options = parser.parse_args(arguments)
    stack = f"Polaris-{options.env}"
    [described] = client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}
    told = story_of(
        options.session,
        client("dynamodb"),
        sessions_table=outputs["SessionsTableName"],
        chargers_table=outputs["ChargersTableName"],
    )
    if told is None:
        sys.stderr.write(f"{stack} has no session {options.session} on record.\n")
        return 1
    sys.stdout.write(told)
    return 0


if __name__ == "__main__":
    sys.exit(main())
