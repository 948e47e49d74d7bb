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
        self.power_still_flowing = cloudwatch.Alarm(
            self,
            "PowerStillFlowing",
            alarm_description="A charger was told to stop and power still flows: a fault that needs a person there.",
            metric=cloudwatch.Metric(
                namespace=METRICS_NAMESPACE,
                metric_name="PowerStillFlowing",
                dimensions_map={"service": "charger_reports"},
                period=Duration.minutes(1),
                statistic="Sum",
            ),
            threshold=0,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
