from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from contract.topics import authorise_topic, authorised_topic, events_topic, shadow_topic, watch_topic

if TYPE_CHECKING:
    from tests.infra.templates import Synthesised

IOT = "arn:aws:iot:eu-central-1:123456789012:"
ITSELF = "${iot:Connection.Thing.ThingName}"
OWN_SHADOW = f"$aws/things/{ITSELF}/shadow/name/evse-*"
HEARD = [f"{OWN_SHADOW}/{a}" for a in ("accepted", "rejected", "delta")] + [f"polaris/v1/{ITSELF}/*"]


def policy(template: Synthesised) -> list[dict[str, Any]]:
    statements: list[dict[str, Any]] = template.one("AWS::IoT::Policy", "DeviceLinkPolicy")["PolicyDocument"][
        "Statement"
    ]
    return statements


def may(template: Synthesised, action: str, kind: str, topic: str, charger_id: str) -> bool:
    """Whether the policy lets a charger do something on a topic; `*` is its only wildcard, and spans levels."""
    for statement in policy(template):
        resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        if statement["Action"] == action and any(
            _matches(resource.replace(ITSELF, charger_id), f"{IOT}{kind}/{topic}") for resource in resources
        ):
            return True
    return False


def _matches(pattern: str, text: str) -> bool:
    head, *rest = pattern.split("*")
    if not text.startswith(head):
        return False
    text = text[len(head) :]
    for part in rest[:-1]:
        _, found, text = text.partition(part)
        if not found:
            return False
    return text.endswith(rest[-1]) if rest else not text


def test_a_charger_may_speak_and_listen_for_itself_and_nothing_else(dev: Synthesised) -> None:
    assert policy(dev) == [
        {
            "Effect": "Allow",
            "Action": "iot:Connect",
            "Resource": f"{IOT}client/{ITSELF}",
            "Condition": {"Bool": {"iot:Connection.Thing.IsAttached": ["true"]}},
        },
        {
            "Effect": "Allow",
            "Action": "iot:Publish",
            "Resource": [
                f"{IOT}topic/{OWN_SHADOW}/update",
                f"{IOT}topic/{OWN_SHADOW}/get",
                f"{IOT}topic/$aws/rules/polaris_session_events/polaris/v1/{ITSELF}/*/events",
                f"{IOT}topic/$aws/rules/polaris_authorisations/polaris/v1/{ITSELF}/authorise",
            ],
        },
        {"Effect": "Allow", "Action": "iot:Receive", "Resource": [f"{IOT}topic/{topic}" for topic in HEARD]},
        {"Effect": "Allow", "Action": "iot:Subscribe", "Resource": [f"{IOT}topicfilter/{topic}" for topic in HEARD]},
    ]


def test_the_device_policy_fits_the_service_in_a_region_with_a_long_name(dev: Synthesised) -> None:
    document = json.dumps({"Version": "2012-10-17", "Statement": policy(dev)}, separators=(",", ":"))
    assert len(document.replace("eu-central-1", "ap-southeast-1")) <= 2048


@pytest.mark.parametrize(
    "topic",
    [
        *[shadow_topic("PX-0001", 2, s) for s in ("update/delta", "update/accepted", "update/rejected")],
        *[shadow_topic("PX-0001", 2, s) for s in ("get/accepted", "get/rejected")],
        watch_topic("PX-0001", 2),
        authorised_topic("PX-0001"),
    ],
)
def test_a_charger_hears_every_topic_of_the_contract_about_itself_and_none_about_another(
    dev: Synthesised, topic: str
) -> None:
    for action, kind in (("iot:Subscribe", "topicfilter"), ("iot:Receive", "topic")):
        assert may(dev, action, kind, topic, "PX-0001")
        assert not may(dev, action, kind, topic, "PX-0002")
        assert not may(dev, action, kind, topic.replace("PX-0001", "+"), "PX-0001")


@pytest.mark.parametrize(
    "topic",
    [
        shadow_topic("PX-0001", 2, "update"),
        shadow_topic("PX-0001", 2, "get"),
        events_topic("PX-0001", 2),
        authorise_topic("PX-0001"),
    ],
)
def test_a_charger_says_what_the_contract_has_it_say_for_itself_and_not_for_another(
    dev: Synthesised, topic: str
) -> None:
    assert may(dev, "iot:Publish", "topic", topic, "PX-0001")
    assert not may(dev, "iot:Publish", "topic", topic, "PX-0002")


@pytest.mark.parametrize(
    "topic",
    [
        "$aws/things/PX-0001/shadow/update",
        shadow_topic("PX-0001", 2, "delete"),
        "$aws/things/PX-0001/shadow/name/other/update",
        watch_topic("PX-0001", 2),
        authorised_topic("PX-0001"),
        "polaris/v1/PX-0001/authorise",
        "polaris/v1/PX-0001/2/events",
        "$aws/rules/polaris_shadow_documents/polaris/v1/PX-0001/2/events",
        "$aws/rules/polaris_presence/x",
        "$aws/certificates/create/json",
    ],
)
def test_a_charger_may_not_publish_anything_else(dev: Synthesised, topic: str) -> None:
    assert not may(dev, "iot:Publish", "topic", topic, "PX-0001")


