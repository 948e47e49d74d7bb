"""A conclusion is two writes, the session's and its EVSE's: whatever comes between them, the EVSE gets free."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from contract.vocabulary import CableState, EvseStatus
from functions.adapters.memory import MemoryChargers
from functions.domain.errors import CallerError, PolarisError, TemporaryError
from functions.domain.operating import Order
from functions.domain.records import EvseRecord, SessionPhase
from functions.domain.sweeping import Outcome
from tests.support import builders
from tests.support.builders import NEIGHBOUR, OTHER_SESSION, OWNER, SESSION
from tests.support.clock import NOON_MS
from tests.support.cloud import Cloud, RetriedSessions

ORDER = Order(operator="op", reason="stands still", correlation_id="r", dry_run=False)
FREE = {"status": "available", "error": "", "cable": "plugged", "powerW": 0}


@dataclass(frozen=True, slots=True)
class BreakingChargers(MemoryChargers):
    """The first write of an EVSE fails, as if the function had died there."""

    breaks: list[PolarisError] = field(default_factory=lambda: [TemporaryError("unavailable")])

    def replace_evse(self, old: EvseRecord, new: EvseRecord) -> bool:
        if self.breaks:
            raise self.breaks.pop()
        return MemoryChargers.replace_evse(self, old, new)


def held(cloud: Cloud) -> Cloud:
    """A session of which nothing is heard any more, on an EVSE that its charger has shown free since."""
    cloud.keep(builders.charger(), builders.active_session())
    cloud.keep(
        builders.evse(
            status=EvseStatus.AVAILABLE,
            cable=CableState.PLUGGED,
            current_session_id=SESSION,
            current_owner=OWNER,
            reported_at_ms=NOON_MS + 60_000,
        )
    )
    cloud.clock.pass_s(3600)
    return cloud


@pytest.fixture
def half_closed() -> Cloud:
    """The session is concluded, and its EVSE is still held for it."""
    cloud = held(Cloud())
    object.__setattr__(cloud.sweeping, "chargers", BreakingChargers(cloud.memory))
    assert cloud.sweeping.sweep().outcomes == {SESSION: Outcome.FAILED}
    assert (cloud.session().phase, cloud.evse().current_session_id) == (SessionPhase.ENDED, SESSION)
    return cloud


def hear_free(cloud: Cloud) -> None:
    cloud.hear(builders.shadow_message(builders.reported(n=2000, evse=FREE), version=1000))


def test_a_sweep_that_died_before_it_let_the_evse_go_is_made_up_for_by_the_next_report(half_closed: Cloud) -> None:
    hear_free(half_closed)
    assert (half_closed.evse().current_session_id, half_closed.evse().released_session_id) == (None, SESSION)
    assert half_closed.starting.start(builders.CHARGER, 1, owner=NEIGHBOUR).owner == NEIGHBOUR


def test_or_by_an_operator_who_closes_the_session_once_more(half_closed: Cloud) -> None:
    done = half_closed.operating.close(SESSION, ORDER)
    assert (done.effect, done.outcome) == ("The session is over; its EVSE is free.", "its EVSE let go")
    assert half_closed.evse().current_session_id is None
    with pytest.raises(CallerError) as refused:
        half_closed.operating.close(SESSION, ORDER)
    assert refused.value.code == "session_not_active"


def test_an_operators_close_that_failed_half_way_succeeds_when_it_is_tried_again() -> None:
    cloud = held(Cloud())
    object.__setattr__(cloud.finding, "chargers", BreakingChargers(cloud.memory))
    with pytest.raises(TemporaryError):
        cloud.operating.close(SESSION, ORDER)
    cloud.operating.close(SESSION, ORDER)
    assert cloud.evse().current_session_id is None
    assert [it.outcome for it in cloud.audit.outcomes.values()] == ["failed: unavailable", "its EVSE let go"]


def test_a_write_whose_first_answer_was_lost_lets_the_evse_go_and_is_told_as_done() -> None:
    swept, closed = held(Cloud(kind_of_sessions=RetriedSessions)), held(Cloud(kind_of_sessions=RetriedSessions))
    swept.sweeping.sweep()
    done = closed.operating.close(SESSION, ORDER)
    assert done.outcome == "closed as estimated"
    assert [it.evse().current_session_id for it in (swept, closed)] == [None, None]


def test_a_report_without_a_session_takes_no_evse_from_one_that_is_not_over() -> None:
    cloud = held(Cloud())
    hear_free(cloud)
    assert cloud.evse().current_session_id == SESSION


def test_a_report_that_shows_the_session_leaves_it_its_evse_although_it_was_concluded(half_closed: Cloud) -> None:
    running = builders.reported(n=2000, session=builders.reported_session())
    half_closed.hear(builders.shadow_message(running, version=1000))
    assert half_closed.evse().current_session_id == SESSION


def test_an_evse_that_is_held_for_a_start_is_not_let_go(half_closed: Cloud) -> None:
    claim = builders.evse(current_session_id=OTHER_SESSION, hold_until_ms=half_closed.clock() + 60_000)
    half_closed.keep(claim, builders.pending_session(session_id=OTHER_SESSION))
    hear_free(half_closed)
    assert half_closed.evse().current_session_id == OTHER_SESSION
