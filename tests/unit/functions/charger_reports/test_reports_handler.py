"""A batch of the reports queue: each record on its own, hopeless ones set aside, the others delivered again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from functions.adapters.memory import MemoryDeadLetters, MemorySessions
from functions.charger_reports.handler import handler
from functions.domain.errors import ContractViolation, TemporaryError
from functions.domain.records import SessionPhase, SessionRecord
from functions.domain.targets import Target
from tests.support import builders
from tests.support.api_events import LambdaContext, sqs_event
from tests.support.builders import event, event_message
from tests.support.clock import NOON_MS
from tests.support.cloud import Cloud

METER = event_message(event("meter", 9, meterWh=9000))
ENDED = event_message(event("ended", 10, meterWh=9500))
ELSEWHERE = event_message(event("meter", 1, sessionId=builders.OTHER_SESSION))


@dataclass(frozen=True, slots=True)
class PartlyDownSessions(MemorySessions):
    """One session's record cannot be read at the moment; another's must not be, by a fault of ours."""

    def get(self, session_id: str) -> SessionRecord | None:
        if session_id == builders.OTHER_SESSION:
            raise TemporaryError("unavailable", "GetItem: InternalServerError")
        if session_id == "01JC" + "0" * 22:
            raise ContractViolation("internal", "GetItem: AccessDeniedException")
        return MemorySessions.get(self, session_id)


class FullDeadLetters(MemoryDeadLetters):
    """The dead-letter queue takes nothing at the moment."""

    def put(self, body: str, *, why: str) -> None:
        raise TemporaryError("too_many_requests", f"{len(body)} {why}")


def call(cloud: Cloud, *bodies: str, dead_letters: MemoryDeadLetters | None = None) -> list[str]:
    answer = handler(sqs_event(*bodies), LambdaContext(), (cloud.reporting, dead_letters or cloud.dead_letters))
    assert set(answer) == {"batchItemFailures"}
    return [str(failure["itemIdentifier"]) for failure in answer["batchItemFailures"]]


def a_cloud(**parts: Any) -> Cloud:
    cloud = Cloud(**parts)
    cloud.keep(builders.charger(), builders.evse(), builders.active_session())
    return cloud


def test_a_batch_that_is_taken_in_returns_nothing() -> None:
    cloud = a_cloud()
    assert call(cloud, METER, ENDED) == []
    assert cloud.session().phase is SessionPhase.ENDED
    assert cloud.dead_letters.letters == []


def test_what_fails_for_a_moment_is_delivered_again_alone() -> None:
    cloud = a_cloud(kind_of_sessions=PartlyDownSessions)
    assert call(cloud, METER, ELSEWHERE, ENDED) == ["message-1"]
    assert cloud.session().phase is SessionPhase.ENDED
    assert cloud.dead_letters.letters == []


def test_a_batch_of_which_all_fails_is_delivered_again_whole() -> None:
    assert call(a_cloud(kind_of_sessions=PartlyDownSessions), ELSEWHERE, ELSEWHERE) == ["message-0", "message-1"]


def test_what_nobody_can_use_is_set_aside_whole_with_the_reason_and_not_delivered_again() -> None:
    cloud = a_cloud()
    foreign = event_message(event("meter", 9), charger_id="PX-0002")
    assert call(cloud, "garbage", METER, foreign) == []
    (first, why_first), (second, why_second) = cloud.dead_letters.letters
    assert (first, second) == ("garbage", foreign)
    assert why_first.startswith("invalid_document: ")
    assert why_second.startswith("foreign_session: ")
    assert cloud.session().meter_wh == 9000


def test_what_cannot_be_set_aside_is_delivered_again() -> None:
    assert call(a_cloud(), "garbage", METER, dead_letters=FullDeadLetters()) == ["message-0"]


def test_a_fault_of_ours_is_no_reason_to_set_a_document_aside() -> None:
    cloud = a_cloud(kind_of_sessions=PartlyDownSessions)
    assert call(cloud, event_message(event("meter", 1, sessionId="01JC" + "0" * 22)), METER) == ["message-0"]
    assert cloud.dead_letters.letters == []


def test_a_document_counts_as_received_when_the_queue_got_it() -> None:
    cloud = a_cloud()
    cloud.clock.pass_s(3600)
    call(cloud, ENDED)
    end = cloud.session().end
    assert end is not None
    assert end.received_at_ms == NOON_MS


def test_two_batches_of_a_warm_function_do_not_mix() -> None:
    cloud = a_cloud(kind_of_sessions=PartlyDownSessions)
    assert call(cloud, ELSEWHERE) == ["message-0"]
    assert call(cloud, METER) == []


def test_a_session_that_is_stopped_at_its_target_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    cloud = a_cloud()
    cloud.keep(builders.active_session(target=Target(energy_wh=8000)))
    assert call(cloud, METER) == []
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    assert [line.get("SessionStoppedAtTarget") for line in metrics] == [[1.0]]


def test_power_that_still_flows_after_a_stop_is_counted_for_its_alarm(capsys: pytest.CaptureFixture[str]) -> None:
    cloud = a_cloud()
    cloud.keep(builders.stopping_session())
    flows_on = builders.ack(status="failed", reason="power_still_flowing")
    report = builders.reported(session=builders.reported_session(), ack=flows_on, intent=builders.stop_wire())

    assert call(cloud, builders.shadow_message(report)) == []

    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    assert [line["PowerStillFlowing"] for line in metrics if "PowerStillFlowing" in line] == [[1.0]]
