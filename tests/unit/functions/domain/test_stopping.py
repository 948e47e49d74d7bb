"""The stop: who may, what it writes, and what a further tap means."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from contract.vocabulary import Act, EndMethod, EndReason, RequestedBy
from functions.domain.errors import CallerError, ContractViolation, TemporaryError
from functions.domain.outlook import session_status, stop_status
from functions.domain.records import EndRecord, IntentStatus, SessionPhase, SessionRecord
from tests.support import builders
from tests.support.builders import NEIGHBOUR, OWNER, SESSION, STOP_INTENT
from tests.support.clock import NOON_MS
from tests.support.cloud import Cloud, MeddledSessions, RetriedSessions

SETTLED = (IntentStatus.REFUSED, IntentStatus.FAILED, IntentStatus.WITHDRAWN)
END = EndRecord(reason=EndReason.LOCAL, method=EndMethod.REPORTED, at_ms=NOON_MS, received_at_ms=NOON_MS, meter_wh=8200)


def settled_stop(status: IntentStatus, reason: str = "") -> SessionRecord:
    stop = builders.stop_intent(status=status, reason=reason, settled_at_ms=NOON_MS)
    return builders.stopping_session(stop=stop)


def five_taps(cloud: Cloud) -> list[SessionRecord]:
    together = Barrier(5)

    def tap(_: int) -> SessionRecord:
        together.wait()
        return cloud.stopping.stop(SESSION, owner=OWNER)

    with ThreadPoolExecutor(5) as pool:
        return list(pool.map(tap, range(5)))


def test_the_owners_stop_is_one_write_of_the_record_and_one_of_the_shadow(cloud: Cloud) -> None:
    cloud.keep(builders.active_session())
    session = cloud.stopping.stop(SESSION, owner=OWNER)
    assert session.stop is not None
    assert session.stop.status is IntentStatus.REQUESTED
    assert session == cloud.session()
    assert cloud.memory.writes == 1
    ((charger_id, evse_id, intent),) = cloud.shadows.sent
    assert (charger_id, evse_id) == (session.charger_id, session.evse_id)
    assert (intent.act, intent.session_id, intent.id) == (Act.STOP, SESSION, session.stop.intent_id)
    assert intent.issued_at == NOON_MS // 1000


def test_somebody_elses_session_and_a_missing_one_are_refused_alike_and_write_nothing(cloud: Cloud) -> None:
    cloud.keep(builders.active_session())
    before = cloud.session()
    with pytest.raises(CallerError) as elses:
        cloud.stopping.stop(SESSION, owner=NEIGHBOUR)
    with pytest.raises(CallerError) as missing:
        cloud.stopping.stop(builders.OTHER_SESSION, owner=NEIGHBOUR)
    assert elses.value.code == missing.value.code == "session_not_found"
    assert elses.value.detail == missing.value.detail
    assert cloud.session() == before
    assert (cloud.memory.writes, cloud.sent) == (0, [])


def test_five_taps_at_once_are_one_intent_and_one_shadow_write(cloud: Cloud) -> None:
    cloud.keep(builders.active_session())
    answers = five_taps(cloud)
    assert len({answer.stop.intent_id for answer in answers if answer.stop}) == 1
    assert len(cloud.sent) == 1
    assert all(answer == cloud.session() for answer in answers)


@pytest.mark.parametrize("status", SETTLED)
def test_five_taps_at_once_after_a_settled_stop_are_one_new_intent(cloud: Cloud, status: IntentStatus) -> None:
    cloud.keep(settled_stop(status))
    answers = five_taps(cloud)
    assert len({answer.stop.intent_id for answer in answers if answer.stop}) == 1
    assert len(cloud.sent) == 1
    assert [past.intent_id for past in cloud.session().past_stops] == [STOP_INTENT]


def test_a_second_tap_within_two_seconds_writes_nothing(cloud: Cloud) -> None:
    cloud.keep(builders.active_session())
    first = cloud.stopping.stop(SESSION, owner=OWNER)
    cloud.clock.pass_s(1.999)
    assert cloud.stopping.stop(SESSION, owner=OWNER) == first
    assert (cloud.memory.writes, len(cloud.sent)) == (1, 1)


def test_a_tap_after_two_seconds_sends_the_same_intent_again(cloud: Cloud) -> None:
    cloud.keep(builders.active_session())
    first = cloud.stopping.stop(SESSION, owner=OWNER)
    cloud.clock.pass_s(2)
    second = cloud.stopping.stop(SESSION, owner=OWNER)
    assert first.stop == second.stop
    assert second.stop_sent_at_ms == NOON_MS + 2000
    assert cloud.shadows.sent[0] == cloud.shadows.sent[1]
    assert (cloud.memory.writes, len(cloud.sent)) == (2, 2)


@pytest.mark.parametrize("status", [IntentStatus.ACCEPTED, IntentStatus.EXECUTING])
def test_a_stop_that_the_charger_works_on_is_sent_again_and_stays_as_far_as_it_is(
    cloud: Cloud, status: IntentStatus
) -> None:
    cloud.keep(builders.stopping_session(stop=builders.stop_intent(status=status)))
    cloud.clock.pass_s(20)
    session = cloud.stopping.stop(SESSION, owner=OWNER)
    assert session.stop is not None
    assert session.stop.status is status
    assert cloud.sent == [f"stop {STOP_INTENT}"]


def test_an_unconfirmed_stop_can_be_sent_again_for_ever(cloud: Cloud) -> None:
    """Scenario 15: sent once, never retried."""
    cloud.keep(builders.active_session())
    for _ in range(10):
        cloud.stopping.stop(SESSION, owner=OWNER)
        cloud.clock.pass_s(16)
    assert len(cloud.sent) == 10
    assert len(set(cloud.sent)) == 1


@pytest.mark.parametrize("status", SETTLED)
def test_a_tap_after_a_settled_stop_is_a_new_intent_and_the_old_one_is_kept(cloud: Cloud, status: IntentStatus) -> None:
    cloud.keep(settled_stop(status))
    session = cloud.stopping.stop(SESSION, owner=OWNER)
    assert session.stop is not None
    assert session.stop.intent_id != STOP_INTENT
    assert session.stop.status is IntentStatus.REQUESTED
    assert [past.intent_id for past in session.past_stops] == [STOP_INTENT]
    assert cloud.sent == [f"stop {session.stop.intent_id}"]


def test_a_new_stop_is_not_lost_when_a_meter_value_arrives_at_the_same_moment() -> None:
    cloud = Cloud(kind_of_sessions=MeddledSessions)
    cloud.keep(builders.charger(), builders.evse(), settled_stop(IntentStatus.FAILED))
    assert isinstance(cloud.sessions, MeddledSessions)
    cloud.sessions.meddlers.append(lambda: cloud.hear(builders.event_message(builders.event("meter", 9, meterWh=9000))))
    session = cloud.stopping.stop(SESSION, owner=OWNER)
    assert session.stop is not None
    assert session.stop.status is IntentStatus.REQUESTED
    assert session.meter_wh == 9000
    assert cloud.sent == [f"stop {session.stop.intent_id}"]


def test_a_new_stop_gives_way_to_an_end_that_arrives_at_the_same_moment() -> None:
    cloud = Cloud(kind_of_sessions=MeddledSessions)
    cloud.keep(builders.charger(), builders.evse(), settled_stop(IntentStatus.FAILED))
    assert isinstance(cloud.sessions, MeddledSessions)
    cloud.sessions.meddlers.append(lambda: cloud.hear(builders.event_message(builders.event("ended", 9))))
    session = cloud.stopping.stop(SESSION, owner=OWNER)
    assert session.phase is SessionPhase.ENDED
    assert cloud.sent == []


def test_a_new_stop_gives_up_when_the_record_never_holds_still() -> None:
    cloud = Cloud(kind_of_sessions=MeddledSessions)
    cloud.keep(settled_stop(IntentStatus.FAILED))
    assert isinstance(cloud.sessions, MeddledSessions)
    cloud.sessions.meddlers.extend(
        [lambda: cloud.keep(replace(cloud.session(), revision=cloud.session().revision + 1))] * 99
    )
    with pytest.raises(TemporaryError) as error:
        cloud.stopping.stop(SESSION, owner=OWNER)
    assert error.value.code == "unavailable"
    assert cloud.sent == []


@pytest.mark.parametrize("before", [builders.active_session(), settled_stop(IntentStatus.REFUSED)])
def test_a_retried_write_that_finds_its_own_intent_still_sends(before: SessionRecord) -> None:
    cloud = Cloud(kind_of_sessions=RetriedSessions)
    cloud.keep(before)
    session = cloud.stopping.stop(SESSION, owner=OWNER)
    assert session.stop is not None
    assert cloud.sent == [f"stop {session.stop.intent_id}"]


def test_a_stop_the_shadow_did_not_take_is_on_record_as_not_sent(cloud: Cloud) -> None:
    cloud.keep(builders.active_session())
    cloud.shadows.failing_with = TemporaryError("unavailable", "UpdateThingShadow: ServiceUnavailableException")
    with pytest.raises(TemporaryError) as error:
        cloud.stopping.stop(SESSION, owner=OWNER)
    assert error.value.code == "not_sent"
    assert error.value.retry_after_s > 0
    assert cloud.session().stop_not_sent
    assert stop_status(cloud.session(), now_ms=cloud.clock(), patience=cloud.patience) == "not_sent"


def test_a_stop_is_on_record_as_not_sent_even_if_the_shadow_refused_it_for_our_fault(cloud: Cloud) -> None:
    cloud.keep(builders.active_session())
    cloud.shadows.failing_with = ContractViolation("internal", "UpdateThingShadow: ForbiddenException")
    with pytest.raises(ContractViolation):
        cloud.stopping.stop(SESSION, owner=OWNER)
    assert cloud.session().stop_not_sent


def test_a_stop_is_on_record_as_not_sent_even_if_a_meter_value_arrives_at_the_same_moment() -> None:
    cloud = Cloud(kind_of_sessions=MeddledSessions)
    cloud.keep(builders.charger(), builders.evse(), builders.active_session())
    assert isinstance(cloud.sessions, MeddledSessions)
    cloud.sessions.meddlers.append(lambda: cloud.hear(builders.event_message(builders.event("meter", 9))))
    cloud.shadows.failing_with = TemporaryError("unavailable")
    with pytest.raises(TemporaryError):
        cloud.stopping.stop(SESSION, owner=OWNER)
    assert cloud.session().stop_not_sent


@pytest.mark.parametrize("seconds", [0.5, 2, 60])
def test_the_next_tap_sends_a_stop_that_was_not_sent_however_soon_it_comes(cloud: Cloud, seconds: float) -> None:
    cloud.keep(builders.active_session())
    cloud.shadows.failing_with = TemporaryError("unavailable")
    with pytest.raises(TemporaryError):
        cloud.stopping.stop(SESSION, owner=OWNER)
    cloud.shadows.failing_with = None
    intended = cloud.session().stop
    cloud.clock.pass_s(seconds)
    session = cloud.stopping.stop(SESSION, owner=OWNER)
    assert session.stop == intended
    assert not session.stop_not_sent
    assert len(cloud.sent) == 1


def test_a_session_that_has_not_begun_can_be_stopped(cloud: Cloud) -> None:
    cloud.keep(builders.pending_session())
    session = cloud.stopping.stop(SESSION, owner=OWNER)
    assert session.phase is SessionPhase.PENDING
    assert session_status(session, now_ms=cloud.clock(), patience=cloud.patience) == "stopping"
    assert len(cloud.sent) == 1


def test_a_session_that_has_ended_is_answered_as_it_ended_without_a_write(cloud: Cloud) -> None:
    cloud.keep(builders.active_session(phase=SessionPhase.ENDED, end=END))
    assert cloud.stopping.stop(SESSION, owner=OWNER) == cloud.session()
    assert (cloud.memory.writes, cloud.sent) == (0, [])


def test_a_stop_that_was_carried_out_is_not_asked_for_again_while_the_end_is_on_its_way(cloud: Cloud) -> None:
    cloud.keep(settled_stop(IntentStatus.DONE))
    cloud.clock.pass_s(1.9)
    assert cloud.stopping.stop(SESSION, owner=OWNER) == cloud.session()
    assert (cloud.memory.writes, cloud.sent) == (0, [])


def test_a_session_that_goes_on_although_its_stop_was_carried_out_can_be_stopped_again(cloud: Cloud) -> None:
    cloud.keep(settled_stop(IntentStatus.DONE))
    cloud.clock.pass_s(2)
    session = cloud.stopping.stop(SESSION, owner=OWNER)
    assert session.stop is not None
    assert cloud.sent == [f"stop {session.stop.intent_id}"]
    assert session.stop.intent_id != STOP_INTENT


def test_a_session_cancelled_before_it_began_stays_cancelled_whoever_taps(cloud: Cloud) -> None:
    cancelled = builders.stop_intent(status=IntentStatus.DONE, reason="never_started", settled_at_ms=NOON_MS)
    cloud.keep(builders.pending_session(stop=cancelled, stop_sent_at_ms=NOON_MS))
    cloud.clock.pass_s(5)
    session = cloud.stopping.stop(SESSION, owner=OWNER)
    assert session_status(session, now_ms=cloud.clock(), patience=cloud.patience) == "failed"
    assert (cloud.memory.writes, cloud.sent) == (0, [])


@pytest.mark.parametrize("status", [IntentStatus.REFUSED, IntentStatus.FAILED])
def test_stopping_a_session_whose_start_was_turned_down_never_overwrites_the_next_drivers_intent(
    cloud: Cloud, status: IntentStatus
) -> None:
    cloud.keep(builders.pending_session(start=builders.start_intent(status=status, reason="evse_in_use")))
    session = cloud.stopping.stop(SESSION, owner=OWNER)
    assert session_status(session, now_ms=cloud.clock(), patience=cloud.patience) == "failed"
    assert (cloud.memory.writes, cloud.sent) == (0, [])


def test_a_driver_stops_with_whatever_means_because_the_person_is_compared(cloud: Cloud) -> None:
    """Scenario 8: the card was compared, not the person; here a card's session is its owner's session."""
    cloud.keep(builders.active_session(transaction_id="card-started"))
    assert cloud.stopping.stop(SESSION, owner=OWNER).stop is not None


def test_a_stop_on_somebodys_behalf_says_who_wants_it_and_why(cloud: Cloud) -> None:
    cloud.keep(builders.active_session())
    session = cloud.stopping.stop(SESSION, owner=OWNER, by=RequestedBy.OPERATOR, why="smoke from the cable")
    assert session.stop is not None
    assert (session.stop.by, session.stop.why) == (RequestedBy.OPERATOR, "smoke from the cable")
    assert [intent.by for _, _, intent in cloud.shadows.sent] == [RequestedBy.OPERATOR]


def test_a_stop_needs_neither_a_connected_charger_nor_one_in_service(cloud: Cloud) -> None:
    cloud.keep(builders.active_session(), builders.charger(connected=False, in_service=False))
    assert cloud.stopping.stop(SESSION, owner=OWNER).stop is not None
    assert len(cloud.sent) == 1


def test_only_the_last_twenty_settled_stops_are_kept(cloud: Cloud) -> None:
    past = tuple(builders.stop_intent(intent_id=f"01JA{number:022d}") for number in range(20))
    cloud.keep(builders.stopping_session(stop=builders.stop_intent(status=IntentStatus.FAILED), past_stops=past))
    session = cloud.stopping.stop(SESSION, owner=OWNER)
    assert [it.intent_id for it in session.past_stops] == [*(it.intent_id for it in past[1:]), STOP_INTENT]
