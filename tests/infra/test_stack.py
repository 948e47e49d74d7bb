from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.infra.templates import Synthesised

DATA = {"AWS::DynamoDB::GlobalTable", "AWS::Cognito::UserPool", "AWS::SQS::Queue", "AWS::Logs::LogGroup"}


def test_tables_recover_to_any_point_in_time_and_only_sessions_and_accounts_have_what_expires(dev: Synthesised) -> None:
    tables = dev.of_type("AWS::DynamoDB::GlobalTable")
    names = ("Chargers", "Sessions", "Cards", "Serials", "Accounts", "Audit")
    assert set(tables) == {f"Tables{name}" for name in names}
    for body in tables.values():
        assert body["BillingMode"] == "PAY_PER_REQUEST"
        (replica,) = body["Replicas"]
        assert replica["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    for name in ("TablesSessions", "TablesAccounts"):
        assert tables[name]["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert "TimeToLiveSpecification" not in tables["TablesChargers"] | tables["TablesCards"] | tables["TablesAudit"]


def test_a_card_is_found_by_its_hash_and_a_drivers_cards_by_owner(dev: Synthesised) -> None:
    cards = dev.one("AWS::DynamoDB::GlobalTable", "Cards")
    assert cards["KeySchema"] == [{"AttributeName": "id_token_hash", "KeyType": "HASH"}]
    (index,) = cards["GlobalSecondaryIndexes"]
    assert (index["IndexName"], index["Projection"]) == ("by_owner", {"ProjectionType": "ALL"})
    assert index["KeySchema"] == [{"AttributeName": "owner", "KeyType": "HASH"}]


def test_a_drivers_sessions_are_found_by_owner_in_order_of_time(dev: Synthesised) -> None:
    sessions = dev.one("AWS::DynamoDB::GlobalTable", "Sessions")
    assert sessions["KeySchema"] == [
        {"AttributeName": "session_id", "KeyType": "HASH"},
        {"AttributeName": "item", "KeyType": "RANGE"},
    ]
    index, by_deadline, by_charger = sessions["GlobalSecondaryIndexes"]
    assert index["IndexName"] == "by_owner"
    assert index["KeySchema"] == [
        {"AttributeName": "owner", "KeyType": "HASH"},
        {"AttributeName": "created_at_ms", "KeyType": "RANGE"},
    ]
    assert index["Projection"] == {"ProjectionType": "KEYS_ONLY"}
    assert by_deadline == {
        "IndexName": "by_deadline",
        "KeySchema": [
            {"AttributeName": "open_shard", "KeyType": "HASH"},
            {"AttributeName": "due_at_ms", "KeyType": "RANGE"},
        ],
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }
    assert by_charger == {
        "IndexName": "by_charger",
        "KeySchema": [
            {"AttributeName": "charger_id", "KeyType": "HASH"},
            {"AttributeName": "created_at_ms", "KeyType": "RANGE"},
        ],
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }
    kinds = {entry["AttributeName"]: entry["AttributeType"] for entry in sessions["AttributeDefinitions"]}
    numbers = {"created_at_ms": "N", "due_at_ms": "N"}
    texts = {"session_id": "S", "item": "S", "owner": "S", "charger_id": "S", "open_shard": "S"}
    assert kinds == texts | numbers


def test_in_prod_data_outlives_the_stack_and_cannot_be_deleted_by_mistake(prod: Synthesised) -> None:
    for body in prod.resources.values():
        if body["Type"] in DATA:
            assert body["DeletionPolicy"] == body["UpdateReplacePolicy"] == "Retain"
    for table in prod.of_type("AWS::DynamoDB::GlobalTable").values():
        assert table["Replicas"][0]["DeletionProtectionEnabled"] is True
    assert prod.one("AWS::Cognito::UserPool")["DeletionProtection"] == "ACTIVE"
    assert {body["RetentionInDays"] for body in prod.of_type("AWS::Logs::LogGroup").values()} == {365}


def test_in_dev_everything_goes_with_the_stack(dev: Synthesised) -> None:
    for body in dev.resources.values():
        if body["Type"] in DATA:
            assert body["DeletionPolicy"] == "Delete"


def test_a_password_is_sent_by_nobody_but_a_local_driver(dev: Synthesised, local: Synthesised) -> None:
    deployed, on_one_machine = (t.one("AWS::Cognito::UserPoolClient", "PoolApp") for t in (dev, local))
    # No ALLOW_REFRESH_TOKEN_AUTH: a pool that rotates refresh tokens does not allow it.
    assert deployed["ExplicitAuthFlows"] == ["ALLOW_USER_SRP_AUTH"]
    assert deployed["AllowedOAuthFlows"] == ["code"]
    assert on_one_machine["ExplicitAuthFlows"] == ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    for client in (deployed, on_one_machine):
        assert client["GenerateSecret"] is False
        assert client["PreventUserExistenceErrors"] == "ENABLED"


def test_the_local_stack_has_the_same_parts_but_the_pages_and_nobody_to_wake(
    dev: Synthesised, local: Synthesised
) -> None:
    missing = set(dev.resources) - set(local.resources)
    elsewhere = ("Web", "Alarms", "Dashboard")
    assert {name for name in missing if not name.startswith(elsewhere)} == {"DriversPoolSignIn"}
    assert set(local.resources) <= set(dev.resources)


def test_the_stack_tells_what_tools_need_to_know(dev: Synthesised) -> None:
    assert set(dev.outputs) == {
        "ApiUrl",
        "UserPoolId",
        "UserPoolClientId",
        "ChargersTableName",
        "SessionsTableName",
        "CardsTableName",
        "SerialsTableName",
        "AccountsTableName",
        "DevicePolicyName",
        "ClaimPolicyName",
        "ThingTypeName",
        "ReportsQueueUrl",
        "ReportsDeadLetterQueueUrl",
        "PresenceQueueUrl",
        "PresenceDeadLetterQueueUrl",
        "AuthorisationsDeadLetterQueueUrl",
        "OperatorsTopicArn",
        "EventBusName",
        "OperatorsClientId",
        "SignInUrl",
        "WebUrl",
        "WebBucketName",
        "WebDistributionId",
    }


@pytest.mark.slow
def test_cfn_lint_finds_nothing(dev: Synthesised, prod: Synthesised, local: Synthesised) -> None:
    paths = [str(template.path) for template in (dev, prod, local)]
    # W3005: CDK names dependencies that a reference implies already.
    command = [
        str(Path(sys.executable).with_name("cfn-lint")),
        "-i",
        "W3005",
        "-r",
        "us-east-1",
        "eu-central-1",
        "--",
        *paths,
    ]
    result = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - our own arguments
    assert (result.returncode, result.stdout) == (0, "")
