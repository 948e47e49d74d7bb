"""`Prefer: wait`: how long the answer is held back, and that waiting only reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest

from functions.adapters.memory import MemorySessions
from functions.domain.errors import TemporaryError
from functions.domain.records import IntentStatus, SessionPhase, SessionRecord
from functions.domain.stopping import WAIT_STEPS_S
from tests.support import builders
from tests.support.builders import OWNER, SESSION
from tests.support.clock import NOON_MS
from tests.support.cloud import Cloud


@dataclass(frozen=True, slots=True)
class WatchedSessions(MemorySessions):
    """Counts the reads, and lets something happen at some of them."""

    reads: list[str] = field(default_factory=list)
    at_read: dict[int, Callable[[], object]] = field(default_factory=dict)

    def get(self, session_id: str) -> SessionRecord | None:
        self.reads.append(session_id)
        if happening := self.at_read.get(len(self.reads)):
            happening()
        return MemorySessions.get(self, session_id)


@pytest.fixture
def cloud() -> Cloud:
    cloud = Cloud(kind_of_sessions=WatchedSessions)
    cloud.keep(builders.charger(), builders.evse(), builders.stopping_session())
    return cloud


def pauses_ms(reads: int) -> int:
    return sum(int(pause * 1000) for pause in WAIT_STEPS_S[:reads])


def sum_ms(steps_s: Sequence[float]) -> int:
    return sum(int(step_s * 1000) for step_s in steps_s)


def at_read(cloud: Cloud, number: int, happening: Callable[[], object]) -> None:
    assert isinstance(cloud.sessions, WatchedSessions)
    cloud.sessions.at_read[number] = happening


def test_waiting_ends_as_soon_as_the_session_has_ended(cloud: Cloud) -> None:
    at_read(cloud, 3, lambda: cloud.keep(builders.stopping_session(phase=SessionPhase.ENDED)))
    session = cloud.stopping.wait(cloud.session(), seconds=5)
    assert session.phase is SessionPhase.ENDED
    assert cloud.clock() - NOON_MS == pauses_ms(3)
    assert (cloud.memory.writes, cloud.sent) == (0, [])


@pytest.mark.parametrize("status", [IntentStatus.REFUSED, IntentStatus.FAILED, IntentStatus.WITHDRAWN])
def test_waiting_ends_as_soon_as_the_stop_will_not_happen(cloud: Cloud, status: IntentStatus) -> None:
    at_read(cloud, 2, lambda: cloud.keep(builders.stopping_session(stop=builders.stop_intent(status=status))))
    session = cloud.stopping.wait(cloud.session(), seconds=5)
    assert session.stop is not None
    assert session.stop.status is status
    assert cloud.clock() - NOON_MS == pauses_ms(2)


def test_done_is_not_the_end_so_that_the_answer_carries_the_final_energy(cloud: Cloud) -> None:
    done = builders.stopping_session(stop=builders.stop_intent(status=IntentStatus.DONE))
    at_read(cloud, 1, lambda: cloud.keep(done))
    at_read(cloud, 4, lambda: cloud.keep(replace(done, phase=SessionPhase.ENDED)))
    assert cloud.stopping.wait(cloud.session(), seconds=5).phase is SessionPhase.ENDED


def test_when_the_time_is_up_the_answer_is_the_session_as_it_is(cloud: Cloud) -> None:
    session = cloud.stopping.wait(cloud.session(), seconds=2)
    assert session == cloud.session()
    assert 2000 <= cloud.clock() - NOON_MS <= 2100
    assert cloud.memory.writes == 0


def test_what_has_an_outcome_already_is_not_waited_for(cloud: Cloud) -> None:
    ended = builders.stopping_session(phase=SessionPhase.ENDED)
    assert cloud.stopping.wait(ended, seconds=5) is ended
    assert isinstance(cloud.sessions, WatchedSessions)
    assert cloud.sessions.reads == []


def test_a_read_that_fails_does_not_turn_a_stop_that_was_sent_into_an_error(cloud: Cloud) -> None:
    def throttled() -> None:
        raise TemporaryError("too_many_requests")

    at_read(cloud, 1, throttled)
    at_read(cloud, 2, lambda: cloud.keep(builders.stopping_session(phase=SessionPhase.ENDED)))
    assert cloud.stopping.wait(cloud.session(), seconds=5).phase is SessionPhase.ENDED


def test_a_session_that_vanished_is_answered_as_it_was_last_seen(cloud: Cloud) -> None:
    before = cloud.session()
    at_read(cloud, 1, lambda: cloud.memory.sessions.pop(SESSION))
    assert cloud.stopping.wait(before, seconds=1) == before


def test_a_stop_and_its_wait_are_the_stops_two_writes_and_reads(cloud: Cloud) -> None:
    cloud.keep(builders.active_session())
    session = cloud.stopping.stop(SESSION, owner=OWNER)
    cloud.stopping.wait(session, seconds=1)
    assert (cloud.memory.writes, len(cloud.sent)) == (1, 1)
