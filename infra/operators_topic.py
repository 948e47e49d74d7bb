"""The one topic that the people who run this listen to: alarms, and the domain events that need a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.nag import accept

if TYPE_CHECKING:
    from infra.environments import Environment

PUBLISHERS = {
    "events.amazonaws.com": ("events", "rule/*", ArnFormat.SLASH_RESOURCE_NAME),
    "cloudwatch.amazonaws.com": ("cloudwatch", "alarm:*", ArnFormat.COLON_RESOURCE_NAME),
}
"""Who publishes, and on whose behalf alone: rules and alarms of this account."""

DELETED_AFTER = Duration.days(30)
"""The longest that KMS waits before it deletes a key for good."""


class OperatorsTopic(Construct):
    """The topic, with a key of its own: the key that AWS keeps for SNS lets neither rules nor alarms publish.

    The deployment subscribes one mail address at the most (`Environment.operators_email`): who is on duty changes more
    often than it (docs/operations.md).
    """

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment) -> None:
        super().__init__(scope, construct_id)
        self.key = kms.Key(
            self,
            "Key",
            description="What operators are told",
            enable_key_rotation=True,
            pending_window=DELETED_AFTER if environment.keeps_data else None,
            removal_policy=environment.removal,
        )
        self.topic = sns.Topic(
            self, "Topic", display_name=f"Polaris {environment.name}", master_key=self.key, enforce_ssl=True
        )
        if environment.operators_email:
            mail = self.topic.add_subscription(subscriptions.EmailSubscription(environment.operators_email))
            accept(mail, "Who does not get the mail would not read the queue either.", "Serverless-SNSRedrivePolicy")
        stack = Stack.of(self)
        for service, (owner, resource, form) in PUBLISHERS.items():
            kind, _, name = resource.replace("/", ":").partition(":")
            source = stack.format_arn(service=owner, resource=kind, resource_name=name, arn_format=form)
            principal = iam.ServicePrincipal(service)
            conditions = {
                "StringEquals": {"aws:SourceAccount": stack.account},
                "ArnLike": {"aws:SourceArn": source},
            }
            self.topic.add_to_resource_policy(
                iam.PolicyStatement(
                    principals=[principal],
                    actions=["sns:Publish"],
                    resources=[self.topic.topic_arn],
                    conditions=conditions,
                )
            )
            # A key's policy speaks of the key it is on: it is the only resource there can be.
            self.key.add_to_resource_policy(
                iam.PolicyStatement(
                    principals=[principal],
                    actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                    resources=["*"],
                    conditions=conditions,
                )
            )
