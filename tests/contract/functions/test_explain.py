"""The operator's story of a session, from the tables of a deployment: it reads, and changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from explain.__main__ import main
from functions.adapters.dynamodb_sessions import DynamoSessions
from tests.contract.functions.conftest import CHARGERS, SESSIONS
from tests.support import builders
from tests.support.builders import OTHER_SESSION, SESSION

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.functions.conftest import Aws


@pytest.fixture
def client(aws: Aws) -> Callable[[str], Any]:
    class CloudFormation:
        def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
            assert StackName == "Polaris-prod"
            names = {"SessionsTableName": SESSIONS, "ChargersTableName": CHARGERS}
            outputs = [{"OutputKey": key, "OutputValue": value} for key, value in names.items()]
            return {"Stacks": [{"Outputs": outputs}]}

    return lambda service: CloudFormation() if service == "cloudformation" else aws.dynamodb


def test_a_session_of_a_deployment_is_told_by_reading_alone(
    aws: Aws, client: Callable[[str], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    DynamoSessions(aws.dynamodb, SESSIONS, CHARGERS).add(builders.active_session())
    aws.calls.clear()
    assert main(["--env", "prod", SESSION], client) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"Session {SESSION}, as of ")
    assert "the record of charger PX-0001" in told
    assert set(aws.calls) == {"GetItem", "Query"}


def test_a_session_that_is_not_on_record_is_an_error(
    client: Callable[[str], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--env", "prod", OTHER_SESSION], client) == 1
    assert capsys.readouterr().err == f"Polaris-prod has no session {OTHER_SESSION} on record.\n"
