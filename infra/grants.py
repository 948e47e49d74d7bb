"""The words in which permissions are written: a grant is statements, with a reason for each wildcard in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam

from contract.topics import SHADOW_PREFIX, watch_topic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constructs import Construct

    from infra.environments import Environment
    from infra.inbox import Inbox

WHICHEVER_EVSE = "The intent goes to the shadow of whichever charger and EVSE the session is on."

WHICHEVER_HEARS = "The hint goes to whichever charger and EVSE the session is on; nothing else hears it."

_EVSE = 1
"""Stands for the varying EVSE while a topic of the contract is turned into a pattern."""

HINTS = f"topic/{watch_topic('*', _EVSE).replace(f'/{_EVSE}/', '/*/')}"
"""The resource that stands for the hints to whichever EVSE."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What one function may do, and why each wildcard in it has to be there."""

    statements: tuple[iam.PolicyStatement, ...]
    wildcards: Mapping[str, str]
    """Reason by resource, as in `thing/*`."""


def grant(*statements: iam.PolicyStatement, wildcards: Mapping[str, str] | None = None) -> Grant:
    """These statements, and why each wildcard in them has to be there."""
    return Grant(statements, wildcards or {})


def allow(dynamodb_actions: list[str], arn: str) -> iam.PolicyStatement:
    """These actions of DynamoDB on one table or one of its indexes."""
    return iam.PolicyStatement(actions=[f"dynamodb:{action}" for action in dynamodb_actions], resources=[arn])


def drain(inbox: Inbox) -> list[iam.PolicyStatement]:
    """What the reader of an inbox does with its queues and its dead letters."""
    # What can never be processed goes to the dead letters at once, with the reason, not after five more tries.
    return [
        iam.PolicyStatement(
            actions=["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
            resources=[queue.queue_arn for queue in inbox.queues],
        ),
        iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[inbox.dead_letters.queue_arn]),
    ]


def shadows(environment: Environment) -> str:
    """The resource that stands for the shadow of whichever EVSE."""
    # A named shadow is `thing/<thing>/<shadow>` (IoT guide, "Action resources"): the wildcards are the charger and
    # its EVSE. The emulator asks for the thing alone, whichever of its shadows is written.
    return "thing/*" if environment.local else f"thing/*/{SHADOW_PREFIX}*"


def iot_arn(scope: Construct, resource: str) -> str:
    """The full name of a resource of AWS IoT, given as in `thing/*`."""
    kind, _, name = resource.partition("/")
    return Stack.of(scope).format_arn(
        service="iot", resource=kind, resource_name=name, arn_format=ArnFormat.SLASH_RESOURCE_NAME
    )
