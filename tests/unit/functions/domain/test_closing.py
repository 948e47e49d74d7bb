"""Ends that the cloud concludes by itself, and what becomes of them when the charger speaks after all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from contract.events import SessionEvent
from contract.vocabulary import EndMethod, EndReason, EvseStatus
from functions.domain.anomalies import AnomalyCode
from functions.domain.closing import Sign, closed, follower_of, sign_of_end
from functions.domain.outlook import energy_wh, is_estimated
from functions.domain.patience import Patience
from functions.domain.records import (
    Confidence,
    EndBasis,
    EvseRecord,
    IntentStatus,
    SessionPhase,
    SessionRecord,
)
from functions.domain.timeline import timeline
from functions.domain.transitions import occupied, released, reoccupied, with_event
from tests.support import builders
from tests.support.builders import NOON_S, OTHER_SESSION, SESSION
from tests.support.clock import NOON_MS

MINUTE_MS = 60_000
DAY_S = 24 * 3600
LATER_MS = NOON_MS + 30 * MINUTE_MS
SEEN = Sign(LATER_MS, seen=True)
SILENCE = Sign(LATER_MS, seen=False)
NEXT = builders.active_session(
    session_id=OTHER_SESSION, started_at_ms=NOON_MS + 20 * MINUTE_MS, start_meter_wh=9000, meter_wh=9900
)


def sign(session: SessionRecord, evse: EvseRecord | None, *, after_ms: int = 30 * MINUTE_MS) -> Sign | None:
    return sign_of_end(session, evse, now_ms=NOON_MS + after_ms, silent_after_s=DAY_S)


def charging(**changes: Any) -> EvseRecord:
    """An EVSE whose latest report, a minute after noon, shows the session running."""
    return builders.evse(
        **{
            "status": EvseStatus.CHARGING,
            "reported_session_id": SESSION,
            "reported_at_ms": NOON_MS + MINUTE_MS,
            "current_session_id": SESSION,
            **changes,
        }
    )


def estimated(session: SessionRecord | None = None, **more: Any) -> SessionRecord:
    given: dict[str, Any] = {"follower": None, "max_power_w": 11_000, "now_ms": LATER_MS} | more
    return closed(session or builders.active_session(), given.pop("sign", SEEN), **given)


def heard(session: SessionRecord, kind: str, seq: int, *, received_at_ms: int = LATER_MS, **more: Any) -> SessionRecord:
    return with_event(session, SessionEvent.read(builders.event(kind, seq, **more)), received_at_ms=received_at_ms)


# --- whether it is over ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [EvseStatus.AVAILABLE, EvseStatus.PREPARING, EvseStatus.FINISHING])
@pytest.mark.parametrize("reported", [None, SESSION])
def test_a_session_is_over_where_a_later_report_shows_the_evse_without_one(
    status: EvseStatus, reported: str | None
) -> None:
    """Scenario 7: zombie sessions that nobody could close."""
    evse = charging(status=status, reported_session_id=reported)
    assert sign(builders.active_session(), evse) == Sign(NOON_MS + MINUTE_MS, seen=True)


def test_a_session_is_over_where_a_later_report_shows_another_one() -> None:
    assert sign(builders.active_session(), charging(reported_session_id=OTHER_SESSION)) is not None


def test_a_session_is_over_where_another_one_has_taken_its_evse() -> None:
    assert sign(builders.active_session(), charging(displaced_session_id=SESSION)) is not None


@pytest.mark.parametrize("reason", ["", "never_started", "already_ended"])
def test_a_session_is_over_whose_stop_was_done_or_which_its_charger_does_not_know(reason: str) -> None:
    """Scenario 10: an unknown transaction after a restart."""
    done = builders.stop_intent(status=IntentStatus.DONE, reason=reason, settled_at_ms=NOON_MS + 1)
    assert sign(builders.stopping_session(stop=done), charging()) == Sign(NOON_MS + 1, seen=True)


@pytest.mark.parametrize("status", [EvseStatus.FAULTED, EvseStatus.UNAVAILABLE, EvseStatus.CHARGING])
def test_a_broken_evse_or_one_that_shows_the_session_says_nothing_about_its_end(status: EvseStatus) -> None:
    assert sign(builders.active_session(), charging(status=status)) is None


def test_a_report_from_before_the_session_says_nothing_about_its_end() -> None:
    before = charging(status=EvseStatus.AVAILABLE, reported_session_id=None, reported_at_ms=NOON_MS - 1)
    assert sign(builders.active_session(), before) is None


@pytest.mark.parametrize("evse", [None, builders.evse()])
def test_a_session_silent_for_a_day_is_held_to_be_over(evse: EvseRecord | None) -> None:
    session = builders.active_session()
    assert sign(session, evse, after_ms=DAY_S * 1000 - 1) is None
    assert sign(session, evse, after_ms=DAY_S * 1000) == Sign(NOON_MS + DAY_S * 1000, seen=False)


def test_a_report_that_shows_the_session_breaks_the_silence() -> None:
    assert sign(builders.active_session(), charging(), after_ms=DAY_S * 1000) is None
    assert sign(builders.active_session(), charging(), after_ms=DAY_S * 1000 + MINUTE_MS) is not None


# --- with which figures ---------------------------------------------------------------------------------------------


def test_an_end_rests_on_the_last_sample_its_time_and_its_register() -> None:
    session = estimated(builders.active_session(as_of_ms=NOON_MS + MINUTE_MS))
    assert session.phase is SessionPhase.ENDED
    assert session.power_w is None
    end = session.end
    assert end is not None
    assert (end.method, end.reason) == (EndMethod.ESTIMATED, EndReason.OTHER)
    assert (end.at_ms, end.received_at_ms, end.meter_wh) == (NOON_MS + MINUTE_MS, LATER_MS, 8200)
    assert (end.basis, end.confidence) == (EndBasis.LAST_SAMPLE, Confidence.MEDIUM)
    assert is_estimated(session, now_ms=LATER_MS, patience=Patience())


@pytest.mark.parametrize(
    ("found", "confidence"),
    [
        (Sign(NOON_MS + 3 * MINUTE_MS, seen=True), Confidence.HIGH),
        (Sign(NOON_MS + 3 * MINUTE_MS + 1, seen=True), Confidence.MEDIUM),
        (Sign(NOON_MS + 3 * MINUTE_MS, seen=False), Confidence.LOW),
    ],
)
def test_confidence_says_how_close_the_last_sample_is_to_what_was_seen(found: Sign, confidence: Confidence) -> None:
    end = estimated(builders.active_session(as_of_ms=NOON_MS + MINUTE_MS), sign=found).end
    assert end is not None
    assert end.confidence is confidence


def test_a_stop_that_was_measured_as_done_is_the_reason() -> None:
    done = builders.stop_intent(status=IntentStatus.DONE, settled_at_ms=NOON_MS + 1)
    end = estimated(builders.stopping_session(stop=done)).end
    assert end is not None
    assert end.reason is EndReason.REMOTE


def test_a_session_of_which_nothing_came_but_its_beginning_ends_there_with_nothing_charged() -> None:
    session = estimated(builders.active_session(meter_wh=1000))
    assert session.end is not None
    assert (session.end.basis, session.end.confidence) == (EndBasis.OWN_START, Confidence.LOW)
    assert energy_wh(session) == 0


def test_a_session_of_which_no_reading_came_ends_without_one() -> None:
    start = builders.start_intent(status=IntentStatus.DONE)
    session = estimated(builders.pending_session(start=start), sign=SILENCE)
    assert session.end is not None
    assert (session.end.meter_wh, session.end.at_ms) == (None, NOON_MS)
    assert energy_wh(session) is None


def test_the_register_at_the_start_of_the_very_next_session_is_what_this_one_has_charged() -> None:
    session = estimated(builders.active_session(as_of_ms=NOON_MS + MINUTE_MS), follower=NEXT)
    assert session.end is not None
    assert (session.end.basis, session.end.confidence) == (EndBasis.NEXT_SESSION_START, Confidence.HIGH)
    assert (session.end.meter_wh, session.end.at_ms) == (9000, NOON_MS + MINUTE_MS)
    assert energy_wh(session) == 8000


@pytest.mark.parametrize(
    ("next_wh", "max_power_w"),
    [(8199, 11_000), (900_000, 11_000), (9000, 0)],
    ids=["a register that fell", "more than the EVSE can deliver", "rated power unknown"],
)
def test_a_register_that_cannot_be_the_same_is_not_charged_for(next_wh: int, max_power_w: int) -> None:
    """Scenario 14: after a meter reset the difference is negative, or anything."""
    session = estimated(
        builders.active_session(as_of_ms=NOON_MS + MINUTE_MS),
        follower=replace(NEXT, start_meter_wh=next_wh),
        max_power_w=max_power_w,
    )
    assert session.end is not None
    assert (session.end.basis, energy_wh(session)) == (EndBasis.LAST_SAMPLE, 7200)


def test_only_the_session_that_took_over_from_this_one_follows_it() -> None:
    mine, second = builders.active_session(), builders.active_session(session_id=OTHER_SESSION)
    third = builders.active_session(session_id="01JD0000000000000000000003")
    evse = occupied(occupied(builders.evse(), mine), second)
    assert follower_of(mine, evse) == OTHER_SESSION
    assert occupied(evse, second) == evse
    assert follower_of(mine, released(evse, OTHER_SESSION)) == OTHER_SESSION
    assert follower_of(mine, occupied(evse, third)) is None
    assert follower_of(mine, occupied(released(evse, OTHER_SESSION), third)) is None
    assert follower_of(mine, None) is None


# --- and then the charger speaks ------------------------------------------------------------------------------------


@pytest.mark.parametrize("follower", [None, NEXT])
@pytest.mark.parametrize("method", ["reported", "estimated"])
def test_any_end_that_the_charger_tells_replaces_the_conclusion_days_later_too(
    method: str, follower: SessionRecord | None
) -> None:
    """Scenario 16: the result was a time-out, yet the thing happened."""
    session = estimated(follower=follower)
    told = heard(session, "ended", 9, meterWh=8300, method=method, received_at_ms=NOON_MS + 3 * DAY_S * 1000)
    assert told.end is not None
    assert (told.end.basis, told.end.confidence, told.end.meter_wh) == (None, None, 8300)
    assert energy_wh(told) == 7300


def test_a_sample_from_before_the_conclusion_moves_it_along_and_does_not_reopen_the_session() -> None:
    """Scenario 9: closing meter values revived an ended session."""
    session = heard(estimated(), "meter", 4, at=NOON_S + 60, meterWh=8300, powerW=7000)
    assert (session.phase, session.power_w) == (SessionPhase.ENDED, None)
    assert session.end is not None
    assert (session.end.at_ms, session.end.meter_wh) == (NOON_MS + MINUTE_MS, 8300)
    assert session.end.basis is EndBasis.LAST_SAMPLE
    assert energy_wh(session) == 7300


def test_a_late_sample_does_not_outdo_the_register_of_the_next_session() -> None:
    session = heard(estimated(follower=NEXT), "meter", 4, at=NOON_S + 60, meterWh=8300)
    assert session.end is not None
    assert (session.end.basis, energy_wh(session)) == (EndBasis.NEXT_SESSION_START, 8000)


def test_a_beginning_that_comes_after_the_conclusion_is_filled_in() -> None:
    unknown = estimated(builders.pending_session(start=builders.start_intent(status=IntentStatus.DONE)))
    session = heard(unknown, "started", 0)
    assert (session.started_at_ms, session.phase) == (NOON_MS, SessionPhase.ENDED)
    assert session.end is not None
    assert (session.end.basis, session.end.meter_wh, energy_wh(session)) == (EndBasis.OWN_START, 1000, 0)


def test_a_sample_that_is_younger_than_the_conclusion_shows_that_it_was_wrong() -> None:
    """Otherwise a driver whose charger was away for a day could not stop the session that runs on it."""
    session = heard(
        estimated(),
        "meter",
        4,
        at=LATER_MS // 1000 + 60,
        meterWh=8300,
        powerW=7000,
        received_at_ms=LATER_MS + MINUTE_MS,
    )
    assert (session.phase, session.end, session.power_w) == (SessionPhase.ACTIVE, None, 7000)
    assert session.reopened_at_ms == LATER_MS + MINUTE_MS
    assert [it.stage for it in timeline(session)][-2:] == ["closed_estimated", "reopened"]


def test_a_sample_whose_time_cannot_be_right_does_not_reopen_a_session() -> None:
    session = heard(estimated(), "meter", 4, at=0, meterWh=8300, received_at_ms=LATER_MS + MINUTE_MS)
    assert session.phase is SessionPhase.ENDED


def test_a_session_that_was_reopened_takes_its_evse_back_unless_somebody_else_has_it() -> None:
    mine, other = builders.active_session(), builders.active_session(session_id=OTHER_SESSION)
    free = released(occupied(builders.evse(), mine), SESSION)
    assert reoccupied(free, mine).current_session_id == SESSION
    assert reoccupied(free, mine).released_session_id is None
    taken = occupied(free, other)
    assert reoccupied(taken, mine) == taken
    assert reoccupied(builders.evse(), mine) == builders.evse()


# --- what was guarded against ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "more", "code"),
    [
        ("meter", {"meterWh": 3}, AnomalyCode.METER_FELL),
        ("ended", {"meterWh": 0}, AnomalyCode.METER_FELL),
        ("meter", {"at": 0, "meterWh": 8300}, AnomalyCode.CLOCK_WRONG),
        ("meter", {"at": NOON_S + DAY_S, "meterWh": 8300}, AnomalyCode.CLOCK_WRONG),
    ],
)
def test_what_was_guarded_against_is_on_record_once_with_its_time(
    kind: str, more: dict[str, Any], code: AnomalyCode
) -> None:
    """Scenarios 13 and 14."""
    session = heard(builders.active_session(), kind, 9, **more)
    assert [(it.code, it.at_ms) for it in session.anomalies] == [(code, LATER_MS)]
    again = heard(session, "meter", 10, **more, received_at_ms=LATER_MS + 1)
    assert again.anomalies == session.anomalies
    assert ("guarded", "cloud", code.value) in [(it.stage, it.source, it.detail) for it in timeline(session)]


def test_a_start_above_a_later_sample_is_on_record() -> None:
    early = heard(builders.pending_session(), "meter", 1, meterWh=900)
    assert [it.code for it in heard(early, "started", 0).anomalies] == [AnomalyCode.METER_FELL]


def test_events_that_only_overtook_each_other_are_no_anomaly() -> None:
    session = heard(builders.pending_session(), "meter", 2, meterWh=1500)
    session = heard(heard(session, "meter", 1, meterWh=1200), "started", 0)
    assert session.anomalies == ()
