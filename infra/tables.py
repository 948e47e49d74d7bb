"""Where chargers, sessions, cards, accounts, the list of boards and what operators did are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

if TYPE_CHECKING:
    from infra.environments import Environment

BY_OWNER = "by_owner"
"""The index of a driver's sessions, newest last; and that of a driver's cards."""

BY_DEADLINE = "by_deadline"
"""The index of the sessions in which something is due, by shard and time: only they have its keys."""

BY_CHARGER = "by_charger"
"""The index of a charger's sessions, newest last, for operators."""

LONGEST_WINDOW = Duration.days(30)
"""The longest that KMS waits before it deletes a key, and with it all that the key has encrypted."""


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
            # What a write changed is what the domain events are made of.
            dynamo_stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
            global_secondary_indexes=[
                dynamodb.GlobalSecondaryIndexPropsV2(
                    index_name=BY_OWNER,
                    partition_key=_key("owner", dynamodb.AttributeType.STRING),
                    sort_key=_key("created_at_ms", dynamodb.AttributeType.NUMBER),
                    # Keys alone, as below: with whole items every sample would be written to the index as well.
                    projection_type=dynamodb.ProjectionType.KEYS_ONLY,
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
        if environment.own_key:
            key = self._persons_key()
            for table in (self.cards, self.accounts, self.audit):
                _encrypt(table, key)

    def _persons_key(self) -> kms.Key:
        """The key of what says who somebody is. It is used by whoever may use such a table, and by nothing else.

        Not the key of the sessions: there an owner is a number without a name, and no stop hangs on a key (ADR 0023).
        """
        stack = Stack.of(self)
        key = kms.Key(
            self,
            "PersonsKey",
            description="Whose cards and accounts there are, and what operators did",
            enable_key_rotation=True,
            pending_window=LONGEST_WINDOW,
            removal_policy=RemovalPolicy.RETAIN,
        )
        # As AWS words it for the key that it keeps for DynamoDB: the table's own permissions decide (DynamoDB guide,
        # "Encryption at rest: how it works"). A key's policy speaks of the key it is on.
        key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="ThroughDynamoDbOnly",
                principals=[iam.AnyPrincipal()],
                actions=["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*"],
                resources=["*"],
                conditions={
                    "StringEquals": {
                        "kms:CallerAccount": stack.account,
                        "kms:ViaService": f"dynamodb.{stack.region}.amazonaws.com",
                    }
                },
            )
        )
        return key


def _encrypt(table: dynamodb.TableV2, key: kms.Key) -> None:
    # `TableV2` itself refuses keys in a stack that names no region, which is for tables with several of them.
    declared = table.node.default_child
    if not isinstance(declared, dynamodb.CfnGlobalTable):
        raise TypeError("a table is not a CfnGlobalTable any more")
    declared.add_property_override("SSESpecification", {"SSEEnabled": True, "SSEType": "KMS"})
    declared.add_property_override("Replicas.0.SSESpecification", {"KMSMasterKeyId": key.key_arn})


def _key(name: str, kind: dynamodb.AttributeType) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=kind)


def _recovery() -> dynamodb.PointInTimeRecoverySpecification:
    return dynamodb.PointInTimeRecoverySpecification(point_in_time_recovery_enabled=True)
