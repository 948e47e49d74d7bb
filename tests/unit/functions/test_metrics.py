"""What the functions measure: a stop once, by its outcome; and nothing that there could be any number of."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

from functions.charger_reports.handler import STOPS, handler
from functions.domain.stop_outcomes import QUICK_MS, StopOutcome
from tests.support import builders
from tests.support.api_events import LambdaContext, sqs_event
from tests.support.builders import event, event_message
from tests.support.clock import NOON_MS
from tests.support.cloud import Cloud
from tests.support.metric_guard import names_in_source

COUNTED = ("StopsOver", "StopsQuick", "StopLatency", *STOPS.values())


def answered(status: str, *, reason: str = "") -> str:
    ack = builders.ack(status=status, reason=reason)
    return builders.shadow_message(
        builders.reported(session=builders.reported_session(), ack=ack, intent=builders.stop_wire())
    )


def take(cloud: Cloud, *bodies: str, after_ms: int = 0) -> None:
    batch = sqs_event(*bodies)
    for record in batch["Records"]:
        record["attributes"]["SentTimestamp"] = str(NOON_MS + after_ms)
    handler(batch, LambdaContext(), (cloud.reporting, cloud.dead_letters))


def counted(capsys: pytest.CaptureFixture[str]) -> dict[str, list[float]]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    found: dict[str, Any] = {}
    for line in lines:
        found |= {name: line[name] for name in COUNTED if name in line}
    return found


@pytest.fixture
def stopping(cloud: Cloud) -> Cloud:
    """A car that charges, and whose driver tapped at noon."""
    cloud.keep(builders.stopping_session(), builders.evse(current_session_id=builders.SESSION))
    return cloud


def test_a_stop_is_counted_by_its_outcome_with_the_time_it_took(
    stopping: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    take(stopping, answered("done"), after_ms=230)
    assert counted(capsys) == {"StopsOver": [1], "StopsDone": [1], "StopsQuick": [1], "StopLatency": [230]}


def test_a_stop_is_counted_once_though_every_message_comes_twice(
    stopping: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = event_message(event("ended", 9, meterWh=9000))
    take(stopping, answered("executing"), answered("done"), ended, answered("done"), ended, after_ms=230)
    assert counted(capsys)["StopsOver"] == [1]
    take(stopping, answered("done"), ended, after_ms=230)
    assert counted(capsys) == {}


def test_a_session_that_ended_before_its_charger_answered_was_stopped(
    stopping: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    take(stopping, event_message(event("ended", 9, meterWh=9000)), answered("done"), after_ms=QUICK_MS + 1)
    assert counted(capsys) == {"StopsOver": [1], "StopsDone": [1], "StopsQuick": [0], "StopLatency": [5001]}


def test_a_stop_after_the_patience_is_late(stopping: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    take(stopping, answered("done"), after_ms=15_001)
    assert counted(capsys) == {"StopsOver": [1], "StopsLate": [1], "StopsQuick": [0], "StopLatency": [15_001]}


@pytest.mark.parametrize(("status", "metric"), [("refused", "StopsRefused"), ("failed", "StopsFailed")])
def test_a_stop_that_came_to_nothing_has_no_latency(
    stopping: Cloud, capsys: pytest.CaptureFixture[str], status: str, metric: str
) -> None:
    take(stopping, answered(status, reason="refused_by_charger"), after_ms=230)
    assert counted(capsys) == {"StopsOver": [1], metric: [1], "StopsQuick": [0]}


def test_a_stop_that_was_counted_as_overdue_is_not_counted_again(
    stopping: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    stopping.keep(builders.stopping_session(stop=builders.stop_intent(overdue_at_ms=NOON_MS + 20_000)))
    take(stopping, answered("done"), after_ms=25_000)
    assert counted(capsys) == {}


def test_an_end_that_nobody_asked_for_is_no_stop(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    cloud.keep(builders.active_session())
    take(cloud, event_message(event("ended", 9, meterWh=9000)))
    assert counted(capsys) == {}


def test_every_outcome_has_a_metric() -> None:
    assert set(STOPS) == set(StopOutcome)
    assert set(STOPS.values()) <= names_in_source()


def test_there_are_not_more_metrics_than_somebody_pays_for() -> None:
    """Each costs about 0.30 USD a month (ADR 0022)."""
    assert len(names_in_source()) <= 60


def test_a_dimension_that_there_can_be_any_number_of_fails_every_test() -> None:
    metrics = Metrics(namespace="Polaris", service="stop_session")
    metrics.add_dimension("charger_id", "PX-0001")
    metrics.add_metric("StopRequested", MetricUnit.Count, 1)
    with pytest.raises(AssertionError, match="charger_id"):
        metrics.flush_metrics()
    metrics.clear_metrics()


def test_a_name_that_is_put_together_fails_every_test() -> None:
    metrics = Metrics(namespace="Polaris", service="stop_session")
    metrics.add_metric("StopsAtPX-0001", MetricUnit.Count, 1)
    with pytest.raises(AssertionError, match="StopsAtPX-0001"):
        metrics.flush_metrics()
    metrics.clear_metrics()
