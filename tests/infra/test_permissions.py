from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.infra.templates import Synthesised

CHARGERS, SESSIONS, CARDS = "<TablesChargers.Arn>", "<TablesSessions.Arn>", "<TablesCards.Arn>"
ACCOUNTS = "<TablesAccounts.Arn>"
IOT = "arn:aws:iot:eu-central-1:123456789012:"
WATCH = ("iot:Publish", f"{IOT}topic/polaris/v1/*/*/watch")
AUTHORISED = ("iot:Publish", f"{IOT}topic/polaris/v1/*/authorised")
THING, CERTIFICATE = f"{IOT}thing/*", f"{IOT}cert/*"
INTENT = ("iot:UpdateThingShadow", f"{IOT}thing/*/evse-*")


def table(arn: str, *actions: str) -> set[tuple[str, str]]:
    return {(f"dynamodb:{action}", arn) for action in actions}


def drains(inbox: str, *queues: str) -> set[tuple[str, str]]:
    consume = {
        (f"sqs:{action}", f"<DeviceLink{inbox}{queue}.Arn>")
        for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
        for queue in queues or ("Queue",)
    }
    return consume | {("sqs:SendMessage", f"<DeviceLink{inbox}DeadLetters.Arn>")}


WORK = {
    "chargers_api": table(CHARGERS, "Scan", "Query") | table(SESSIONS, "GetItem"),
    "sessions_api": table(SESSIONS, "BatchGetItem", "GetItem", "Query", "UpdateItem")
    | table(f"{SESSIONS}/index/by_owner", "Query")
    | table(CHARGERS, "GetItem")
    | {WATCH},
    "start_session": table(SESSIONS, "GetItem", "PutItem", "UpdateItem")
    | table(CHARGERS, "Query", "UpdateItem")
    | table(ACCOUNTS, "GetItem")
    | {INTENT},
    "stop_session": table(SESSIONS, "GetItem", "UpdateItem") | {INTENT},
    "sharing_api": table(SESSIONS, "GetItem", "UpdateItem"),
    "account_api": table(ACCOUNTS, "GetItem", "PutItem", "UpdateItem")
    | table(CARDS, "GetItem", "UpdateItem", "DeleteItem")
    | table(f"{CARDS}/index/by_owner", "Query")
    | table(SESSIONS, "BatchGetItem", "GetItem", "UpdateItem")
    | table(f"{SESSIONS}/index/by_owner", "Query")
    | {("cognito-idp:AdminDeleteUser", "<DriversPool.Arn>")},
    "cards_api": table(CARDS, "GetItem", "PutItem", "UpdateItem", "DeleteItem")
    | table(f"{CARDS}/index/by_owner", "Query")
    | table(ACCOUNTS, "GetItem")
    | table(SESSIONS, "BatchGetItem", "GetItem", "UpdateItem")
    | table(f"{SESSIONS}/index/by_owner", "Query")
    | {INTENT},
    "authorise_card": table(CARDS, "GetItem")
    | table(ACCOUNTS, "GetItem")
    | table(CHARGERS, "Query")
    | {AUTHORISED}
    | drains("Authorisations"),
    "charger_reports": table(SESSIONS, "GetItem", "PutItem", "UpdateItem")
    | table(CHARGERS, "GetItem", "UpdateItem")
    | table(CARDS, "GetItem")
    | {INTENT, WATCH}
    | drains("Reports"),
    "session_sweeper": table(SESSIONS, "GetItem", "UpdateItem")
    | table(f"{SESSIONS}/index/by_deadline", "Query")
    | table(CHARGERS, "GetItem", "UpdateItem")
    | table("<TablesSerials.Arn>", "Scan")
    | {INTENT, ("sqs:SendMessage", "<SweeperDeadLetters.Arn>")},
    "operator_api": table(SESSIONS, "BatchGetItem", "GetItem", "UpdateItem")
    | {("dynamodb:Query", f"{SESSIONS}/index/{index}") for index in ("by_owner", "by_deadline", "by_charger")}
    | table(CHARGERS, "GetItem", "Query", "Scan", "UpdateItem")
    | table("<TablesAccounts.Arn>", "GetItem", "PutItem", "UpdateItem")
    | table("<TablesAudit.Arn>", "PutItem", "Query")
    | {INTENT}
    | {
        (f"sqs:{action}", f"<{queue}DeadLetters.Arn>")
        for action in ("GetQueueAttributes", "ReceiveMessage")
        for queue in ("DeviceLinkReports", "DeviceLinkPresence", "DeviceLinkAuthorisations", "Sweeper", "DomainEvents")
    }
    | {("sqs:DeleteMessage", f"<DeviceLink{inbox}DeadLetters.Arn>") for inbox in ("Reports", "Presence")}
    | {("sqs:SendMessage", f"<DeviceLink{inbox}Queue.Arn>") for inbox in ("Reports", "Presence")},
    "domain_events": table(
        "<TablesSessions.StreamArn>", "DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"
    )
    | {("events:PutEvents", "<DomainEventsBus.Arn>"), ("sqs:SendMessage", "<DomainEventsDeadLetters.Arn>")},
    "provisioning_hook": table("<TablesSerials.Arn>", "GetItem", "UpdateItem")
    | {("iot:ListThingPrincipals", THING)}
    | {("iot:DescribeCertificate", CERTIFICATE), ("iot:UpdateCertificate", CERTIFICATE)}
    | {("iot:DetachThingPrincipal", THING), ("iot:DetachThingPrincipal", CERTIFICATE)},
    "charger_presence": table(CHARGERS, "GetItem", "UpdateItem") | drains("Presence", "Queue", "Held"),
}


