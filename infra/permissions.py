"""What each function may do that answers people: one list of statements per function, so that a reader sees all of it.

Functions that a queue, a schedule or AWS IoT wakes are in `permissions_events`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam

from infra.grants import HINTS, WHICHEVER_EVSE, WHICHEVER_HEARS, Grant, allow, grant, iot_arn, shadows
from infra.tables import BY_CHARGER, BY_DEADLINE, BY_OWNER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constructs import Construct

    from infra.dead_letters import Letters
    from infra.environments import Environment
    from infra.identity import Drivers
    from infra.tables import Tables


def read_chargers(tables: Tables) -> Grant:
    """`chargers_api`: the list and one charger, with the session on it if it is the driver's own."""
    return grant(
        allow(["Scan", "Query"], tables.chargers.table_arn),
        allow(["GetItem"], tables.sessions.table_arn),
    )


def read_sessions(tables: Tables, scope: Construct) -> Grant:
    """`sessions_api`: a driver's sessions; the update marks when a hint was sent that somebody looks."""
    return grant(
        allow(["BatchGetItem", "GetItem", "Query", "UpdateItem"], tables.sessions.table_arn),
        allow(["Query"], f"{tables.sessions.table_arn}/index/{BY_OWNER}"),
        allow(["GetItem"], tables.chargers.table_arn),
        iam.PolicyStatement(actions=["iot:Publish"], resources=[iot_arn(scope, HINTS)]),
        wildcards={HINTS: WHICHEVER_HEARS},
    )


def start_sessions(tables: Tables, scope: Construct, environment: Environment) -> Grant:
    """`start_session`: a new session on a free EVSE in one transaction, then the intent."""
    shadow = shadows(environment)
    return grant(
        allow(["GetItem", "PutItem", "UpdateItem"], tables.sessions.table_arn),
        allow(["Query", "UpdateItem"], tables.chargers.table_arn),
        allow(["GetItem"], tables.accounts.table_arn),
        iam.PolicyStatement(actions=["iot:UpdateThingShadow"], resources=[iot_arn(scope, shadow)]),
        wildcards={shadow: WHICHEVER_EVSE},
    )


def stop_sessions(tables: Tables, scope: Construct, environment: Environment) -> Grant:
    """`stop_session`: one conditional update, then the intent."""
    shadow = shadows(environment)
    return grant(
        allow(["GetItem", "UpdateItem"], tables.sessions.table_arn),
        iam.PolicyStatement(actions=["iot:UpdateThingShadow"], resources=[iot_arn(scope, shadow)]),
        wildcards={shadow: WHICHEVER_EVSE},
    )


def lend_stop_rights(tables: Tables) -> Grant:
    """`sharing_api`: a right is part of its session's record; using it is `stop_session`'s business."""
    return grant(allow(["GetItem", "UpdateItem"], tables.sessions.table_arn))


def delete_accounts(tables: Tables, drivers: Drivers) -> Grant:
    """`account_api`: cards go, sessions are cut from their owner, the sign-in goes."""
    return grant(
        allow(["GetItem", "PutItem", "UpdateItem"], tables.accounts.table_arn),
        allow(["GetItem", "UpdateItem", "DeleteItem"], tables.cards.table_arn),
        allow(["Query"], f"{tables.cards.table_arn}/index/{BY_OWNER}"),
        allow(["BatchGetItem", "GetItem", "UpdateItem"], tables.sessions.table_arn),
        allow(["Query"], f"{tables.sessions.table_arn}/index/{BY_OWNER}"),
        iam.PolicyStatement(actions=["cognito-idp:AdminDeleteUser"], resources=[drivers.pool.user_pool_arn]),
    )


def keep_cards(tables: Tables, scope: Construct, environment: Environment) -> Grant:
    """`cards_api`: a driver's cards; what runs on a lost one is found in their sessions, and stopped."""
    shadow = shadows(environment)
    return grant(
        allow(["GetItem", "PutItem", "UpdateItem", "DeleteItem"], tables.cards.table_arn),
        allow(["Query"], f"{tables.cards.table_arn}/index/{BY_OWNER}"),
        allow(["GetItem"], tables.accounts.table_arn),
        allow(["BatchGetItem", "GetItem", "UpdateItem"], tables.sessions.table_arn),
        allow(["Query"], f"{tables.sessions.table_arn}/index/{BY_OWNER}"),
        iam.PolicyStatement(actions=["iot:UpdateThingShadow"], resources=[iot_arn(scope, shadow)]),
        wildcards={shadow: WHICHEVER_EVSE},
    )


def operate(tables: Tables, scope: Construct, environment: Environment, letters: Mapping[str, Letters]) -> Grant:
    """`operator_api`: finds everything, stops and closes sessions; adds to the audit, where it changes nothing."""
    shadow = shadows(environment)
    redrivable = [(each.queue, each.back_to) for each in letters.values() if each.back_to is not None]
    return grant(
        allow(["BatchGetItem", "GetItem", "UpdateItem"], tables.sessions.table_arn),
        *(
            allow(["Query"], f"{tables.sessions.table_arn}/index/{index}")
            for index in (BY_OWNER, BY_DEADLINE, BY_CHARGER)
        ),
        allow(["GetItem", "Query", "Scan", "UpdateItem"], tables.chargers.table_arn),
        allow(["GetItem", "PutItem", "UpdateItem"], tables.accounts.table_arn),
        allow(["PutItem", "Query"], tables.audit.table_arn),
        iam.PolicyStatement(actions=["iot:UpdateThingShadow"], resources=[iot_arn(scope, shadow)]),
        iam.PolicyStatement(
            actions=["sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
            resources=[each.queue.queue_arn for each in letters.values()],
        ),
        iam.PolicyStatement(actions=["sqs:DeleteMessage"], resources=[queue.queue_arn for queue, _ in redrivable]),
        iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[back.queue_arn for _, back in redrivable]),
        wildcards={shadow: WHICHEVER_EVSE},
    )
