"""A session's story in stages, in the order in which the cloud learned of them."""

from __future__ import annotations

from dataclasses import replace

from contract.vocabulary import EndMethod, EndReason, RequestedBy
from functions.domain.records import Confidence, EndBasis, EndRecord, IntentStatus, SessionPhase
from functions.domain.timeline import timeline
from tests.support import builders
from tests.support.clock import NOON_MS


def test_a_whole_session_tells_every_stage_with_its_time_and_source() -> None:
    session = builders.stopping_session(
        phase=SessionPhase.ENDED,
        cable_free_at_ms=NOON_MS + 15,
        start=builders.start_intent(
            status=IntentStatus.DONE,
            accepted_at_ms=NOON_MS + 1,
            executing_at_ms=NOON_MS + 2,
            settled_at_ms=NOON_MS + 3,
        ),
        started_received_at_ms=NOON_MS + 4,
        stop=builders.stop_intent(
            status=IntentStatus.DONE,
            requested_at_ms=NOON_MS + 10,
            accepted_at_ms=NOON_MS + 11,
            executing_at_ms=NOON_MS + 12,
            settled_at_ms=NOON_MS + 13,
            settled_charger_ms=NOON_MS + 11,
        ),
        stop_sent_at_ms=NOON_MS + 10,
        end=EndRecord(
            reason=EndReason.REMOTE,
            method=EndMethod.REPORTED,
            at_ms=NOON_MS + 12,
            received_at_ms=NOON_MS + 14,
            meter_wh=9000,
        ),
    )
    assert [(it.stage, it.at_ms - NOON_MS, it.source, it.detail, it.clock) for it in timeline(session)] == [
        ("start_requested", 0, "owner", "", "cloud"),
        ("start_accepted", 1, "charger", "", "cloud"),
        ("start_executing", 2, "charger", "", "cloud"),
        ("start_done", 3, "charger", "", "cloud"),
        ("started", 4, "charger", "", "charger"),
        ("stop_requested", 10, "owner", "", "cloud"),
        ("stop_sent", 10, "cloud", "", "cloud"),
        ("stop_accepted", 11, "charger", "", "cloud"),
        ("stop_executing", 12, "charger", "", "cloud"),
        ("stop_done", 13, "charger", "", "charger"),
        ("ended", 14, "charger", "Remote", "charger"),
        ("cable_free", 15, "charger", "", "cloud"),
    ]


def test_a_charger_that_was_offline_is_told_when_we_learned_of_it_with_its_own_time_beside() -> None:
    started = timeline(builders.active_session(started_received_at_ms=NOON_MS + 3_600_000))[-1]
    assert (started.stage, started.at_ms, started.charger_at_ms) == ("started", NOON_MS + 3_600_000, NOON_MS)


def test_earlier_stops_stay_in_the_story() -> None:
    failed = builders.stop_intent(
        status=IntentStatus.FAILED, reason="power_still_flowing", settled_at_ms=NOON_MS + 5, intent_id="01JA" + "0" * 22
    )
    session = builders.stopping_session(
        past_stops=(failed,), stop=builders.stop_intent(requested_at_ms=NOON_MS + 9), stop_sent_at_ms=NOON_MS + 9
    )
    told = [(it.stage, it.detail) for it in timeline(session) if it.stage.startswith("stop")]
    assert told[:3] == [("stop_requested", ""), ("stop_failed", "power_still_flowing"), ("stop_requested", "")]


def test_a_stop_that_no_tap_asked_for_tells_who_did_and_why() -> None:
    stop = builders.stop_intent(by=RequestedBy.AUTOMATIC, why="card_lost")
    asked = next(it for it in timeline(builders.stopping_session(stop=stop)) if it.stage == "stop_requested")
    assert (asked.source, asked.detail) == ("automatic", "card_lost")


def test_a_withdrawal_is_the_owners_word() -> None:
    stop = builders.stop_intent(status=IntentStatus.WITHDRAWN, settled_at_ms=NOON_MS + 5)
    last = timeline(builders.stopping_session(stop=stop))[-1]
    assert (last.stage, last.source) == ("stop_withdrawn", "owner")


def test_a_stop_sent_again_is_told_once_and_a_first_one_not_at_all() -> None:
    once = builders.stopping_session()
    again = replace(once, stop_sent_at_ms=NOON_MS + 3000)
    assert "stop_sent_again" not in [it.stage for it in timeline(once)]
    assert [it.at_ms for it in timeline(again) if it.stage == "stop_sent_again"] == [NOON_MS + 3000]


def test_a_stop_that_could_not_be_sent_is_told_as_that() -> None:
    failed = builders.stopping_session(stop_not_sent=True)
    assert [it.stage for it in timeline(failed)][-1] == "stop_not_sent"
    assert "stop_sent" not in [it.stage for it in timeline(failed)]


def test_an_estimate_stays_in_the_story_beside_the_end_that_corrected_it() -> None:
    estimate = EndRecord(
        reason=EndReason.OTHER,
        method=EndMethod.ESTIMATED,
        at_ms=NOON_MS,
        received_at_ms=NOON_MS + 5,
        meter_wh=1,
        basis=EndBasis.LAST_SAMPLE,
        confidence=Confidence.LOW,
    )
    real = replace(estimate, method=EndMethod.REPORTED, received_at_ms=NOON_MS + 9, basis=None, confidence=None)
    session = builders.active_session(phase=SessionPhase.ENDED, superseded_end=estimate, end=real)
    told = [(it.stage, it.clock) for it in timeline(session)]
    assert told[-2:] == [("closed_estimated", "estimated"), ("ended", "charger")]


def test_an_end_the_cloud_concluded_is_the_clouds_word() -> None:
    told = EndRecord(
        reason=EndReason.OTHER, method=EndMethod.ESTIMATED, at_ms=NOON_MS, received_at_ms=NOON_MS + 9, meter_wh=0
    )
    concluded = replace(told, received_at_ms=NOON_MS + 5, basis=EndBasis.LAST_SAMPLE, confidence=Confidence.HIGH)
    session = builders.active_session(phase=SessionPhase.ENDED, end=concluded)
    stage = timeline(session)[-1]
    assert (stage.stage, stage.source, stage.detail) == ("closed_estimated", "cloud", "last_sample, confidence high")
    corrected = timeline(replace(session, end=told, superseded_end=concluded))[-2:]
    assert [(it.stage, it.source) for it in corrected] == [("closed_estimated", "cloud"), ("ended", "charger")]


def test_a_session_that_began_at_the_charger_says_so_and_knows_of_no_start() -> None:
    stages = [(it.stage, it.source, it.detail) for it in timeline(builders.card_session())]
    assert stages == [("started", "charger", "with_a_card")]
