"""What each function may do: one list of statements per function, written out, so that a reader sees all of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam

from contract.topics import SHADOW_PREFIX, authorised_topic, watch_topic
from infra.tables import BY_CHARGER, BY_DEADLINE, BY_OWNER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

    from infra.dead_letters import Letters
    from infra.environments import Environment
    from infra.inbox import Inbox
    from infra.tables import Tables

_EVSE = 1
"""Stands for the varying EVSE while a topic of the contract is turned into a pattern."""


WHICHEVER_EVSE = "The intent goes to the shadow of whichever charger and EVSE the session is on."


@dataclass(frozen=True, slots=True)
class Grant:
    """What one function may do, and why each wildcard in it has to be there."""

    statements: tuple[iam.PolicyStatement, ...]
    wildcards: Mapping[str, str]
    """Reason by resource, as in `thing/*`."""


def read_chargers(tables: Tables) -> Grant:
    """`chargers_api`: the list and one charger, with the session on it if it is the driver's own."""
    return _grant(
        _allow(["Scan", "Query"], tables.chargers.table_arn),
        _allow(["GetItem"], tables.sessions.table_arn),
    )


def read_sessions(tables: Tables, scope: Construct) -> Grant:
    """`sessions_api`: a driver's sessions; the update marks when a hint was sent that somebody looks."""
    watch = f"topic/{watch_topic('*', _EVSE).replace(f'/{_EVSE}/', '/*/')}"
    return _grant(
        _allow(["GetItem", "Query", "UpdateItem"], tables.sessions.table_arn),
        _allow(["Query"], f"{tables.sessions.table_arn}/index/{BY_OWNER}"),
        _allow(["GetItem"], tables.chargers.table_arn),
        iam.PolicyStatement(actions=["iot:Publish"], resources=[_iot(scope, watch)]),
        wildcards={watch: "The hint goes to whichever charger and EVSE the session is on; nothing else hears it."},
    )


def start_sessions(tables: Tables, scope: Construct, environment: Environment) -> Grant:
    """`start_session`: a new session on a free EVSE in one transaction, then the intent."""
    shadow = _shadows(environment)
    return _grant(
        _allow(["GetItem", "PutItem"], tables.sessions.table_arn),
        _allow(["Query", "UpdateItem"], tables.chargers.table_arn),
        _allow(["GetItem"], tables.accounts.table_arn),
        iam.PolicyStatement(actions=["iot:UpdateThingShadow"], resources=[_iot(scope, shadow)]),
        wildcards={shadow: WHICHEVER_EVSE},
    )


def stop_sessions(tables: Tables, scope: Construct, environment: Environment) -> Grant:
    """`stop_session`: one conditional update, then the intent."""
    shadow = _shadows(environment)
    return _grant(
        _allow(["GetItem", "UpdateItem"], tables.sessions.table_arn),
        iam.PolicyStatement(actions=["iot:UpdateThingShadow"], resources=[_iot(scope, shadow)]),
        wildcards={shadow: WHICHEVER_EVSE},
    )


def lend_stop_rights(tables: Tables) -> Grant:
    """`sharing_api`: a right is part of its session's record; using it is `stop_session`'s business."""
    return _grant(_allow(["GetItem", "UpdateItem"], tables.sessions.table_arn))


def keep_cards(tables: Tables, scope: Construct, environment: Environment) -> Grant:
    """`cards_api`: a driver's cards; what runs on a lost one is found in their sessions, and stopped."""
    shadow = _shadows(environment)
    return _grant(
        _allow(["GetItem", "PutItem", "UpdateItem", "DeleteItem"], tables.cards.table_arn),
        _allow(["Query"], f"{tables.cards.table_arn}/index/{BY_OWNER}"),
        _allow(["GetItem"], tables.accounts.table_arn),
        _allow(["GetItem", "UpdateItem"], tables.sessions.table_arn),
        _allow(["Query"], f"{tables.sessions.table_arn}/index/{BY_OWNER}"),
        iam.PolicyStatement(actions=["iot:UpdateThingShadow"], resources=[_iot(scope, shadow)]),
        wildcards={shadow: WHICHEVER_EVSE},
    )


def apply_reports(tables: Tables, inbox: Inbox) -> Grant:
    """`charger_reports`: drains its inbox into sessions and chargers; a card says whose a session is."""
    return _grant(
        _allow(["GetItem", "PutItem", "UpdateItem"], tables.sessions.table_arn),
        _allow(["GetItem", "UpdateItem"], tables.chargers.table_arn),
        _allow(["GetItem"], tables.cards.table_arn),
        *_drain(inbox),
    )


