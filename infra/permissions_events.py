"""What each function may do that a queue, a schedule or AWS IoT wakes: one list of statements per function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam

from contract.topics import authorised_topic
from infra.grants import HINTS, WHICHEVER_EVSE, WHICHEVER_HEARS, Grant, allow, drain, grant, iot_arn, shadows
from infra.tables import BY_DEADLINE

if TYPE_CHECKING:
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

    from infra.domain_events import DomainEvents
    from infra.environments import Environment
    from infra.inbox import Inbox
    from infra.tables import Tables


def apply_reports(tables: Tables, scope: Construct, environment: Environment, inbox: Inbox) -> Grant:
    """`charger_reports`: drains its inbox into sessions and chargers; a card says whose a session is.

    A session that has reached its target is stopped at once, as by a tap; one that is near it is sampled as if somebody
    looked.
    """
    shadow = shadows(environment)
    return grant(
        allow(["GetItem", "PutItem", "UpdateItem"], tables.sessions.table_arn),
        allow(["GetItem", "UpdateItem"], tables.chargers.table_arn),
        allow(["GetItem"], tables.cards.table_arn),
        iam.PolicyStatement(actions=["iot:UpdateThingShadow"], resources=[iot_arn(scope, shadow)]),
        iam.PolicyStatement(actions=["iot:Publish"], resources=[iot_arn(scope, HINTS)]),
        *drain(inbox),
        wildcards={shadow: WHICHEVER_EVSE, HINTS: WHICHEVER_HEARS},
    )


def authorise_cards(tables: Tables, scope: Construct, inbox: Inbox) -> Grant:
    """`authorise_card`: drains its inbox, looks up a card, its owner's account and the charger, and answers that."""
    answer = f"topic/{authorised_topic('*')}"
    return grant(
        allow(["GetItem"], tables.cards.table_arn),
        allow(["GetItem"], tables.accounts.table_arn),
        allow(["Query"], tables.chargers.table_arn),
        iam.PolicyStatement(actions=["iot:Publish"], resources=[iot_arn(scope, answer)]),
        *drain(inbox),
        wildcards={answer: "The answer goes to whichever charger has asked; nothing else hears it."},
    )


def apply_presence(tables: Tables, inbox: Inbox) -> Grant:
    """`charger_presence`: drains its inbox into the chargers' connection state."""
    return grant(
        allow(["GetItem", "UpdateItem"], tables.chargers.table_arn),
        *drain(inbox),
    )


def sweep_sessions(tables: Tables, scope: Construct, environment: Environment, dead_letters: sqs.IQueue) -> Grant:
    """`session_sweeper`: what is due in sessions; a stop that is not sent goes out; certificates are looked after."""
    shadow = shadows(environment)
    return grant(
        allow(["GetItem", "UpdateItem"], tables.sessions.table_arn),
        allow(["Query"], f"{tables.sessions.table_arn}/index/{BY_DEADLINE}"),
        allow(["GetItem", "UpdateItem"], tables.chargers.table_arn),
        allow(["Scan"], tables.serials.table_arn),
        iam.PolicyStatement(actions=["iot:UpdateThingShadow"], resources=[iot_arn(scope, shadow)]),
        iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[dead_letters.queue_arn]),
        wildcards={shadow: WHICHEVER_EVSE},
    )


def tell_events(tables: Tables, events: DomainEvents) -> Grant:
    """`domain_events`: reads the sessions' stream, tells the bus; what it failed on is kept."""
    stream = tables.sessions.table_stream_arn or ""
    return grant(
        allow(["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"], stream),
        iam.PolicyStatement(actions=["events:PutEvents"], resources=[events.bus.event_bus_arn]),
        iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[events.dead_letters.queue_arn]),
    )


def provision_boards(tables: Tables, scope: Construct) -> Grant:
    """`provisioning_hook`: uses a serial number up, and retires the certificates that a charger had before."""
    thing, certificate = iot_arn(scope, "thing/*"), iot_arn(scope, "cert/*")
    whichever = "Which charger it is, and which certificates it had, is known only when its board asks."
    return grant(
        allow(["GetItem", "UpdateItem"], tables.serials.table_arn),
        iam.PolicyStatement(actions=["iot:ListThingPrincipals"], resources=[thing]),
        iam.PolicyStatement(actions=["iot:DetachThingPrincipal"], resources=[thing, certificate]),
        iam.PolicyStatement(actions=["iot:DescribeCertificate", "iot:UpdateCertificate"], resources=[certificate]),
        wildcards={"thing/*": whichever, "cert/*": whichever},
    )
