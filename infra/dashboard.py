"""One page of graphs, read from top to bottom: do stops work, does the API, do the parts behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.metrics import counted
from infra.objectives import STOPS_WORK, bad_share
from infra.watch_parts import ALL_TABLES

if TYPE_CHECKING:
    from aws_cdk import aws_apigatewayv2 as apigw
    from aws_cdk import aws_lambda as lambda_

    from infra.environments import Environment

FIVE_MINUTES, HOUR = Duration.minutes(5), Duration.hours(1)
THIRD, HALF, WHOLE = 8, 12, 24
"""Widths: the page is 24 wide."""

OUTCOMES = ("StopsDone", "StopsLate", "StopsRefused", "StopsFailed")

STOPS_BY_CHARGER = """filter ispresent(outcome) and outcome != "done"
| stats count(*) as stops, max(took_ms) as slowest_ms by charger_id, outcome
| sort stops desc
| limit 20"""
"""Which chargers it is: a charger is in the log and in no metric."""


class Dashboard(Construct):
    """The page, named after its deployment."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        api: apigw.HttpApi,
        functions: dict[str, lambda_.Function],
    ) -> None:
        super().__init__(scope, construct_id)
        cloudwatch.Dashboard(
            self,
            "Page",
            dashboard_name=f"polaris-{environment.name}",
            default_interval=Duration.hours(12),
            widgets=[_stops(), _chargers(functions), _api(api), _queues(), _functions(), _behind()],
        )


def _stops() -> list[cloudwatch.IWidget]:
    good = cloudwatch.MathExpression(
        expression="100 * (1 - bad)",
        using_metrics={"bad": bad_share(STOPS_WORK, HOUR, fewest=0)},
        label="% done within 15 s",
        period=HOUR,
    )
    outcomes = [counted(name, by="charger_reports", period=FIVE_MINUTES) for name in OUTCOMES]
    overdue = counted("StopsOverdue", by="session_sweeper", period=FIVE_MINUTES)
    return [
        _graph(
            "Stops that worked, by the hour",
            THIRD,
            good,
            lines=[cloudwatch.HorizontalAnnotation(value=100 * STOPS_WORK.share, label="objective")],
        ),
        _graph("Stops by outcome", THIRD, *outcomes, overdue, stacked=True),
        _graph(
            "From tap to stopped, ms",
            THIRD,
            *(
                counted("StopLatency", by="charger_reports", period=FIVE_MINUTES, statistic=it)
                for it in ("p50", "p90", "p99")
            ),
        ),
    ]


def _chargers(functions: dict[str, lambda_.Function]) -> list[cloudwatch.IWidget]:
    reports = functions["charger_reports"]
    return [
        _graph(
            "What chargers said",
            THIRD,
            *(counted(it, by="charger_reports", period=FIVE_MINUTES) for it in ("DocumentTaken", "DocumentSetAside")),
        ),
        cloudwatch.LogQueryWidget(
            title="Chargers whose stops did not work",
            log_group_names=[reports.log_group.log_group_name],
            query_string=STOPS_BY_CHARGER,
            width=WHOLE - THIRD,
            height=6,
        ),
    ]


def _api(api: apigw.HttpApi) -> list[cloudwatch.IWidget]:
    return [
        _graph("Requests", THIRD, api.metric_count(period=FIVE_MINUTES)),
        _graph(
            "Answers 4xx and 5xx",
            THIRD,
            api.metric_client_error(period=FIVE_MINUTES),
            api.metric_server_error(period=FIVE_MINUTES),
        ),
        _graph(
            "Answered after, ms",
            THIRD,
            *(api.metric_latency(period=FIVE_MINUTES, statistic=it) for it in ("p50", "p90", "p99")),
        ),
    ]


def _queues() -> list[cloudwatch.IWidget]:
    return [
        _graph(
            "Age of the oldest message, s",
            HALF,
            _search("{AWS/SQS,QueueName}", "ApproximateAgeOfOldestMessage", "Maximum"),
        ),
        _graph(
            "Dead letters",
            HALF,
            _search("{AWS/SQS,QueueName} dlq", "ApproximateNumberOfMessagesVisible", "Maximum"),
        ),
    ]


def _functions() -> list[cloudwatch.IWidget]:
    return [
        _graph("Errors of functions", THIRD, _of_functions("Errors", "Sum")),
        _graph("Throttled calls of functions", THIRD, _of_functions("Throttles", "Sum")),
        _graph("Duration of functions, ms, p99", THIRD, _of_functions("Duration", "p99")),
    ]


def _behind() -> list[cloudwatch.IWidget]:
    sweeper = ("SessionsLeftOpen", "SessionsClosedEstimated", "SessionsNotSwept", "StopsSentLate", "StartsExpired")
    tables = [
        cloudwatch.MathExpression(expression=f"SELECT SUM({it}) {ALL_TABLES}", label=it, period=FIVE_MINUTES)
        for it in ("ThrottledRequests", "SystemErrors")
    ]
    return [
        _graph("The sweeper", THIRD, *(counted(it, by="session_sweeper", period=FIVE_MINUTES) for it in sweeper)),
        _graph("Tables", THIRD, *tables),
        _graph("How far behind their streams readers are, ms", THIRD, _of_functions("IteratorAge", "Maximum")),
    ]


def _of_functions(metric: str, statistic: str) -> cloudwatch.IMetric:
    return _search("{AWS/Lambda,FunctionName}", metric, statistic)


def _search(what: str, metric: str, statistic: str) -> cloudwatch.IMetric:
    """Each function or queue of the region by itself, those of tomorrow too; an alarm could not be made of it."""
    return cloudwatch.SearchExpression(
        expression=f"SEARCH('{what} MetricName=\"{metric}\"', '{statistic}', {FIVE_MINUTES.to_seconds():.0f})",
        label="",
        period=FIVE_MINUTES,
    )


def _graph(
    title: str,
    width: int,
    *metrics: cloudwatch.IMetric,
    stacked: bool = False,
    lines: list[cloudwatch.HorizontalAnnotation] | None = None,
) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(
        title=title,
        width=width,
        height=6,
        left=list(metrics),
        left_y_axis=cloudwatch.YAxisProps(show_units=False),
        left_annotations=lines or [],
        stacked=stacked,
    )