def authorise_cards(tables: Tables, scope: Construct, inbox: Inbox) -> Grant:
    """`authorise_card`: drains its inbox, looks a card and its owner's account up, answers the charger."""
    answer = f"topic/{authorised_topic('*')}"
    return _grant(
        _allow(["GetItem"], tables.cards.table_arn),
        _allow(["GetItem"], tables.accounts.table_arn),
        iam.PolicyStatement(actions=["iot:Publish"], resources=[_iot(scope, answer)]),
        *_drain(inbox),
        wildcards={answer: "The answer goes to whichever charger has asked; nothing else hears it."},
    )


def apply_presence(tables: Tables, inbox: Inbox) -> Grant:
    """`charger_presence`: drains its inbox into the chargers' connection state."""
    return _grant(
        _allow(["GetItem", "UpdateItem"], tables.chargers.table_arn),
        *_drain(inbox),
    )


def sweep_sessions(tables: Tables, scope: Construct, environment: Environment, dead_letters: sqs.IQueue) -> Grant:
    """`session_sweeper`: what is due in sessions; a stop that is not sent goes out; a sweep that failed is kept."""
    shadow = _shadows(environment)
    return _grant(
        _allow(["GetItem", "UpdateItem"], tables.sessions.table_arn),
        _allow(["Query"], f"{tables.sessions.table_arn}/index/{BY_DEADLINE}"),
        _allow(["GetItem", "UpdateItem"], tables.chargers.table_arn),
        iam.PolicyStatement(actions=["iot:UpdateThingShadow"], resources=[_iot(scope, shadow)]),
        iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[dead_letters.queue_arn]),
        wildcards={shadow: WHICHEVER_EVSE},
    )


def operate(tables: Tables, scope: Construct, environment: Environment, letters: Mapping[str, Letters]) -> Grant:
    """`operator_api`: finds everything, stops and closes sessions; adds to the audit, where it changes nothing."""
    shadow = _shadows(environment)
    redrivable = [(each.queue, each.back_to) for each in letters.values() if each.back_to is not None]
    return _grant(
        _allow(["GetItem", "UpdateItem"], tables.sessions.table_arn),
        *(
            _allow(["Query"], f"{tables.sessions.table_arn}/index/{index}")
            for index in (BY_OWNER, BY_DEADLINE, BY_CHARGER)
        ),
        _allow(["GetItem", "Query", "Scan", "UpdateItem"], tables.chargers.table_arn),
        _allow(["GetItem", "PutItem", "UpdateItem"], tables.accounts.table_arn),
        _allow(["PutItem", "Query"], tables.audit.table_arn),
        iam.PolicyStatement(actions=["iot:UpdateThingShadow"], resources=[_iot(scope, shadow)]),
        iam.PolicyStatement(
            actions=["sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
            resources=[each.queue.queue_arn for each in letters.values()],
        ),
        iam.PolicyStatement(actions=["sqs:DeleteMessage"], resources=[queue.queue_arn for queue, _ in redrivable]),
        iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[back.queue_arn for _, back in redrivable]),
        wildcards={shadow: WHICHEVER_EVSE},
    )


def provision_boards(tables: Tables, scope: Construct) -> Grant:
    """`provisioning_hook`: uses a serial number up, and retires the certificates that a charger had before."""
    thing, certificate = _iot(scope, "thing/*"), _iot(scope, "cert/*")
    whichever = "Which charger it is, and which certificates it had, is known only when its board asks."
    return _grant(
        _allow(["GetItem", "UpdateItem"], tables.serials.table_arn),
        iam.PolicyStatement(actions=["iot:ListThingPrincipals"], resources=[thing]),
        iam.PolicyStatement(actions=["iot:DetachThingPrincipal"], resources=[thing, certificate]),
        iam.PolicyStatement(actions=["iot:DescribeCertificate", "iot:UpdateCertificate"], resources=[certificate]),
        wildcards={"thing/*": whichever, "cert/*": whichever},
    )


def _grant(*statements: iam.PolicyStatement, wildcards: Mapping[str, str] | None = None) -> Grant:
    return Grant(statements, wildcards or {})


def _allow(dynamodb_actions: list[str], arn: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=[f"dynamodb:{action}" for action in dynamodb_actions], resources=[arn])


def _drain(inbox: Inbox) -> list[iam.PolicyStatement]:
    # What can never be processed goes to the dead letters at once, with the reason, not after five more tries.
    return [
        iam.PolicyStatement(
            actions=["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
            resources=[queue.queue_arn for queue in inbox.queues],
        ),
        iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[inbox.dead_letters.queue_arn]),
    ]


def _shadows(environment: Environment) -> str:
    # A named shadow is `thing/<thing>/<shadow>` (IoT guide, "Action resources"): the wildcards are the charger and
    # its EVSE. The emulator asks for the thing alone, whichever of its shadows is written.
    return "thing/*" if environment.local else f"thing/*/{SHADOW_PREFIX}*"


def _iot(scope: Construct, resource: str) -> str:
    kind, _, name = resource.partition("/")
    return Stack.of(scope).format_arn(
        service="iot", resource=kind, resource_name=name, arn_format=ArnFormat.SLASH_RESOURCE_NAME
    )
