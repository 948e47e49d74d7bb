"""From the tap to the end, every line of the log names the session and the intent: one search finds the whole story."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest

from functions.charger_reports import handler as reports
from functions.domain.errors import TemporaryError
from functions.start_session import handler as start
from functions.stop_session import handler as stop
from tests.support import builders
from tests.support.api_events import LambdaContext, sqs_event, start_event, stop_event
from tests.support.builders import SESSION, STOP_INTENT

if TYPE_CHECKING:
    from tests.support.cloud import Cloud

Lines = Callable[[], list[dict[str, Any]]]
"""What was logged since it was last asked."""
HERE = {"charger_id": builders.CHARGER, "evse_id": 1}


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Lines:
    """The log of the three functions that a tap goes through."""
    stream = StringIO()
    for function in (start, stop, reports):
        monkeypatch.setattr(function.logger.registered_handler, "stream", stream)

    def said() -> list[dict[str, Any]]:
        found = [json.loads(line) for line in stream.getvalue().splitlines()]
        stream.seek(0)
        stream.truncate()
        return found

    return said


def report(cloud: Cloud, *bodies: str) -> None:
    batch = sqs_event(*bodies)
    for record in batch["Records"]:
        record["attributes"]["SentTimestamp"] = str(cloud.clock())
    reports.handler(batch, LambdaContext(), (cloud.reporting, cloud.dead_letters))


def acked(status: str, reason: str = "", **message: Any) -> str:
    ack = builders.ack(status=status, reason=reason)
    document = builders.reported(session=builders.reported_session(), ack=ack, intent=builders.stop_wire())
    return builders.shadow_message(document, **message)


def holds(line: dict[str, Any], **expected: Any) -> bool:
    return expected.items() <= line.items()


def test_a_start_is_found_by_its_request_its_session_and_its_intent(cloud: Cloud, lines: Lines) -> None:
    start.handler(start_event(), LambdaContext(), cloud.starting)
    (session,) = cloud.memory.sessions.values()
    assert session.start is not None
    (line,) = lines()
    ids = {"session_id": session.session_id, "intent_id": session.start.intent_id, "correlation_id": "request-1"}
    assert holds(line, message="start sent", **ids, **HERE)


def test_a_start_that_is_refused_says_where(cloud: Cloud, lines: Lines) -> None:
    cloud.keep(builders.charger(connected=False))
    start.handler(start_event(), LambdaContext(), cloud.starting)
    (line,) = lines()
    assert holds(line, message="request refused", problem="charger_offline", correlation_id="request-1", **HERE)


def test_a_stop_is_found_by_its_request_its_session_and_its_intent(cloud: Cloud, lines: Lines) -> None:
    cloud.keep(builders.active_session())
    stop.handler(stop_event(), LambdaContext(), cloud.stopping)
    sent = cloud.session().stop
    assert sent is not None
    (line,) = lines()
    ids = {"session_id": SESSION, "intent_id": sent.intent_id, "correlation_id": "request-1"}
    assert holds(line, message="stop answered", **ids, **HERE)


def test_a_stop_that_could_not_be_sent_names_its_session(
    cloud: Cloud, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: object) -> None:
        raise TemporaryError("unavailable", "UpdateThingShadow: ServiceUnavailableException")

    cloud.keep(builders.active_session())
    monkeypatch.setattr(type(cloud.shadows), "send", unreachable)
    stop.handler(stop_event(), LambdaContext(), cloud.stopping)
    (line,) = lines()
    assert holds(line, message="request refused", problem="not_sent", session_id=SESSION, correlation_id="request-1")


def test_each_answer_of_a_charger_is_one_line_with_the_same_ids_and_repeating_it_is_none(
    cloud: Cloud, lines: Lines
) -> None:
    cloud.keep(builders.stopping_session())
    cloud.clock.sleep(1)
    ids = {"session_id": SESSION, "intent_id": STOP_INTENT} | HERE
    for version, status in ((10, "accepted"), (11, "executing"), (12, "done")):
        report(cloud, acked(status, version=version))
        (line,) = lines()
        assert holds(line, message="intent answered", level="INFO", status=status, **ids)
    cloud.clock.sleep(1)
    report(cloud, acked("done", version=13))
    assert lines() == []


def test_the_beginning_and_the_end_of_a_session_are_lines_and_its_samples_are_not(cloud: Cloud, lines: Lines) -> None:
    cloud.keep(builders.pending_session())
    events = [builders.event("started", 0), builders.event("meter", 1), builders.event("ended", 2)]
    report(cloud, *(builders.event_message(event) for event in events))
    began, over = lines()
    assert holds(began, message="session started", session_id=SESSION, **HERE)
    assert holds(over, message="session ended", session_id=SESSION, **HERE)


def test_what_is_set_aside_names_the_session_it_spoke_of(cloud: Cloud, lines: Lines) -> None:
    unknown = builders.event("meter", 1, sessionId=builders.OTHER_SESSION)
    cloud.keep(builders.active_session())
    foreign = builders.event_message(builders.event("meter", 1), charger_id="PX-0002")
    report(cloud, builders.event_message(unknown), foreign)
    first, second = lines()
    assert builders.OTHER_SESSION in first["detail"]
    assert SESSION in second["detail"]


def test_power_that_still_flows_is_an_error_with_the_ids_of_the_stop(cloud: Cloud, lines: Lines) -> None:
    cloud.keep(builders.stopping_session())
    report(cloud, acked("failed", "power_still_flowing"))
    answered, alarm = lines()
    ids = {"session_id": SESSION, "intent_id": STOP_INTENT} | HERE
    assert holds(answered, message="intent answered", status="failed", **ids)
    assert holds(alarm, message="power_still_flowing", level="ERROR", **ids)
