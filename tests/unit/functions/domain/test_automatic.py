"""When a target asks for a stop: the rule, as a table and as properties."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.vocabulary import RequestedBy
from functions.domain.automatic import PAUSE_MS, TRIES, Wish, nears_energy, next_stop, reached
from functions.domain.records import IntentRecord, IntentStatus, SessionPhase, SessionRecord
from functions.domain.targets import Target
from tests.support import builders
from tests.support.clock import NOON_MS

HOUR_MS = 3_600_000
REQUESTED, DONE, FAILED = IntentStatus.REQUESTED, IntentStatus.DONE, IntentStatus.FAILED
REFUSED, WITHDRAWN = IntentStatus.REFUSED, IntentStatus.WITHDRAWN


def session(*, energy_wh: int | None = None, duration_s: int | None = None, **changes: Any) -> SessionRecord:
    """A session that began at noon and has got 7,200 Wh."""
    return builders.active_session(target=Target(energy_wh=energy_wh, duration_s=duration_s), **changes)


def stop(status: IntentStatus, why: str = "target_energy", by: RequestedBy = RequestedBy.AUTOMATIC) -> IntentRecord:
    return builders.stop_intent(by=by, why=why, status=status, settled_at_ms=None if status.in_force else NOON_MS)


def test_a_session_without_a_target_is_never_stopped_by_itself() -> None:
    assert next_stop(builders.active_session()) is None


@pytest.mark.parametrize(("energy_wh", "why"), [(7199, "target_energy"), (7200, "target_energy"), (7201, "")])
def test_energy_is_reached_when_as_much_was_delivered_and_not_before(energy_wh: int, why: str) -> None:
    assert reached(session(energy_wh=energy_wh), now_ms=NOON_MS) == why


@pytest.mark.parametrize(("after_ms", "why"), [(HOUR_MS - 1, ""), (HOUR_MS, "target_duration")])
def test_time_counts_from_the_beginning_that_the_charger_told(after_ms: int, why: str) -> None:
    assert reached(session(duration_s=3600), now_ms=NOON_MS + after_ms) == why


def test_of_two_targets_the_first_that_is_reached_counts() -> None:
    assert next_stop(session(energy_wh=7000, duration_s=3600)) == Wish(NOON_MS, "target_energy")
    assert next_stop(session(energy_wh=9000, duration_s=3600)) == Wish(NOON_MS + HOUR_MS, "target_duration")


@pytest.mark.parametrize(
    "over",
    [
        {"phase": SessionPhase.PENDING, "started_at_ms": None, "start_meter_wh": None},
        {"phase": SessionPhase.ENDED},
        {"start_meter_wh": None},
    ],
    ids=["not begun", "ended", "energy unknown"],
)
def test_what_has_not_begun_or_is_over_or_unknown_reaches_nothing(over: dict[str, Any]) -> None:
    assert next_stop(session(energy_wh=1000, **over)) is None


@pytest.mark.parametrize("status", [REQUESTED, IntentStatus.ACCEPTED, IntentStatus.EXECUTING, DONE])
@pytest.mark.parametrize("by", RequestedBy)
def test_a_stop_that_is_under_way_or_done_is_enough_whoever_asked(status: IntentStatus, by: RequestedBy) -> None:
    assert next_stop(session(energy_wh=1000, stop=stop(status, by=by))) is None


def test_a_driver_who_takes_the_automatic_stop_back_has_ended_the_target() -> None:
    withdrawn = stop(WITHDRAWN)
    assert next_stop(session(energy_wh=1000, duration_s=60, stop=withdrawn)) is None
    own = stop(FAILED, why="", by=RequestedBy.OWNER)
    assert next_stop(session(energy_wh=1000, past_stops=(withdrawn,), stop=own)) is None


@pytest.mark.parametrize(
    "other",
    [stop(WITHDRAWN, why="", by=RequestedBy.OWNER), stop(FAILED, why="card_lost")],
    ids=["the driver's own, taken back", "a lost card's, failed"],
)
def test_a_stop_that_was_not_the_targets_leaves_it_in_force(other: IntentRecord) -> None:
    assert reached(session(energy_wh=1000, stop=other), now_ms=NOON_MS) == "target_energy"


@pytest.mark.parametrize("status", [REFUSED, FAILED])
def test_a_stop_that_the_charger_could_not_carry_out_is_asked_for_again_after_a_pause(status: IntentStatus) -> None:
    assert next_stop(session(energy_wh=1000, stop=stop(status))) == Wish(NOON_MS + PAUSE_MS, "target_energy")


def test_what_was_tried_often_enough_is_left_to_people() -> None:
    failed = stop(FAILED)
    assert next_stop(session(energy_wh=1000, past_stops=(failed,) * (TRIES - 2), stop=failed)) is not None
    assert next_stop(session(energy_wh=1000, past_stops=(failed,) * (TRIES - 1), stop=failed)) is None


@pytest.mark.parametrize(("energy_wh", "near"), [(7200, False), (7201, True), (7440, True), (7441, False)])
def test_a_target_of_energy_is_near_when_its_power_reaches_it_in_time(energy_wh: int, *, near: bool) -> None:
    assert nears_energy(session(energy_wh=energy_wh, power_w=7200), within_s=120) is near


@pytest.mark.parametrize(
    "other",
    [
        {"power_w": 0},
        {"power_w": None},
        {"phase": SessionPhase.ENDED},
        {"start_meter_wh": None},
        {"target": None},
        {"target": Target(duration_s=300)},
        {"stop": stop(REQUESTED, why="", by=RequestedBy.OWNER)},
        {"stop": stop(WITHDRAWN)},
    ],
    ids=["no power", "power unknown", "over", "energy unknown", "no target", "a time", "being stopped", "taken back"],
)
def test_nothing_is_near_to_what_does_not_move_towards_energy_that_is_wanted(other: dict[str, Any]) -> None:
    assert not nears_energy(replace(session(energy_wh=7201), **other), within_s=120)


stops = st.builds(
    stop,
    st.sampled_from(IntentStatus),
    st.sampled_from(["", "target_energy", "target_duration", "card_lost"]),
    st.sampled_from(RequestedBy),
)
sessions = st.builds(
    session,
    energy_wh=st.none() | st.integers(500, 20_000),
    duration_s=st.none() | st.integers(300, 7200),
    phase=st.sampled_from(SessionPhase),
    meter_wh=st.none() | st.integers(0, 30_000),
    stop=st.none() | stops,
    past_stops=st.lists(stops, max_size=4).map(tuple),
)
times = st.integers(NOON_MS - HOUR_MS, NOON_MS + 4 * HOUR_MS)


@given(sessions, times)
def test_nobody_is_stopped_before_something_they_asked_for_is_reached(it: SessionRecord, now_ms: int) -> None:
    target = it.target or Target()
    delivered = None if it.meter_wh is None or it.start_meter_wh is None else max(0, it.meter_wh - it.start_meter_wh)
    match reached(it, now_ms=now_ms):
        case "target_energy":
            assert target.energy_wh is not None
            assert delivered is not None
            assert delivered >= target.energy_wh
        case "target_duration":
            assert target.duration_s is not None
            assert now_ms >= (it.started_at_ms or 0) + target.duration_s * 1000
        case why:
            assert why == ""


@given(sessions, times, times)
def test_a_wish_stands_until_something_happens_to_the_session(it: SessionRecord, one_ms: int, other_ms: int) -> None:
    sooner, later = sorted((one_ms, other_ms))
    if reached(it, now_ms=sooner):
        assert reached(it, now_ms=later)


@given(sessions, times)
def test_once_a_stop_is_asked_for_the_target_asks_for_no_second_one(it: SessionRecord, now_ms: int) -> None:
    if why := reached(it, now_ms=now_ms):
        past = (*it.past_stops, *((it.stop,) if it.stop else ()))
        asked = replace(it, past_stops=past, stop=stop(REQUESTED, why))
        assert next_stop(asked) is None
        assert next_stop(replace(asked, stop=stop(WITHDRAWN, why))) is None
