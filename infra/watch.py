"""Everything that rings, in one place: the objectives, the signs of this system's own, and each part that there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch

from infra.alarms import Alarms, Severity
from infra.metrics import counted
from infra.objectives import watch_objectives
from infra.watch_parts import FIVE_MINUTES, watch_parts

if TYPE_CHECKING:
    from aws_cdk import aws_apigatewayv2 as apigw
    from aws_cdk import aws_lambda as lambda_

    from infra.environments import Environment

FEWEST_REQUESTS = 20
"""Requests in five minutes before a share of them says anything: two open cards make ten times as many."""

FAILING_PERCENT = 5
"""Answers of 5xx: a broken part of the API is more than this, a function that starts badly is less."""

REFUSED_PERCENT = 50
"""Answers of 4xx: expired tokens, taps on what is over and curious people are some percent; half is a broken app."""

SLOW_MS = 2_000
"""Nine of ten answers take at most this, in milliseconds. Those to `Prefer: wait`, up to 10 s, are far fewer."""

SWEEPS_MISSED = 5
"""Minutes in a row before somebody is told: one sweep that could not finish is made up for by the next."""

STOPS_SENT_LATE = 2
"""Stops in five minutes that the sweeper had to send: one is a hiccup, more mean that the shadow service is away."""


def watch(
    alarms: Alarms, *, environment: Environment, api: apigw.HttpApi, functions: dict[str, lambda_.Function]
) -> None:
    """Add every alarm of a deployment; called last, when all that is to be watched is there."""
    watch_objectives(alarms)
    _signs(alarms)
    _sweeper(alarms, functions["session_sweeper"])
    _api(alarms, api)
    if environment.quiet_minutes:
        alarms.ring_on_silence(
            "NoReports",
            Severity.PAGE,
            f"No charger has said anything for {environment.quiet_minutes} minutes.",
            functions["charger_reports"].metric_invocations(period=FIVE_MINUTES, statistic="Sum"),
            periods=environment.quiet_minutes // 5,
        )
    watch_parts(alarms, Stack.of(alarms))


def _signs(alarms: Alarms) -> None:
    """What functions count because a person has to know."""
    alarms.ring(
        "PowerStillFlowing",
        Severity.PAGE,
        "A charger was told to stop and power still flows: a fault that needs a person there.",
        counted("PowerStillFlowing", by="charger_reports"),
        above=0,
    )
    alarms.ring(
        "StopsOverdue",
        Severity.TICKET,
        "A charger has not answered a stop within 15 s.",
        counted("StopsOverdue", by="session_sweeper"),
        above=0,
    )
    alarms.ring(
        "StopsNotSent",
        Severity.PAGE,
        "Taps on Stop do not get out to the chargers; the sweeper has to send them.",
        counted("StopsSentLate", by="session_sweeper", period=FIVE_MINUTES),
        above=STOPS_SENT_LATE,
    )
    alarms.ring(
        "CardNotAnswered",
        Severity.TICKET,
        "Somebody held a card to a charger and the cloud had no answer in time: cards are not looked up.",
        counted("CardNotAnswered", by="authorise_card"),
        above=0,
    )
    alarms.ring(
        "ProvisioningRefused",
        Severity.TICKET,
        "A board was refused a charger's certificate: an installer needs help, or it is an attack.",
        counted("ProvisioningRefused", by="provisioning_hook"),
        above=0,
    )


def _sweeper(alarms: Alarms, function: lambda_.Function) -> None:
    minute = Duration.minutes(1)
    alarms.ring_on_silence(
        "SweeperAsleep",
        Severity.PAGE,
        "The sweeper has not run for minutes: nothing expires, is sent again or is closed.",
        function.metric_invocations(period=minute, statistic="Sum"),
        periods=SWEEPS_MISSED,
    )
    for entry, metric, meaning in (
        ("SweeperBacklog", "SweepBacklog", "More is due than the sweeper can do."),
        ("SweeperNotSwept", "SessionsNotSwept", "The sweeper could not do what was due in some sessions."),
    ):
        alarms.ring(
            entry,
            Severity.TICKET,
            meaning,
            counted(metric, by="session_sweeper"),
            above=0,
            periods=SWEEPS_MISSED,
        )
    alarms.ring(
        "CertificatesOverdue",
        Severity.TICKET,
        "Chargers have not renewed their certificates although it has been time for two weeks.",
        counted("CertificatesOverdue", by="session_sweeper", period=Duration.hours(2), statistic="Maximum"),
        above=0,
    )


def _api(alarms: Alarms, api: apigw.HttpApi) -> None:
    requests = api.metric_count(period=FIVE_MINUTES)
    for entry, severity, meaning, answers, percent in (
        (
            "ApiFails",
            Severity.PAGE,
            "The API answers with errors of its own.",
            api.metric_server_error,
            FAILING_PERCENT,
        ),
        ("ApiRefuses", Severity.TICKET, "The API turns most requests down.", api.metric_client_error, REFUSED_PERCENT),
    ):
        share = cloudwatch.MathExpression(
            expression=f"IF(requests >= {FEWEST_REQUESTS}, 100 * FILL(answers, 0) / requests, 0)",
            using_metrics={"requests": requests, "answers": answers(period=FIVE_MINUTES)},
            label="percent",
            period=FIVE_MINUTES,
        )
        alarms.ring(entry, severity, meaning, share, above=percent, periods=2)
    alarms.ring(
        "ApiSlow",
        Severity.TICKET,
        f"One of ten answers of the API takes more than {SLOW_MS} ms.",
        api.metric_latency(period=FIVE_MINUTES, statistic="p90"),
        above=SLOW_MS,
        periods=3,
    )
