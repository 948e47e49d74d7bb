"""The sweep: what is due is done once, whoever else is at it, and a little at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from contract.vocabulary import EndMethod, EvseStatus
from functions.adapters.memory import MemoryShadows
from functions.domain import outlook, sweeping
from functions.domain.errors import TemporaryError
from functions.domain.open_work import QUIET_MS, SHARDS, shard_of
from functions.domain.records import EndBasis, IntentStatus, SessionPhase
from functions.domain.sweeping import PER_SHARD, Outcome
from functions.domain.timeline import timeline
from tests.support import builders
from tests.support.builders import NOON_S, OTHER_SESSION, OWNER, SESSION, STOP_INTENT
from tests.support.clock import NOON_MS
from tests.support.cloud import Cloud, MeddledSessions

DAY_S = 24 * 3600


def swept(cloud: Cloud) -> dict[str, Outcome]:
    return cloud.sweeping.sweep().outcomes


def stages(cloud: Cloud) -> list[str]:
    return [it.stage for it in timeline(cloud.session())]


@pytest.fixture
def cloud() -> Cloud:
    made = Cloud()
    made.keep(builders.charger(), builders.evse())
    return made


def test_where_nothing_is_due_nothing_is_written(cloud: Cloud) -> None:
    cloud.keep(builders.active_session(), builders.pending_session(session_id=OTHER_SESSION))
    assert swept(cloud) == {}
    assert cloud.memory.writes == 0


def test_a_start_that_nobody_answered_is_given_up_and_its_evse_is_free(cloud: Cloud) -> None:
    cloud.keep(builders.evse(current_session_id=SESSION, current_owner=OWNER, hold_until_ms=NOON_MS + 75_000))
    cloud.keep(builders.pending_session())
    cloud.clock.pass_s(75)
    assert swept(cloud) == {SESSION: Outcome.START_EXPIRED}
    assert cloud.evse().current_session_id is None
    assert stages(cloud) == ["start_requested", "start_expired"]
    cloud.clock.pass_s(DAY_S)
    assert swept(cloud) == {}
    session = cloud.session()
    assert outlook.failure_reason(session, now_ms=cloud.clock(), patience=cloud.patience) == "start_expired"
    assert outlook.is_estimated(session, now_ms=cloud.clock(), patience=cloud.patience)


def test_a_session_that_began_after_its_start_was_given_up_runs(cloud: Cloud) -> None:
    """Scenario 16: the result was a time-out, yet the thing happened."""
    cloud.keep(builders.pending_session())
    cloud.clock.pass_s(80)
    swept(cloud)
    cloud.hear(builders.event_message(builders.event("started", 0)))
    assert outlook.session_status(cloud.session(), now_ms=cloud.clock(), patience=cloud.patience) == "active"
    assert cloud.evse().current_session_id == SESSION


def test_a_stop_that_was_not_sent_is_sent_as_the_same_stop(cloud: Cloud) -> None:
    """Scenario 15: an unconfirmed stop was sent once and never retried."""
    cloud.keep(builders.active_session())
    cloud.shadows.failing_with = TemporaryError("unavailable")
    with pytest.raises(TemporaryError):
        cloud.stopping.stop(SESSION, owner=OWNER)
    intent = cloud.session().stop
    cloud.clock.pass_s(60)
    sweep = cloud.sweeping.sweep()
    assert (sweep.outcomes, sweep.reasons[SESSION].split(":")[0]) == ({SESSION: Outcome.FAILED}, "not_sent")
    assert cloud.session().stop_not_sent
    cloud.shadows.failing_with = None
    cloud.clock.pass_s(60)
    assert swept(cloud) == {SESSION: Outcome.STOP_SENT}
    assert intent is not None
    assert cloud.sent == [f"stop {intent.intent_id}"]
    assert (cloud.session().stop, cloud.session().stop_not_sent) == (intent, False)
    assert stages(cloud)[-1] == "stop_sent_again"


def test_an_overdue_stop_is_told_once_and_sent_once_more_if_the_charger_said_nothing(cloud: Cloud) -> None:
    cloud.keep(builders.stopping_session())
    cloud.clock.pass_s(15)
    assert swept(cloud) == {SESSION: Outcome.STOP_OVERDUE}
    assert cloud.sent == [f"stop {STOP_INTENT}"]
    assert stages(cloud)[-1] == "stop_overdue"
    assert outlook.stop_status(cloud.session(), now_ms=cloud.clock() + 1, patience=cloud.patience) == "overdue"
    cloud.stopping.stop(SESSION, owner=OWNER)
    cloud.clock.pass_s(60)
    assert swept(cloud) == {SESSION: Outcome.LEFT_OPEN}
    assert stages(cloud).count("stop_overdue") == 1
    assert len(cloud.sent) == 2  # the sweep's and the tap's


def test_an_overdue_stop_that_the_charger_has_accepted_is_not_sent_again(cloud: Cloud) -> None:
    cloud.keep(builders.stopping_session(stop=builders.stop_intent(status=IntentStatus.ACCEPTED)))
    cloud.clock.pass_s(15)
    assert swept(cloud) == {SESSION: Outcome.STOP_OVERDUE}
    assert cloud.sent == []


def test_a_quiet_session_is_left_open_while_nothing_speaks_for_its_end(cloud: Cloud) -> None:
    cloud.keep(builders.active_session(), builders.evse(status=EvseStatus.CHARGING, reported_session_id=SESSION))
    cloud.clock.pass_s(QUIET_MS / 1000)
    assert swept(cloud) == {SESSION: Outcome.LEFT_OPEN}
    assert swept(cloud) == {}
    assert cloud.session().phase is SessionPhase.ACTIVE


def test_a_session_whose_evse_is_free_is_closed_as_estimated_and_lets_go_of_it(cloud: Cloud) -> None:
    """Scenario 7: zombie sessions that nobody could close."""
    cloud.keep(builders.active_session(), builders.evse(current_session_id=SESSION, reported_at_ms=NOON_MS + 60_000))
    cloud.clock.pass_s(QUIET_MS / 1000)
    assert swept(cloud) == {SESSION: Outcome.CLOSED}
    end = cloud.session().end
    assert end is not None
    assert (end.method, end.basis) == (EndMethod.ESTIMATED, EndBasis.LAST_SAMPLE)
    assert cloud.evse().current_session_id is None
    assert stages(cloud)[-1] == "closed_estimated"
    assert swept(cloud) == {}


def test_a_session_that_another_took_over_from_ends_where_that_one_began(cloud: Cloud) -> None:
    cloud.keep(builders.active_session(), builders.evse(current_session_id=SESSION))
    cloud.keep(builders.pending_session(session_id=OTHER_SESSION))
    cloud.clock.pass_s(600)
    began = builders.event("started", 0, sessionId=OTHER_SESSION, at=NOON_S + 600, meterWh=9000)
    cloud.hear(builders.event_message(began))
    cloud.clock.pass_s(300)
    assert swept(cloud) == {SESSION: Outcome.CLOSED}
    end = cloud.session().end
    assert end is not None
    assert (end.basis, end.meter_wh) == (EndBasis.NEXT_SESSION_START, 9000)
    assert cloud.evse().current_session_id == OTHER_SESSION


def test_a_session_of_a_charger_that_is_away_is_closed_after_a_day_and_not_before(cloud: Cloud) -> None:
    cloud.keep(builders.active_session(), builders.evse(status=EvseStatus.CHARGING, current_session_id=SESSION))
    seen: list[Outcome] = []
    for _ in range(24 * 4 + 1):
        cloud.clock.pass_s(QUIET_MS / 1000)
        seen += swept(cloud).values()
    assert seen.count(Outcome.CLOSED) == 1
    assert seen[-2:] == [Outcome.LEFT_OPEN, Outcome.CLOSED]
    assert cloud.session().end is not None


def test_a_charger_that_comes_back_with_its_session_running_has_it_again(cloud: Cloud) -> None:
    cloud.keep(builders.active_session(), builders.evse(status=EvseStatus.CHARGING, current_session_id=SESSION))
    cloud.clock.pass_s(DAY_S + 900)
    assert swept(cloud) == {SESSION: Outcome.CLOSED}
    cloud.clock.pass_s(900)
    sample = builders.event("meter", 9, at=cloud.clock() // 1000 - 5, meterWh=20_000, powerW=7000)
    cloud.hear(builders.event_message(sample))
    assert cloud.session().phase is SessionPhase.ACTIVE
    assert cloud.evse().current_session_id == SESSION
    cloud.stopping.stop(SESSION, owner=OWNER)
    assert cloud.sent[-1].startswith("stop ")


def test_a_session_that_ends_under_the_sweepers_hands_ends_as_the_charger_says() -> None:
    cloud = Cloud(kind_of_sessions=MeddledSessions)
    cloud.keep(builders.charger(), builders.evse(current_session_id=SESSION, reported_at_ms=NOON_MS + 60_000))
    cloud.keep(builders.active_session())
    cloud.clock.pass_s(QUIET_MS / 1000)
    assert isinstance(cloud.sessions, MeddledSessions)
    cloud.sessions.meddlers.append(lambda: cloud.hear(builders.event_message(builders.event("ended", 9, meterWh=8300))))
    assert swept(cloud) == {SESSION: Outcome.NOTHING_DUE}
    end = cloud.session().end
    assert end is not None
    assert end.method is EndMethod.REPORTED


def test_many_sweeps_at_once_do_everything_once(cloud: Cloud) -> None:
    ids = [f"01JB{number:022d}" for number in range(30)]
    for number, session_id in enumerate(ids):
        kept = (builders.pending_session, builders.stopping_session, builders.active_session)[number % 3]
        cloud.keep(kept(session_id=session_id, **({"stop_not_sent": True} if number % 3 == 1 else {})))
    cloud.keep(builders.evse(reported_at_ms=NOON_MS + 60_000))

    def eight_sweeps() -> dict[Outcome, int]:
        with ThreadPoolExecutor(8) as pool:
            sweeps = list(pool.map(lambda _: cloud.sweeping.sweep(), range(8)))
        counts = {outcome: sum(sweep.count(outcome) for sweep in sweeps) for outcome in Outcome}
        return {it: count for it, count in counts.items() if count and it is not Outcome.NOTHING_DUE}

    cloud.clock.pass_s(80)
    assert eight_sweeps() == {Outcome.START_EXPIRED: 10, Outcome.STOP_SENT: 10}
    assert len(cloud.sent) == 10
    cloud.clock.pass_s(QUIET_MS / 1000 - 80)
    assert eight_sweeps() == {Outcome.STOP_OVERDUE: 10, Outcome.CLOSED: 10}
    assert len(cloud.sent) == 20


def test_a_sweep_takes_some_sessions_and_says_that_there_are_more(cloud: Cloud) -> None:
    for number in range(6 * PER_SHARD):
        cloud.keep(builders.pending_session(session_id=f"01JB{number:022d}"))
    cloud.clock.pass_s(75)
    first = cloud.sweeping.sweep()
    assert first.count(Outcome.START_EXPIRED) == len(SHARDS) * PER_SHARD
    assert first.backlog
    second = cloud.sweeping.sweep()
    assert second.count(Outcome.START_EXPIRED) == 2 * PER_SHARD
    assert not second.backlog


def test_a_sweep_that_takes_too_long_leaves_the_rest_to_the_next(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        cloud.keep(builders.pending_session(session_id=f"01JB{number:022d}"))
    cloud.clock.pass_s(75)
    monkeypatch.setattr(sweeping, "SWEEP_S", -1)
    sweep = cloud.sweeping.sweep()
    assert (sweep.outcomes, sweep.backlog) == ({}, True)


def test_a_shard_that_takes_up_all_of_a_sweep_keeps_the_others_waiting_for_minutes_at_most(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS IoT times out: every stop of one shard is tried for 10 s, each minute anew."""

    def time_out(*_: object) -> None:
        cloud.clock.pass_s(10)
        raise TemporaryError("unavailable")

    ids = [f"01JB{number:022d}" for number in range(100)]
    of_shard = [[it for it in ids if shard_of(it) == shard] for shard in SHARDS]
    for blocking in of_shard[0][:8]:
        cloud.keep(builders.stopping_session(session_id=blocking, stop_not_sent=True))
    for waiting in (shard[8] for shard in of_shard[1:]):
        cloud.keep(builders.pending_session(session_id=waiting))
    monkeypatch.setattr(MemoryShadows, "send", time_out)
    cloud.clock.pass_s(120)
    expired: list[str] = []
    for _ in SHARDS:
        next_minute_ms = cloud.clock() + 60_000
        expired += [it for it, outcome in swept(cloud).items() if outcome is Outcome.START_EXPIRED]
        cloud.clock.now_ms = next_minute_ms
    assert sorted(expired) == sorted(shard[8] for shard in of_shard[1:])


def test_one_session_that_fails_does_not_keep_the_others_waiting(cloud: Cloud) -> None:
    cloud.keep(builders.stopping_session(stop_not_sent=True), builders.pending_session(session_id=OTHER_SESSION))
    cloud.shadows.failing_with = TemporaryError("unavailable")
    cloud.clock.pass_s(80)
    assert swept(cloud) == {SESSION: Outcome.FAILED, OTHER_SESSION: Outcome.START_EXPIRED}
