"""What events, acks and reports do to records: in any order, any number of times, always the same in the end."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.events import SessionEvent
from contract.reports import Ack, Reported
from contract.vocabulary import AckStatus, EndMethod, EndReason, EvseStatus
from functions.domain.acks import with_ack
from functions.domain.outlook import energy_wh
from functions.domain.records import IntentStatus, SessionPhase, SessionRecord
from functions.domain.transitions import (
    MAX_CLOCK_OFF_MS,
    claimed,
    never_began,
    occupied,
    released,
    with_event,
    with_report,
)
from tests.support import builders
from tests.support.builders import NOON_S
from tests.support.clock import NOON_MS

STORY = [
    builders.event("started", 0, meterWh=1000, at=NOON_S),
    builders.event("meter", 1, meterWh=1500, powerW=7200, at=NOON_S + 30),
    builders.event("meter", 2, meterWh=2500, powerW=7100, at=NOON_S + 60),
    builders.event("ended", 3, meterWh=2600, at=NOON_S + 90),
]


def after(session: SessionRecord, *documents: dict[str, Any], received_at_ms: int = NOON_MS + 100_000) -> SessionRecord:
    for document in documents:
        session = with_event(session, SessionEvent.read(document), received_at_ms=received_at_ms)
    return session


def acked(session: SessionRecord, *statuses: str, intent_id: str = builders.STOP_INTENT) -> SessionRecord:
    for status in statuses:
        session = with_ack(session, Ack.read(builders.ack(intent_id, status)), received_at_ms=NOON_MS + 5)
    return session


@pytest.mark.parametrize("order", list(itertools.permutations(STORY)))
def test_in_whatever_order_the_events_come_the_record_is_the_same(order: tuple[dict[str, Any], ...]) -> None:
    session = builders.pending_session()
    assert after(session, *order) == after(session, *STORY)


@given(st.lists(st.sampled_from(STORY), max_size=8).flatmap(lambda extra: st.permutations([*STORY, *extra])))
def test_however_often_the_events_come_the_record_is_the_same(order: list[dict[str, Any]]) -> None:
    """Scenario 4: a retried StopTransaction counted the energy twice."""
    session = builders.pending_session()
    assert after(session, *order) == after(session, *STORY)


def test_a_whole_story_ends_with_its_energy_reason_and_no_power() -> None:
    session = after(builders.pending_session(), *STORY)
    assert session.phase is SessionPhase.ENDED
    assert energy_wh(session) == 1600
    assert session.power_w is None
    assert session.end is not None
    assert (session.end.reason, session.end.method) == (EndReason.REMOTE, EndMethod.REPORTED)
    assert session.end.meter_wh == 2600


def test_a_meter_value_alone_does_not_begin_a_session() -> None:
    session = after(builders.pending_session(), STORY[1])
    assert session.phase is SessionPhase.PENDING
    assert energy_wh(session) is None


@pytest.mark.parametrize("late", STORY[:3])
def test_a_late_event_never_reopens_a_session_nor_brings_its_power_back(late: dict[str, Any]) -> None:
    """Scenario 9."""
    ended = after(builders.pending_session(), *STORY)
    assert after(ended, late | {"seq": 9, "meterWh": 9999}) == ended


def test_a_second_end_with_another_meter_reading_changes_nothing() -> None:
    """Scenario 5: one transaction stoppable many times with different meters."""
    ended = after(builders.pending_session(), *STORY)
    assert after(ended, STORY[3] | {"seq": 7, "meterWh": 9000, "reason": "Local"}) == ended


def test_a_meter_that_falls_never_lowers_the_energy() -> None:
    """Scenario 14."""
    session = after(builders.pending_session(), *STORY[:3])
    fallen = after(session, builders.event("meter", 5, meterWh=3, at=NOON_S + 70))
    assert energy_wh(fallen) == energy_wh(session) == 1500


def test_energy_is_never_negative() -> None:
    session = after(builders.pending_session(), STORY[0], builders.event("ended", 1, meterWh=0))
    assert energy_wh(session) == 0


@pytest.mark.parametrize("kind", ["started", "meter", "ended"])
@pytest.mark.parametrize("clock_s", [0, 5, NOON_S - 86_400, NOON_S + 86_400, 4_000_000_000])
def test_a_clock_that_cannot_be_right_counts_as_the_time_of_arrival(kind: str, clock_s: int) -> None:
    """Scenario 13: timestamps of 1970 before the first clock sync; and clocks that are ahead."""
    session = builders.pending_session() if kind == "started" else builders.active_session(as_of_ms=None)
    session = after(session, builders.event(kind, 9, at=clock_s), received_at_ms=NOON_MS + 1000)
    assert session.as_of_ms == NOON_MS + 1000
    if kind == "started":
        assert session.started_at_ms == NOON_MS + 1000
    if kind == "ended":
        assert session.end is not None
        assert session.end.at_ms == NOON_MS + 1000


@pytest.mark.parametrize("offset_ms", [-MAX_CLOCK_OFF_MS, 0, MAX_CLOCK_OFF_MS])
def test_a_clock_that_is_a_little_off_is_believed(offset_ms: int) -> None:
    session = after(
        builders.pending_session(), builders.event("started", 0, at=NOON_S + offset_ms // 1000), received_at_ms=NOON_MS
    )
    assert session.started_at_ms == NOON_MS + offset_ms


def test_an_event_that_waited_in_an_offline_charger_keeps_its_own_time() -> None:
    session = after(builders.pending_session(), STORY[0], received_at_ms=NOON_MS + 7_200_000)
    assert (session.started_at_ms, session.started_received_at_ms) == (NOON_MS, NOON_MS + 7_200_000)


def test_a_reported_end_replaces_an_estimated_one_and_never_the_other_way_round() -> None:
    estimated = STORY[3] | {"method": "estimated", "meterWh": 2400, "reason": "Other"}
    session = after(builders.pending_session(), *STORY[:3], estimated)
    assert session.end is not None
    assert session.end.method is EndMethod.ESTIMATED
    corrected = after(session, STORY[3] | {"seq": 4})
    assert corrected.end is not None
    assert (corrected.end.method, corrected.end.reason) == (EndMethod.REPORTED, EndReason.REMOTE)
    assert energy_wh(corrected) == 1600
    assert after(corrected, estimated | {"seq": 5}) == corrected


def test_the_same_estimated_end_twice_is_one() -> None:
    estimated = STORY[3] | {"method": "estimated"}
    session = after(builders.pending_session(), *STORY[:3], estimated)
    assert after(session, estimated, received_at_ms=NOON_MS + 999_000) == session


def test_a_meter_value_after_an_estimated_end_counts_but_does_not_reopen() -> None:
    session = after(
        builders.pending_session(), *STORY[:2], STORY[3] | {"seq": 1, "method": "estimated", "meterWh": 1500}
    )
    later = after(session, STORY[2])
    assert later.phase is SessionPhase.ENDED
    assert energy_wh(later) == 1500
    assert later.power_w is None


@pytest.mark.parametrize("order", list(itertools.permutations(["accepted", "executing", "done"])))
def test_acks_only_move_forward(order: tuple[str, ...]) -> None:
    session = acked(builders.stopping_session(), *order)
    assert session.stop is not None
    assert session.stop.status is IntentStatus.DONE
    assert session.stop.settled_at_ms == NOON_MS + 5


@pytest.mark.parametrize(
    ("first", "second"), [(first, second) for first in AckStatus if first.final for second in AckStatus]
)
def test_a_final_ack_is_final(first: AckStatus, second: AckStatus) -> None:
    session = acked(builders.stopping_session(), first.value)
    assert acked(session, second.value) == session


@pytest.mark.parametrize(
    ("clock_s", "believed_ms"),
    [(NOON_S, NOON_MS), (NOON_S - 120, NOON_MS - 120_000), (NOON_S - 200, None), (0, None), (NOON_S + 200, None)],
)
def test_an_answer_has_the_chargers_own_time_unless_its_clock_cannot_be_right(
    clock_s: int, believed_ms: int | None
) -> None:
    """Scenario 13."""
    session = builders.stopping_session()
    for status in ("accepted", "executing", "done"):
        answer = Ack.read(builders.ack(status=status) | {"at": clock_s})
        session = with_ack(session, answer, received_at_ms=NOON_MS + 5)
    stop = session.stop
    assert stop is not None
    assert (stop.accepted_charger_ms, stop.executing_charger_ms, stop.settled_charger_ms) == (believed_ms,) * 3
    assert stop.settled_at_ms == NOON_MS + 5


def test_an_ack_says_that_the_stop_was_sent_after_all() -> None:
    assert not acked(builders.stopping_session(stop_not_sent=True), "accepted").stop_not_sent


def test_an_ack_of_a_start_moves_the_start_alone() -> None:
    session = acked(builders.stopping_session(), "done", intent_id=builders.START_INTENT)
    assert session.start is not None
    assert session.start.status is IntentStatus.DONE
    assert session.stop == builders.stop_intent()


def test_a_late_ack_finds_the_stop_it_belongs_to_among_the_past_ones() -> None:
    past = builders.stop_intent(intent_id="01JA0000000000000000000001")
    session = builders.stopping_session(past_stops=(past,))
    answered = acked(session, "failed", intent_id=past.intent_id)
    assert answered.past_stops[0].status is IntentStatus.FAILED
    assert answered.stop == session.stop


def test_an_ack_of_an_intent_nobody_knows_changes_nothing() -> None:
    session = builders.stopping_session()
    assert acked(session, "done", intent_id="01JA0000000000000000000009") == session


def test_a_session_changes_by_events_alone_and_not_by_acks() -> None:
    session = acked(builders.stopping_session(), "done")
    assert (session.phase, session.end) == (SessionPhase.ACTIVE, None)


@pytest.mark.parametrize("version", [4, 5])
def test_a_report_with_a_version_already_seen_is_old_news(version: int) -> None:
    report = Reported.read(builders.reported())
    assert with_report(builders.evse(), report, version=version, at_ms=NOON_MS) == builders.evse()


def test_a_newer_report_is_the_evse_as_it_is_now() -> None:
    report = Reported.read(builders.reported(session=builders.reported_session()))
    evse = with_report(builders.evse(), report, version=6, at_ms=NOON_MS)
    assert (evse.status, evse.shadow_version, evse.reported_at_ms) == (EvseStatus.CHARGING, 6, NOON_MS)
    assert evse.reported_session_id == builders.SESSION


def test_a_session_that_ended_before_its_start_was_taken_in_does_not_take_the_evse_back() -> None:
    session = builders.active_session()
    evse = released(claimed(builders.evse(), session, until_ms=NOON_MS), session.session_id)
    assert occupied(evse, session) == evse


def test_an_end_is_remembered_even_where_nobody_held_the_evse() -> None:
    evse = released(builders.evse(reported_session_id=builders.SESSION), builders.SESSION)
    assert evse.released_session_id == builders.SESSION
    assert occupied(evse, builders.active_session()).current_session_id is None


def test_an_old_end_does_not_make_the_evse_forget_who_left_it_last() -> None:
    evse = builders.evse(reported_session_id=builders.OTHER_SESSION, released_session_id=builders.OTHER_SESSION)
    assert released(evse, builders.SESSION) == evse


def test_an_end_leaves_the_next_drivers_session_on_the_evse() -> None:
    """Scenario 2."""
    evse = occupied(builders.evse(), builders.active_session(session_id=builders.OTHER_SESSION))
    assert released(evse, builders.SESSION) == evse


@pytest.mark.parametrize(
    ("session", "sure"),
    [
        (builders.pending_session(), False),
        (builders.pending_session(start=builders.start_intent(status=IntentStatus.REFUSED)), True),
        (builders.pending_session(start=builders.start_intent(status=IntentStatus.FAILED)), True),
        (builders.pending_session(stop=builders.stop_intent(status=IntentStatus.DONE, reason="never_started")), True),
        (builders.pending_session(stop=builders.stop_intent(status=IntentStatus.DONE)), False),
        (builders.active_session(start=builders.start_intent(status=IntentStatus.FAILED)), False),
    ],
)
def test_only_a_start_turned_down_or_cancelled_never_begins(session: SessionRecord, *, sure: bool) -> None:
    assert never_began(session) is sure
