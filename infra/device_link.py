"""The chargers' side: what a charger is, what its certificate may do, and where what it says goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_iot as iot
from constructs import Construct

from contract.topics import (
    AUTHORISATIONS_RULE,
    EVENTS_RULE,
    SHADOW_PREFIX,
    authorise_topic,
    authorised_topic,
    events_topic,
    shadow_name,
    shadow_topic,
)
from infra.inbox import Inbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_sqs as sqs

    from infra.environments import Environment

THING_TYPE = "polaris-charger"
DEVICE_POLICY = "polaris-charger"
SHADOWS_RULE = "polaris_shadow_documents"
PRESENCE_RULE = "polaris_presence"
LOSSES_RULE = "polaris_presence_lost"
SQL_VERSION = "2016-03-23"

ITSELF = "${iot:Connection.Thing.ThingName}"
"""The thing that the certificate of this connection belongs to; also its MQTT client id."""

_EVSE = 1
"""Stands for the varying EVSE while a topic of the contract is turned into a pattern."""


class DeviceLink(Construct):
    """Thing type, device policy, and five topic rules into three inboxes."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment) -> None:
        super().__init__(scope, construct_id)
        self.thing_type = iot.CfnThingType(
            self,
            "ThingType",
            thing_type_name=THING_TYPE,
            thing_type_properties=iot.CfnThingType.ThingTypePropertiesProperty(
                thing_type_description="A Polaris charger: one thing, one named shadow per EVSE."
            ),
        )
        self.policy = iot.CfnPolicy(
            self, "Policy", policy_name=DEVICE_POLICY, policy_document=device_policy(Stack.of(self))
        )
        self.reports = Inbox(
            self, "Reports", environment=environment, name="charger-reports", rules=(SHADOWS_RULE, EVENTS_RULE)
        )
        self.presence = Inbox(
            self,
            "Presence",
            environment=environment,
            name="charger-presence",
            rules=(PRESENCE_RULE, LOSSES_RULE),
            held=Duration.seconds(environment.loss_held_s),
        )
        self.authorisations = Inbox(
            self, "Authorisations", environment=environment, name="card-authorisations", rules=(AUTHORISATIONS_RULE,)
        )
        self._rule(SHADOWS_RULE, shadows_sql(), self.reports, "What chargers say they are: every accepted shadow write")
        self._rule(EVENTS_RULE, events_sql(), self.reports, "Session events, by Basic Ingest")
        self._rule(PRESENCE_RULE, presence_sql("connected"), self.presence, "Chargers that connect")
        self._rule(
            LOSSES_RULE,
            presence_sql("disconnected"),
            self.presence,
            "Chargers that are gone, held for a moment",
            queue=self.presence.held,
        )
        self._rule(AUTHORISATIONS_RULE, authorisations_sql(), self.authorisations, "Questions about cards")

    def _rule(self, name: str, sql: str, inbox: Inbox, description: str, *, queue: sqs.IQueue | None = None) -> None:
        def into(url: str) -> iot.CfnTopicRule.ActionProperty:
            return iot.CfnTopicRule.ActionProperty(
                sqs=iot.CfnTopicRule.SqsActionProperty(queue_url=url, role_arn=inbox.writer.role_arn, use_base64=False)
            )

        iot.CfnTopicRule(
            self,
            name,
            rule_name=name,
            topic_rule_payload=iot.CfnTopicRule.TopicRulePayloadProperty(
                description=description,
                sql=sql,
                aws_iot_sql_version=SQL_VERSION,
                actions=[into((queue or inbox.queue).queue_url)],
                error_action=into(inbox.dead_letters.queue_url),
                rule_disabled=False,
            ),
        )


