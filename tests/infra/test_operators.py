from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from functions.operator_token import OPERATORS

if TYPE_CHECKING:
    from tests.infra.templates import Synthesised


def test_the_group_that_the_token_is_asked_for_exists(dev: Synthesised) -> None:
    group = dev.one("AWS::Cognito::UserPoolGroup")
    assert (group["GroupName"], group["UserPoolId"]) == (OPERATORS, "<DriversPool>")
    assert "RoleArn" not in group


@pytest.mark.parametrize("deployment", ["dev", "prod", "local"])
def test_operators_sign_in_with_aws_credentials_beside_the_password_and_for_an_hour(
    request: pytest.FixtureRequest, deployment: str
) -> None:
    template: Synthesised = request.getfixturevalue(deployment)
    client = template.one("AWS::Cognito::UserPoolClient", "OperatorsApp")
    assert [flow for flow in client["ExplicitAuthFlows"] if "REFRESH" not in flow] == ["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    assert client["AllowedOAuthFlowsUserPoolClient"] is False
    assert {client[f"{kind}TokenValidity"] for kind in ("Access", "Id", "Refresh")} == {60}
    assert set(client["TokenValidityUnits"].values()) == {"minutes"}


def test_every_dead_letter_queue_of_the_stack_can_be_read_and_redriven_by_operators(dev: Synthesised) -> None:
    setting = dev.function("operator_api")["Environment"]["Variables"]["DEAD_LETTER_QUEUES"]
    known = {each["url"].strip("<>") for each in json.loads(setting).values()}
    queues = dev.of_type("AWS::SQS::Queue")
    assert known == {name for name, queue in queues.items() if queue["QueueName"].endswith("-dlq")}


def test_letters_go_back_to_the_queue_whose_dead_letters_they_are(dev: Synthesised) -> None:
    setting = dev.function("operator_api")["Environment"]["Variables"]["DEAD_LETTER_QUEUES"]
    for each in json.loads(setting).values():
        if "back_to" in each:
            policy = dev.of_type("AWS::SQS::Queue")[each["back_to"].strip("<>")]["RedrivePolicy"]
            assert policy["deadLetterTargetArn"] == each["url"].replace(">", ".Arn>")


def test_what_operators_did_can_be_added_to_and_read_and_nothing_else_by_anybody(dev: Synthesised) -> None:
    audit = "<TablesAudit.Arn>"
    for body in dev.of_type("AWS::Lambda::Function").values():
        name = body["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] if "Environment" in body else ""
        if not name:
            continue
        may = {action for action, resource in dev.permissions(name) if resource.startswith(audit)}
        assert may == ({"dynamodb:PutItem", "dynamodb:Query"} if name == "operator_api" else set())
