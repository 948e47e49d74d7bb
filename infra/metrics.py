"""What the functions count, as CloudWatch knows it."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

METRICS_NAMESPACE = "Polaris"


def counted(metric: str, *, by: str, period: Duration | None = None, statistic: str = "Sum") -> cloudwatch.Metric:
    """What one function measures, in a minute unless told otherwise."""
    return cloudwatch.Metric(
        namespace=METRICS_NAMESPACE,
        metric_name=metric,
        dimensions_map={"service": by},
        period=period or Duration.minutes(1),
        statistic=statistic,
    )
