"""Where chargers, sessions, cards, accounts, the list of boards and what operators did are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

if TYPE_CHECKING:
    from infra.environments import Environment

BY_OWNER = "by_owner"
"""The index of a driver's sessions, newest last; and that of a driver's cards."""

BY_DEADLINE = "by_deadline"
"""The index of the sessions in which something is due, by shard and time: only they have its keys."""

BY_CHARGER = "by_charger"
"""The index of a charger's sessions, newest last, for operators."""


class Tables(Construct):
    """Six tables, on demand, with point-in-time recovery; only meter history and deleted accounts expire."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment) -> None:
        super().__init__(scope, construct_id)
        self.chargers = dynamodb.TableV2(
            self,
            "Chargers",
            partition_key=_key("charger_id", dynamodb.AttributeType.STRING),
            sort_key=_key("item", dynamodb.AttributeType.STRING),
            point_in_time_recovery_specification=_recovery(),
            removal_policy=environment.removal,
            deletion_protection=environment.keeps_data,
        )
        self.sessions = dynamodb.TableV2(
            self,
            "Sessions",
            partition_key=_key("session_id", dynamodb.AttributeType.STRING),
            sort_key=_key("item", dynamodb.AttributeType.STRING),
            time_to_live_attribute="expires_at",
            global_secondary_indexes=[
                dynamodb.GlobalSecondaryIndexPropsV2(
                    index_name=BY_OWNER,
                    partition_key=_key("owner", dynamodb.AttributeType.STRING),
                    sort_key=_key("created_at_ms", dynamodb.AttributeType.NUMBER),
                ),
                dynamodb.GlobalSecondaryIndexPropsV2(
                    index_name=BY_DEADLINE,
                    partition_key=_key("open_shard", dynamodb.AttributeType.STRING),
                    sort_key=_key("due_at_ms", dynamodb.AttributeType.NUMBER),
                    # Keys alone: a sample that does not move the deadline costs the index nothing.
                    projection_type=dynamodb.ProjectionType.KEYS_ONLY,
                ),
                dynamodb.GlobalSecondaryIndexPropsV2(
                    index_name=BY_CHARGER,
                    partition_key=_key("charger_id", dynamodb.AttributeType.STRING),
                    sort_key=_key("created_at_ms", dynamodb.AttributeType.NUMBER),
                    # Keys alone, which never change: it costs one write for each session.
                    projection_type=dynamodb.ProjectionType.KEYS_ONLY,
                ),
            ],
            point_in_time_recovery_specification=_recovery(),
            removal_policy=environment.removal,
            deletion_protection=environment.keeps_data,
        )
        self.cards = dynamodb.TableV2(
            self,
            "Cards",
            partition_key=_key("id_token_hash", dynamodb.AttributeType.STRING),
            global_secondary_indexes=[
                dynamodb.GlobalSecondaryIndexPropsV2(
                    index_name=BY_OWNER, partition_key=_key("owner", dynamodb.AttributeType.STRING)
                )
            ],
            point_in_time_recovery_specification=_recovery(),
            removal_policy=environment.removal,
            deletion_protection=environment.keeps_data,
        )
        self.accounts = dynamodb.TableV2(
            self,
            "Accounts",
            partition_key=_key("owner", dynamodb.AttributeType.STRING),
            time_to_live_attribute="expires_at",
            point_in_time_recovery_specification=_recovery(),
            removal_policy=environment.removal,
            deletion_protection=environment.keeps_data,
        )
        self.serials = dynamodb.TableV2(
            self,
            "Serials",
            partition_key=_key("serial_number", dynamodb.AttributeType.STRING),
            point_in_time_recovery_specification=_recovery(),
            removal_policy=environment.removal,
            deletion_protection=environment.keeps_data,
        )
        self.audit = dynamodb.TableV2(
            self,
            "Audit",
            partition_key=_key("book", dynamodb.AttributeType.STRING),
            sort_key=_key("entry", dynamodb.AttributeType.STRING),
            point_in_time_recovery_specification=_recovery(),
            removal_policy=environment.removal,
            deletion_protection=environment.keeps_data,
        )


def _key(name: str, kind: dynamodb.AttributeType) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=kind)


def _recovery() -> dynamodb.PointInTimeRecoverySpecification:
    return dynamodb.PointInTimeRecoverySpecification(point_in_time_recovery_enabled=True)