@pytest.mark.parametrize("name", WORK)
def test_a_function_may_do_its_work_log_and_trace_and_nothing_else(dev: Synthesised, name: str) -> None:
    log = f"<Functions{name.replace('_', '')}Log.Arn>"
    own = {("logs:CreateLogStream", log), ("logs:PutLogEvents", log)}
    trace = {("xray:PutTraceSegments", "*"), ("xray:PutTelemetryRecords", "*")}
    assert dev.permissions(name) == WORK[name] | own | trace


def test_every_function_has_a_role_of_its_own_and_no_policy_hangs_beside_the_roles(dev: Synthesised) -> None:
    roles = [body["Role"] for body in dev.of_type("AWS::Lambda::Function").values()]
    assert sorted(roles) == sorted(f"<Functions{name.replace('_', '')}Role.Arn>" for name in WORK)
    assert not dev.of_type("AWS::IAM::Policy")
    assert not dev.of_type("AWS::IAM::ManagedPolicy")


def test_locally_a_role_differs_by_one_resource_because_the_emulator_checks_the_thing_alone(
    dev: Synthesised, local: Synthesised
) -> None:
    for name in WORK:
        expected = {(a, f"{IOT}thing/*" if (a, r) == INTENT else r) for a, r in dev.permissions(name)}
        assert local.permissions(name) == expected


def test_topic_rules_write_to_their_own_queues_only_and_only_for_this_account(dev: Synthesised) -> None:
    for inbox, rules in (
        ("Reports", ["polaris_shadow_documents", "polaris_session_events"]),
        ("Presence", ["polaris_presence", "polaris_presence_lost"]),
        ("Authorisations", ["polaris_authorisations"]),
    ):
        role = dev.one("AWS::IAM::Role", f"DeviceLink{inbox}Writer")
        (statement,) = role["Policies"][0]["PolicyDocument"]["Statement"]
        assert statement["Action"] == "sqs:SendMessage"
        queues = ("Queue", "Held", "DeadLetters") if inbox == "Presence" else ("Queue", "DeadLetters")
        assert set(statement["Resource"]) == {f"<DeviceLink{inbox}{queue}.Arn>" for queue in queues}
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "iot.amazonaws.com"}
        assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}
        named = trust["Condition"]["ArnLike"]["aws:SourceArn"]
        assert ([named] if isinstance(named, str) else named) == [f"{IOT}rule/{rule}" for rule in rules]
