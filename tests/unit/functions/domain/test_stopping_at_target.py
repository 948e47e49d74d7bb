"""A target stops its session on the path of a tap: one stop, however it is noticed and however often."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from contract.vocabulary import RequestedBy
from functions.domain.errors import CallerError, ContractViolation, TemporaryError
from functions.domain.records import IntentStatus, SessionPhase, SessionRecord
from functions.domain.reporting import Taken
from functions.domain.stopping_at_target import stop_at_target
from functions.domain.sweeping import Outcome
from functions.domain.targets import Target
from functions.domain.timeline import timeline
from tests.support import builders
from tests.support.builders import CHARGER, NOON_S, OTHER_SESSION, OWNER, SESSION
from tests.support.cloud import Cloud, MeddledSessions

TEN_KWH = Target(energy_wh=10_000)
AN_HOUR = Target(duration_s=3600)


def at_work(target: Target, **parts: Any) -> Cloud:
    cloud = Cloud(**parts)
    cloud.keep(builders.charger(), builders.evse(), builders.active_session(target=target))
    return cloud


def sample(seq: int, meter_wh: int, **changes: Any) -> str:
    return builders.event_message(builders.event("meter", seq, meterWh=meter_wh, **changes))


def take(cloud: Cloud, message: str) -> Taken:
    return cloud.reporting.take(message, received_at_ms=cloud.clock())


def asked_for(session: SessionRecord) -> list[tuple[str, str]]:
    """Every stop of a session: by whom and why."""
    every = (*session.past_stops, *((session.stop,) if session.stop else ()))
    return [(it.by.value, it.why) for it in every]


def test_the_sample_that_shows_the_energy_stops_the_session_as_a_tap_would() -> None:
    cloud = at_work(TEN_KWH)
    assert take(cloud, sample(4, 10_900)).stopped_at == ""
    assert take(cloud, sample(5, 11_000)).stopped_at == "target_energy"
    session = cloud.session()
    assert asked_for(session) == [("automatic", "target_energy")]
    ((charger_id, evse_id, intent),) = cloud.shadows.sent
    assert (charger_id, evse_id, intent.session_id, intent.by) == (CHARGER, 1, SESSION, RequestedBy.AUTOMATIC)
    requested = next(stage for stage in timeline(session) if stage.stage == "stop_requested")
    assert (requested.source, requested.detail) == ("automatic", "target_energy")


def test_near_its_target_a_session_is_sampled_as_if_somebody_looked() -> None:
    cloud = at_work(TEN_KWH)
    far_off, near = sample(4, 10_750, powerW=7200), sample(5, 10_800, powerW=7200)
    cloud.hear(far_off)
    assert cloud.watchers.hints == []
    cloud.hear(near)
    assert cloud.watchers.hints == [(CHARGER, 1, NOON_S + 35)]
    assert cloud.memory.writes == 2, "the hint is on record with the sample that asks for it"


def test_for_a_session_near_its_target_a_hint_is_sent_at_most_every_30_s() -> None:
    cloud = at_work(TEN_KWH)
    for seq in range(4, 36):
        cloud.hear(sample(seq, 10_800 + seq, powerW=7200))
        cloud.clock.pass_s(1)
    assert cloud.watchers.hints == [(CHARGER, 1, NOON_S + second) for second in (35, 65)]
    cloud.reading.watch(cloud.session())
    assert len(cloud.watchers.hints) == 2, "one mark for all who ask"


def test_a_sample_that_is_old_news_sends_no_hint() -> None:
    cloud = at_work(TEN_KWH)
    cloud.keep(builders.active_session(target=TEN_KWH, meter_wh=10_900, last_seq=5))
    cloud.hear(sample(5, 10_900, powerW=7200))
    assert cloud.watchers.hints == []


def test_a_hint_that_cannot_be_sent_keeps_no_sample_back() -> None:
    cloud = at_work(TEN_KWH)
    cloud.watchers.failing_with = TemporaryError("unavailable")
    cloud.hear(sample(4, 10_800, powerW=7200))
    assert cloud.session().meter_wh == 10_800
    cloud.watchers.failing_with = None
    cloud.clock.pass_s(60)
    cloud.hear(sample(5, 10_920, powerW=7200))
    assert cloud.watchers.hints == [(CHARGER, 1, NOON_S + 95)]


def test_however_many_events_arrive_it_is_one_stop_and_one_write_to_the_shadow() -> None:
    cloud = at_work(TEN_KWH)
    cloud.hear(*(sample(seq, 11_000 + seq) for seq in (5, 6, 5, 7)))
    cloud.clock.pass_s(14)
    cloud.hear(sample(8, 12_000))
    assert asked_for(cloud.session()) == [("automatic", "target_energy")]
    assert len(cloud.sent) == 1


def test_of_events_and_sweeps_that_race_one_records_the_stop() -> None:
    for _ in range(20):
        cloud = at_work(TEN_KWH)
        cloud.keep(builders.active_session(target=TEN_KWH, meter_wh=11_500))
        with ThreadPoolExecutor(4) as pool:
            taken = [pool.submit(take, cloud, sample(seq, 12_000)) for seq in (5, 6, 7)]
            pool.submit(cloud.sweeping.sweep).result()
            assert all(it.result() for it in taken)
        assert asked_for(cloud.session()) == [("automatic", "target_energy")]
        assert len({intent.id for _, _, intent in cloud.shadows.sent}) == 1


def test_the_time_is_over_at_the_next_sweep_or_the_next_sample_whichever_comes_first() -> None:
    swept, told = at_work(AN_HOUR), at_work(AN_HOUR)
    for cloud in (swept, told):
        cloud.clock.pass_s(3599)
    assert swept.sweeping.sweep().count(Outcome.STOPPED_AT_TARGET) == 0
    assert take(told, sample(5, 9000, at=NOON_S + 3599)).stopped_at == ""
    for cloud in (swept, told):
        cloud.clock.pass_s(1)
    assert swept.sweeping.sweep().outcomes[SESSION] is Outcome.STOPPED_AT_TARGET
    assert take(told, sample(6, 9001, at=NOON_S + 3600)).stopped_at == "target_duration"
    for cloud in (swept, told):
        assert asked_for(cloud.session()) == [("automatic", "target_duration")]


def test_a_charger_that_comes_back_after_the_time_is_stopped_with_its_first_word() -> None:
    cloud = Cloud()
    cloud.keep(builders.charger(), builders.evse(), builders.pending_session(target=AN_HOUR))
    cloud.clock.pass_s(2 * 3600)
    assert take(cloud, builders.event_message(builders.event("started", 0))).stopped_at == "target_duration"


def test_a_stop_that_did_not_reach_the_shadow_is_on_record_and_the_sweeper_sends_the_same_one() -> None:
    """Scenario 15: an unconfirmed stop was sent once and never retried."""
    cloud = at_work(TEN_KWH)
    cloud.shadows.failing_with = TemporaryError("unavailable")
    assert take(cloud, sample(5, 11_000)).stopped_at == "target_energy"
    assert cloud.session().stop_not_sent
    cloud.shadows.failing_with = None
    cloud.clock.pass_s(60)
    assert cloud.sweeping.sweep().outcomes == {SESSION: Outcome.STOP_SENT}
    assert asked_for(cloud.session()) == [("automatic", "target_energy")]
    stop = cloud.session().stop
    assert stop is not None
    assert cloud.sent == [f"stop {stop.intent_id}"]


def test_a_stop_that_could_not_be_recorded_is_the_sweepers_to_record() -> None:
    """The function died between the sample's record and the stop's, and nothing delivered the sample again."""
    cloud = at_work(TEN_KWH)
    cloud.keep(builders.active_session(target=TEN_KWH, meter_wh=11_500))
    assert cloud.sweeping.sweep().outcomes == {SESSION: Outcome.STOPPED_AT_TARGET}
    assert asked_for(cloud.session()) == [("automatic", "target_energy")]


def test_our_own_fault_is_not_hidden_behind_the_sample() -> None:
    cloud = at_work(TEN_KWH)
    cloud.shadows.failing_with = ContractViolation("internal", "UpdateThingShadow: AccessDeniedException")
    with pytest.raises(ContractViolation):
        take(cloud, sample(5, 11_000))


def test_a_driver_who_goes_on_charging_is_not_stopped_again() -> None:
    cloud = at_work(TEN_KWH)
    cloud.hear(sample(5, 11_000))
    cloud.clock.pass_s(5)
    cloud.stopping.withdraw(SESSION, owner=OWNER)
    cloud.hear(sample(6, 12_000), sample(7, 13_000))
    cloud.clock.pass_s(3600)
    cloud.sweeping.sweep()
    session = cloud.session()
    assert session.stop is not None
    assert session.stop.status is IntentStatus.WITHDRAWN
    assert asked_for(session) == [("automatic", "target_energy")]


def test_a_driver_who_goes_on_charging_just_as_a_late_sample_is_taken_in_is_not_stopped_again() -> None:
    cloud = at_work(TEN_KWH)
    seen_before = replace(cloud.session(), meter_wh=11_500)
    cloud.hear(sample(5, 11_500))
    cloud.stopping.withdraw(SESSION, owner=OWNER)
    cloud.clock.pass_s(5)
    stop_at_target(cloud.stopping, seen_before, now_ms=cloud.clock())
    assert asked_for(cloud.session()) == [("automatic", "target_energy")]


def test_nor_if_they_say_so_while_the_new_stop_is_being_written() -> None:
    cloud = at_work(TEN_KWH, kind_of_sessions=MeddledSessions)
    failed = builders.stop_intent(by=RequestedBy.AUTOMATIC, why="target_energy", status=IntentStatus.FAILED)
    cloud.keep(builders.active_session(target=TEN_KWH, meter_wh=11_500, stop=failed))
    cloud.clock.pass_s(120)

    def withdrawn() -> None:
        now = cloud.session()
        over = builders.stop_intent(by=RequestedBy.AUTOMATIC, why="target_energy", status=IntentStatus.WITHDRAWN)
        cloud.keep(replace(now, stop=over, past_stops=(failed,), revision=now.revision + 1))

    assert isinstance(cloud.sessions, MeddledSessions)
    cloud.sessions.meddlers.append(withdrawn)
    stop_at_target(cloud.stopping, cloud.session(), now_ms=cloud.clock())
    assert len(asked_for(cloud.session())) == 2
    assert cloud.sent == []


def test_a_charger_that_fails_to_stop_is_asked_three_times_and_then_left_to_people() -> None:
    cloud = at_work(TEN_KWH)
    cloud.hear(sample(5, 11_000))
    for minute in range(10):
        stop = cloud.session().stop
        assert stop is not None
        ack = builders.ack(stop.intent_id, "failed", "power_still_flowing")
        intent = builders.stop_wire(id=stop.intent_id)
        cloud.hear(
            builders.shadow_message(builders.reported(n=920 + minute, ack=ack, intent=intent), version=20 + minute)
        )
        cloud.clock.pass_s(61)
        cloud.sweeping.sweep()
    assert asked_for(cloud.session()) == [("automatic", "target_energy")] * 3


def test_it_never_stops_another_session() -> None:
    cloud = at_work(TEN_KWH)
    cloud.keep(builders.active_session(session_id=OTHER_SESSION, evse_id=2), builders.evse(evse_id=2))
    cloud.hear(sample(5, 11_000))
    assert [intent.session_id for _, _, intent in cloud.shadows.sent] == [SESSION]
    assert cloud.session(OTHER_SESSION).stop is None


def test_a_session_that_has_ended_is_not_stopped_by_a_late_sample() -> None:
    cloud = at_work(TEN_KWH)
    cloud.keep(builders.active_session(target=TEN_KWH, phase=SessionPhase.ENDED))
    assert take(cloud, sample(9, 20_000)).stopped_at == ""
    assert cloud.sent == []


@pytest.mark.parametrize("other", [None, Target(energy_wh=10_001), Target(energy_wh=10_000, duration_s=3600)])
def test_a_key_belongs_to_one_target(other: Target | None) -> None:
    cloud = Cloud()
    cloud.keep(builders.charger(), builders.evse())
    first = cloud.starting.start(CHARGER, 1, owner=OWNER, idempotency_key="k", target=TEN_KWH)
    again = cloud.starting.start(CHARGER, 1, owner=OWNER, idempotency_key="k", target=TEN_KWH)
    assert again.session_id == first.session_id
    with pytest.raises(CallerError) as error:
        cloud.starting.start(CHARGER, 1, owner=OWNER, idempotency_key="k", target=other)
    assert error.value.code == "idempotency_key_reused"
    assert cloud.session(first.session_id).target == TEN_KWH