SQL = {
    "polaris_shadow_documents": (
        "SELECT 'shadow' AS kind, topic(3) AS chargerId, topic(6) AS shadow, current.version AS version, "
        "timestamp AS at, current.state.reported AS reported, previous.state.reported.n AS previousN, "
        "previous.state.reported.boot AS previousBoot FROM '$aws/things/+/shadow/name/+/update/documents'"
    ),
    "polaris_session_events": (
        "SELECT 'event' AS kind, topic(3) AS chargerId, topic(4) AS evse, timestamp() AS receivedAtMs, "
        "encode(*, 'base64') AS payload FROM 'polaris/v1/+/+/events'"
    ),
    "polaris_authorisations": (
        "SELECT topic(3) AS chargerId, timestamp() AS receivedAtMs, encode(*, 'base64') AS payload "
        "FROM 'polaris/v1/+/authorise'"
    ),
    "polaris_presence": (
        "SELECT clientId, eventType, timestamp AS at, sessionIdentifier, versionNumber, disconnectReason "
        "FROM '$aws/events/presence/connected/+'"
    ),
    "polaris_presence_lost": (
        "SELECT clientId, eventType, timestamp AS at, sessionIdentifier, versionNumber, disconnectReason "
        "FROM '$aws/events/presence/disconnected/+'"
    ),
}


@pytest.mark.parametrize(
    ("rule", "inbox", "queue"),
    [
        ("polaris_shadow_documents", "Reports", "Queue"),
        ("polaris_session_events", "Reports", "Queue"),
        ("polaris_presence", "Presence", "Queue"),
        ("polaris_presence_lost", "Presence", "Held"),
        ("polaris_authorisations", "Authorisations", "Queue"),
    ],
)
def test_a_rule_fills_its_inbox_and_what_it_cannot_deliver_goes_to_the_dead_letters(
    dev: Synthesised, rule: str, inbox: str, queue: str
) -> None:
    rules = {body["RuleName"]: body["TopicRulePayload"] for body in dev.of_type("AWS::IoT::TopicRule").values()}
    assert set(rules) == set(SQL)
    payload = rules[rule]
    assert payload["Sql"] == SQL[rule]
    assert payload["AwsIotSqlVersion"] == "2016-03-23"
    assert payload["RuleDisabled"] is False
    role = f"<DeviceLink{inbox}Writer.Arn>"
    assert payload["Actions"] == [
        {"Sqs": {"QueueUrl": f"<DeviceLink{inbox}{queue}>", "RoleArn": role, "UseBase64": False}}
    ]
    assert payload["ErrorAction"] == {
        "Sqs": {"QueueUrl": f"<DeviceLink{inbox}DeadLetters>", "RoleArn": role, "UseBase64": False}
    }


@pytest.mark.parametrize(
    ("inbox", "part", "name"),
    [
        ("Reports", "Queue", "charger-reports"),
        ("Presence", "Queue", "charger-presence"),
        ("Presence", "Held", "charger-presence-held"),
        ("Authorisations", "Queue", "card-authorisations"),
    ],
)
def test_a_queue_is_encrypted_redrives_after_five_tries_and_its_dead_letters_raise_an_alarm(
    dev: Synthesised, inbox: str, part: str, name: str
) -> None:
    queue = dev.one("AWS::SQS::Queue", f"DeviceLink{inbox}{part}")
    dead = dev.one("AWS::SQS::Queue", f"DeviceLink{inbox}DeadLetters")
    assert (queue["QueueName"], dead["QueueName"]) == (name, f"{name.removesuffix('-held')}-dlq")
    assert queue["SqsManagedSseEnabled"] is dead["SqsManagedSseEnabled"] is True
    assert queue["VisibilityTimeout"] == 60
    assert queue["RedrivePolicy"] == {
        "deadLetterTargetArn": f"<DeviceLink{inbox}DeadLetters.Arn>",
        "maxReceiveCount": 5,
    }


def test_only_the_loss_of_a_connection_is_held_back_and_not_until_a_stop_would_be_overdue(
    dev: Synthesised, local: Synthesised
) -> None:
    delays = {body["QueueName"]: body.get("DelaySeconds", 0) for body in dev.of_type("AWS::SQS::Queue").values()}
    overdue_s = int(dev.function("stop_session")["Environment"]["Variables"]["ACK_TIMEOUT_S"])
    assert {name for name, delay in delays.items() if delay} == {"charger-presence-held"}
    assert 0 < delays["charger-presence-held"] < overdue_s
    assert local.one("AWS::SQS::Queue", "DeviceLinkPresenceHeld")["DelaySeconds"] == 0


def test_every_queue_refuses_plain_http(dev: Synthesised) -> None:
    refused = set()
    for body in dev.of_type("AWS::SQS::QueuePolicy").values():
        (statement,) = (it for it in body["PolicyDocument"]["Statement"] if it["Effect"] == "Deny")
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        refused |= set(body["Queues"])
    assert refused == {f"<{name}>" for name in dev.of_type("AWS::SQS::Queue")}


def test_the_thing_type_and_the_policy_are_told_to_whoever_registers_a_charger(dev: Synthesised) -> None:
    assert dev.one("AWS::IoT::ThingType")["ThingTypeName"] == "polaris-charger"
    assert dev.outputs["ThingTypeName"]["Value"] == "<DeviceLinkThingType>"
    assert dev.outputs["DevicePolicyName"]["Value"] == "<DeviceLinkPolicy>"
