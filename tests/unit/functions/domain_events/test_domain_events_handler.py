"""A batch of the sessions' stream: told in order, from the first failure on again; what cannot be read is set aside."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.adapters.memory import MemoryDeadLetters
from functions.adapters.memory_events import MemoryBus
from functions.domain.errors import ContractViolation, TemporaryError
from functions.domain.event_documents import DomainEvent
from functions.domain.telling import Telling
from functions.domain_events.handler import handler
from tests.support import builders
from tests.support.api_events import LambdaContext
from tests.support.builders import OTHER_SESSION, SESSION

BEGAN = builders.stream_record(builders.pending_session(), builders.active_session(), number=1)
OTHER = builders.stream_record(
    builders.pending_session(session_id=OTHER_SESSION), builders.active_session(session_id=OTHER_SESSION), number=2
)
SAMPLE = {
    "eventName": "INSERT",
    "dynamodb": {"Keys": {"session_id": {"S": SESSION}, "item": {"S": "meter#1#1"}}, "NewImage": {"seq": {"N": "1"}}},
}
GONE = {"eventName": "REMOVE", "dynamodb": {k: v for k, v in BEGAN["dynamodb"].items() if k != "NewImage"}}


class PartlyDownBus(MemoryBus):
    """The bus takes nothing about one session at the moment."""

    def publish(self, events: Any) -> None:
        if any(event.session_id == SESSION for event in events):
            raise self.failing_with or TemporaryError("unavailable", "PutEvents: InternalFailure")
        self.told += events


def call(bus: MemoryBus, *records: dict[str, Any], letters: MemoryDeadLetters | None = None) -> list[str]:
    given = (Telling(bus), letters or MemoryDeadLetters())
    answer = handler({"Records": list(records)}, LambdaContext(), given)
    assert set(answer) == {"batchItemFailures"}
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def kinds(told: list[DomainEvent]) -> list[tuple[str, str]]:
    return [(event.session_id, event.KIND) for event in told]


def test_what_a_batch_means_is_told_in_its_order() -> None:
    bus = MemoryBus()
    assert call(bus, BEGAN, OTHER) == []
    assert kinds(bus.told) == [(SESSION, "session.started"), (OTHER_SESSION, "session.started")]


def test_samples_and_records_that_are_gone_mean_nothing() -> None:
    bus, letters = MemoryBus(), MemoryDeadLetters()
    assert call(bus, SAMPLE, GONE, letters=letters) == []
    assert (bus.told, letters.letters) == ([], [])


def test_what_could_not_be_told_comes_again_and_nothing_after_it_overtakes_it() -> None:
    bus = PartlyDownBus()
    later = builders.stream_record(
        builders.pending_session(session_id=OTHER_SESSION), builders.active_session(session_id=OTHER_SESSION), number=3
    )
    assert call(bus, OTHER, BEGAN, later) == [BEGAN["dynamodb"]["SequenceNumber"]]
    assert kinds(bus.told) == [(OTHER_SESSION, "session.started")]


def test_a_fault_of_ours_comes_again_as_well() -> None:
    bus = PartlyDownBus(failing_with=ContractViolation("internal", "PutEvents: AccessDeniedException"))
    assert call(bus, BEGAN) == [BEGAN["dynamodb"]["SequenceNumber"]]


def test_a_record_that_nobody_can_read_is_set_aside_whole_and_does_not_hold_the_stream_up(
    capsys: pytest.CaptureFixture[str],
) -> None:
    bus, letters = MemoryBus(), MemoryDeadLetters()
    broken = json.loads(json.dumps(BEGAN))
    broken["dynamodb"]["NewImage"]["phase"] = {"S": "dreaming"}
    assert call(bus, broken, OTHER, letters=letters) == []
    ((body, why),) = letters.letters
    assert json.loads(body) == broken
    assert why.startswith(f"internal: unreadable record {SESSION}: ValueError")
    assert kinds(bus.told) == [(OTHER_SESSION, "session.started")]
    (metrics,) = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    assert (metrics["ChangesReceived"], metrics["DomainEventTold"], metrics["ChangeSetAside"]) == ([2.0], [1.0], [1.0])