def device_policy(stack: Stack) -> dict[str, object]:
    """What a charger's certificate may do: speak and listen for itself, and for no other.

    `*` stands where the EVSE varies. It also spans `/`, which keeps the shadow's answers to two patterns instead of
    five, what the cloud says by plain topics (watch, authorised) to one, and the policy under the service's 2,048
    characters; all of them stay below the charger's own name.
    """
    answers = [_own_shadow("accepted"), _own_shadow("rejected"), _own_shadow("delta")]
    heard = [*answers, authorised_topic(ITSELF).replace("authorised", "*")]
    said = [_own_shadow("update"), _own_shadow("get"), _any_evse(events_topic(ITSELF, _EVSE)), authorise_topic(ITSELF)]
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "iot:Connect",
                "Resource": _arn(stack, "client", ITSELF),
                "Condition": {"Bool": {"iot:Connection.Thing.IsAttached": ["true"]}},
            },
            {"Effect": "Allow", "Action": "iot:Publish", "Resource": _arns(stack, "topic", said)},
            {"Effect": "Allow", "Action": "iot:Receive", "Resource": _arns(stack, "topic", heard)},
            {"Effect": "Allow", "Action": "iot:Subscribe", "Resource": _arns(stack, "topicfilter", heard)},
        ],
    }


def shadows_sql() -> str:
    """Every accepted write to an EVSE's shadow, with the order the charger gave its reports before and after."""
    topic = shadow_topic("+", _EVSE, "update/documents")
    fields = (
        "'shadow' AS kind",
        f"topic({_level(topic, '+')}) AS chargerId",
        f"topic({_level(topic, shadow_name(_EVSE))}) AS shadow",
        "current.version AS version",
        "timestamp AS at",
        "current.state.reported AS reported",
        "previous.state.reported.n AS previousN",
        "previous.state.reported.boot AS previousBoot",
    )
    return _select(fields, topic.replace(shadow_name(_EVSE), "+"))


def events_sql() -> str:
    """Session events. Base64 keeps the bytes as they came: what is not JSON is a dead letter, not a lost one."""
    # The rules engine drops the Basic Ingest prefix before it matches and counts levels.
    topic = events_topic("+", _EVSE).removeprefix(f"$aws/rules/{EVENTS_RULE}/")
    fields = (
        "'event' AS kind",
        f"topic({_level(topic, '+')}) AS chargerId",
        f"topic({_level(topic, str(_EVSE))}) AS evse",
        "timestamp() AS receivedAtMs",
        "encode(*, 'base64') AS payload",
    )
    return _select(fields, topic.replace(f"/{_EVSE}/", "/+/"))


def authorisations_sql() -> str:
    """Questions about cards, in base64 as session events are, and for the same reason."""
    topic = authorise_topic("+").removeprefix(f"$aws/rules/{AUTHORISATIONS_RULE}/")
    fields = (
        f"topic({_level(topic, '+')}) AS chargerId",
        "timestamp() AS receivedAtMs",
        "encode(*, 'base64') AS payload",
    )
    return _select(fields, topic)


def presence_sql(kind: str) -> str:
    """Chargers that come or go; session, version and time put late and doubled messages in order.

    The reason is for the person who reads a dead letter.
    """
    fields = ("clientId", "eventType", "timestamp AS at", "sessionIdentifier", "versionNumber", "disconnectReason")
    return _select(fields, f"$aws/events/presence/{kind}/+")


def _select(fields: Sequence[str], topic: str) -> str:
    return f"SELECT {', '.join(fields)} FROM '{topic}'"  # noqa: S608 - a topic rule's SQL, made of constants


def _level(topic: str, value: str) -> int:
    """Which level of a topic holds a value, counted from 1 as the rules engine does."""
    return topic.split("/").index(value) + 1


def _own_shadow(suffix: str) -> str:
    return shadow_topic(ITSELF, _EVSE, suffix).replace(shadow_name(_EVSE), f"{SHADOW_PREFIX}*")


def _any_evse(topic: str) -> str:
    return topic.replace(f"/{_EVSE}/", "/*/")


def _arn(stack: Stack, kind: str, name: str) -> str:
    return stack.format_arn(service="iot", resource=kind, resource_name=name, arn_format=ArnFormat.SLASH_RESOURCE_NAME)


def _arns(stack: Stack, kind: str, names: Sequence[str]) -> list[str]:
    return [_arn(stack, kind, name) for name in names]
