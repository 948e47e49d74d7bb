"""Alarms on what the functions measure. Each has its paragraph in docs/operations.md."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

METRICS_NAMESPACE = "Polaris"


class Alarms(Construct):
    """What must wake a person although every queue is empty."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self._on_any(
            "PowerStillFlowing",
            service="charger_reports",
            meaning="A charger was told to stop and power still flows: a fault that needs a person there.",
        )
        self._on_any(
            "CardNotAnswered",
            service="authorise_card",
            meaning="Somebody held a card to a charger and the cloud had no answer in time: cards are not looked up.",
        )
        self._on_any(
            "ProvisioningRefused",
            service="provisioning_hook",
            meaning="A board was refused a charger's certificate: an installer needs help, or it is an attack.",
        )

    def _on_any(self, metric: str, *, service: str, meaning: str) -> None:
        """An alarm on one or more of what a function counts within a minute."""
        cloudwatch.Alarm(
            self,
            metric,
            alarm_description=meaning,
            metric=cloudwatch.Metric(
                namespace=METRICS_NAMESPACE,
                metric_name=metric,
                dimensions_map={"service": service},
                period=Duration.minutes(1),
                statistic="Sum",
            ),
            threshold=0,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
