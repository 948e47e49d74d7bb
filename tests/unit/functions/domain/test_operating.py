"""What operators do: announced, on record before it is done, and never more than it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from contract.intents import Intent
from contract.vocabulary import EndMethod, EvseStatus, RequestedBy
from functions.adapters.memory import MemoryShadows
from functions.domain.audit import OperatorAct
from functions.domain.errors import CallerError, TemporaryError
from functions.domain.operating import Carried, Order
from functions.domain.operator_ports import DeadLetter
from functions.domain.records import Confidence, EndBasis, IntentStatus, SessionPhase
from functions.domain.timeline import timeline
from tests.support import builders
from tests.support.builders import CHARGER, NEIGHBOUR, OWNER, SESSION
from tests.support.clock import NOON_MS
from tests.support.cloud import Cloud, MeddledSessions

ORDER = Order(operator="night-shift", reason="driver called, app broken", correlation_id="request-1", dry_run=False)
DRY = replace(ORDER, dry_run=True)
LETTERS = [
    DeadLetter(letter_id=f"letter-{it}", sent_at_ms=NOON_MS, received=5, why="", body=f"body-{it}") for it in range(3)
]

Act = Callable[[Cloud, Order], Carried]


@dataclass(slots=True)
class Observed(MemoryShadows):
    """Calls back just before each intent goes out."""

    before: Callable[[], object] = object

    def send(self, charger_id: str, evse_id: int, intent: Intent) -> None:
        self.before()
        MemoryShadows.send(self, charger_id, evse_id, intent)


ACTS: dict[OperatorAct, Act] = {
    OperatorAct.STOP: lambda cloud, order: cloud.operating.stop(SESSION, order),
    OperatorAct.CLOSE: lambda cloud, order: cloud.operating.close(SESSION, order),
    OperatorAct.TAKE_OUT_OF_SERVICE: lambda cloud, order: cloud.operating.set_in_service(
        CHARGER, order, in_service=False
    ),
    OperatorAct.PUT_IN_SERVICE: lambda cloud, order: cloud.operating.set_in_service(CHARGER, order, in_service=True),
    OperatorAct.SUSPEND: lambda cloud, order: cloud.operating.suspend(NEIGHBOUR, order),
    OperatorAct.RESTORE: lambda cloud, order: cloud.operating.restore(OWNER, order),
    OperatorAct.REDRIVE: lambda cloud, order: cloud.operating.redrive("reports", order, limit=2),
}


@pytest.fixture
def busy(cloud: Cloud) -> Cloud:
    """A session on the EVSE of which nothing was heard for three minutes, a charger out of service, dead letters."""
    cloud.keep(
        builders.active_session(),
        builders.evse(current_session_id=SESSION, current_owner=OWNER, status=EvseStatus.CHARGING),
        builders.charger(in_service=False),
        builders.account(suspended_at_ms=NOON_MS),
    )
    cloud.letters.letters["reports"].extend(LETTERS)
    cloud.clock.pass_s(180)
    return cloud


def state(cloud: Cloud) -> object:
    """All that an act could have changed."""
    memory, letters = cloud.memory, cloud.letters
    queues = {name: list(found) for name, found in letters.letters.items()}, {**letters.back_to}
    accounts = [cloud.accounts.get(owner) for owner in (OWNER, NEIGHBOUR)]
    return accounts, dict(memory.sessions), dict(memory.chargers), dict(memory.evses), cloud.sent, str(queues)


@pytest.mark.parametrize("act", ACTS)
def test_a_dry_run_says_what_would_happen_and_changes_and_records_nothing(busy: Cloud, act: OperatorAct) -> None:
    before = state(busy)
    said = ACTS[act](busy, DRY)
    assert (said.act, said.action_id, said.outcome) == (act, "", "")
    assert said.effect
    assert state(busy) == before
    assert busy.memory.writes == 0
    assert busy.audit.records == {}
    assert ACTS[act](busy, ORDER).effect == said.effect


@pytest.mark.parametrize("act", ACTS)
def test_an_act_is_on_record_with_who_what_why_and_when_and_then_with_its_outcome(
    busy: Cloud, act: OperatorAct
) -> None:
    done = ACTS[act](busy, ORDER)
    [entry] = busy.audit.page(limit=10, cursor=None).items
    record = entry.record
    assert (record.operator, record.reason, record.correlation_id) == ("night-shift", ORDER.reason, "request-1")
    assert (record.act, record.target, record.effect, record.at_ms) == (act, done.target, done.effect, busy.clock())
    assert entry.outcome is not None
    assert entry.outcome.outcome == done.outcome
    assert done.recorded


@pytest.mark.parametrize("act", ACTS)
def test_an_act_that_cannot_be_put_on_record_does_not_happen(busy: Cloud, act: OperatorAct) -> None:
    before = state(busy)
    busy.audit.failing_with = TemporaryError("unavailable")
    with pytest.raises(TemporaryError, match="unavailable"):
        ACTS[act](busy, ORDER)
    assert state(busy) == before


def observed(cloud: Cloud, before: Callable[[], object]) -> Cloud:
    """The same cloud, with somebody looking just before an intent goes out."""
    watched = Cloud(clock=cloud.clock, memory=cloud.memory, shadows=Observed(before=before))
    watched.operating = replace(watched.operating, audit=cloud.audit)
    return watched


def test_the_record_is_there_before_the_act_begins(busy: Cloud) -> None:
    seen: list[list[str]] = []
    cloud = observed(busy, lambda: seen.append([record.target for record in busy.audit.records.values()]))
    cloud.operating.stop(SESSION, ORDER)
    assert seen == [[SESSION]]


def test_what_was_done_is_done_although_its_outcome_could_not_be_recorded(busy: Cloud) -> None:
    cloud = observed(busy, lambda: setattr(busy.audit, "failing_with", TemporaryError("unavailable")))
    done = cloud.operating.stop(SESSION, ORDER)
    assert not done.recorded
    assert cloud.sent == [f"stop {cloud.session().stop.intent_id}"]  # type: ignore[union-attr]
    [entry] = busy.audit.page(limit=10, cursor=None).items
    assert entry.outcome is None


def test_an_act_that_failed_says_so_on_record_and_to_whoever_wanted_it(busy: Cloud) -> None:
    for error in (TemporaryError("unavailable"), KeyError("a mistake of ours")):
        busy.shadows.failing_with = error
        with pytest.raises((TemporaryError, KeyError)):
            busy.operating.stop(SESSION, ORDER)
        busy.clock.pass_s(60)
    assert [it.outcome for it in busy.audit.outcomes.values()] == ["failed: not_sent", "failed: internal"]


def test_an_operators_stop_takes_the_path_of_a_tap_with_who_and_why_on_the_timeline(busy: Cloud) -> None:
    done = busy.operating.stop(SESSION, ORDER)
    stop = busy.session().stop
    assert stop is not None
    assert (stop.by, stop.why) == (RequestedBy.OPERATOR, ORDER.reason)
    assert busy.sent == [f"stop {stop.intent_id}"]
    assert done.outcome == f"stop {stop.intent_id}: requested"
    [asked] = [stage for stage in timeline(busy.session()) if stage.stage == "stop_requested"]
    assert (asked.source, asked.detail) == ("operator", ORDER.reason)


def test_a_stop_that_is_in_force_is_announced_as_one_that_its_driver_cannot_take_back_then(busy: Cloud) -> None:
    busy.keep(builders.stopping_session())
    done = busy.operating.stop(SESSION, ORDER)
    assert "that is in force, by owner" in done.effect
    assert done.effect.endswith("Its driver cannot take it back.")


def test_a_session_of_nobodys_card_is_stopped_by_an_operator(busy: Cloud) -> None:
    busy.keep(builders.card_session(owner=""))
    busy.operating.stop(SESSION, ORDER)
    assert len(busy.sent) == 1


@pytest.mark.parametrize("act", [OperatorAct.STOP, OperatorAct.CLOSE])
def test_a_session_that_is_over_or_not_there_is_neither_stopped_nor_closed_nor_recorded(
    busy: Cloud, act: OperatorAct
) -> None:
    busy.keep(builders.pending_session(start=builders.start_intent(status=IntentStatus.REFUSED)))
    with pytest.raises(CallerError) as over:
        ACTS[act](busy, ORDER)
    busy.memory.sessions.clear()
    with pytest.raises(CallerError) as missing:
        ACTS[act](busy, ORDER)
    assert (over.value.code, missing.value.code) == ("session_not_active", "session_not_found")
    assert busy.audit.records == {}


def test_a_zombie_session_is_closed_as_estimated_by_an_operator_and_its_evse_is_free(busy: Cloud) -> None:
    """Scenario 7: some 120 zombie sessions, and no way to close them."""
    done = busy.operating.close(SESSION, ORDER)
    session, end = busy.session(), busy.session().end
    assert end is not None
    assert (session.phase, end.method, end.basis) == (SessionPhase.ENDED, EndMethod.ESTIMATED, EndBasis.LAST_SAMPLE)
    assert (end.at_ms, end.meter_wh, end.confidence) == (NOON_MS, 8200, Confidence.LOW)
    assert "2026-11-22 12:00:00+00:00, with 7200 Wh" in done.effect
    assert busy.evse().current_session_id is None
    assert busy.sent == []
    last = timeline(session)[-1]
    assert (last.stage, last.source) == ("closed_estimated", "operator")
    assert last.detail.endswith(ORDER.reason)


def test_what_the_charger_tells_after_an_operator_closed_the_session_counts_more(busy: Cloud) -> None:
    busy.operating.close(SESSION, ORDER)
    busy.clock.pass_s(3 * 24 * 3600)
    ended = builders.event("ended", 9, meterWh=9100, at=builders.NOON_S + 60)
    busy.hear(builders.event_message(ended))
    session = busy.session()
    assert session.end is not None
    assert (session.end.method, session.end.meter_wh, session.end.why) == (EndMethod.REPORTED, 9100, "")
    assert session.superseded_end is not None
    assert session.superseded_end.why == ORDER.reason


def test_a_session_that_its_charger_has_left_is_closed_with_the_confidence_of_what_shows_it(busy: Cloud) -> None:
    busy.keep(builders.evse(current_session_id=SESSION, status=EvseStatus.AVAILABLE, reported_at_ms=NOON_MS + 1000))
    busy.operating.close(SESSION, ORDER)
    end = busy.session().end
    assert end is not None
    assert end.confidence is Confidence.HIGH


def test_a_session_that_its_charger_speaks_of_is_not_closed_but_stopped(cloud: Cloud) -> None:
    cloud.keep(builders.active_session(), builders.evse(current_session_id=SESSION, status=EvseStatus.CHARGING))
    cloud.clock.pass_s(30)
    with pytest.raises(CallerError, match="30 s ago") as refused:
        cloud.operating.close(SESSION, DRY)
    assert refused.value.code == "session_still_reported"


def test_a_session_that_is_about_to_begin_is_not_closed(cloud: Cloud) -> None:
    cloud.keep(builders.pending_session())
    cloud.keep(builders.evse(current_session_id=SESSION, reported_at_ms=NOON_MS + 1))
    with pytest.raises(CallerError, match="under way"):
        cloud.operating.close(SESSION, ORDER)


def test_a_session_that_moves_while_it_is_being_closed_is_left_as_it_is(busy: Cloud) -> None:
    def a_sample_comes() -> None:
        busy.memory.sessions[SESSION] = replace(busy.session(), revision=7, meter_wh=8300)

    meddled = Cloud(
        clock=busy.clock, memory=busy.memory, kind_of_sessions=lambda memory: MeddledSessions(memory, [a_sample_comes])
    )
    with pytest.raises(TemporaryError, match="changed at this moment"):
        meddled.operating.close(SESSION, ORDER)
    assert busy.session().phase is SessionPhase.ACTIVE
    assert [it.outcome for it in meddled.audit.outcomes.values()] == ["failed: unavailable"]


def test_a_charger_out_of_service_lets_no_session_begin_and_the_running_one_be_stopped(cloud: Cloud) -> None:
    cloud.keep(builders.active_session(), builders.evse(current_session_id=SESSION, current_owner=OWNER))
    done = cloud.operating.set_in_service(CHARGER, ORDER, in_service=False)
    assert done.effect == f"No session begins at {CHARGER} any more. {SESSION} goes on, and can be stopped."
    with pytest.raises(CallerError) as refused:
        cloud.starting.start(CHARGER, 1, owner=OWNER)
    assert refused.value.code == "charger_out_of_service"
    assert cloud.stopping.stop(SESSION, owner=OWNER).stop is not None
    cloud.operating.set_in_service(CHARGER, ORDER, in_service=True)
    assert cloud.memory.chargers[CHARGER].in_service


def test_what_is_so_already_is_said_to_be(cloud: Cloud) -> None:
    assert (
        cloud.operating.set_in_service(CHARGER, DRY, in_service=True).effect
        == f"Nothing changes: {CHARGER} is in service."
    )
    with pytest.raises(CallerError, match="no such charger"):
        cloud.operating.set_in_service("PX-9999", ORDER, in_service=True)


def test_a_redrive_moves_as_many_letters_as_were_asked_for(busy: Cloud) -> None:
    done = busy.operating.redrive("reports", ORDER, limit=2)
    assert done.effect == "About 2 of about 3 letters of reports go back to their queue."
    assert done.outcome == "2 letters moved"
    assert busy.letters.back_to["reports"] == ["body-0", "body-1"]
    assert [letter.body for letter in busy.letters.peek("reports")] == ["body-2"]


@pytest.mark.parametrize(("queue", "code"), [("sweeper", "not_redrivable"), ("nothing", "queue_not_found")])
def test_letters_for_which_nobody_waits_are_not_moved(busy: Cloud, queue: str, code: str) -> None:
    with pytest.raises(CallerError) as refused:
        busy.operating.redrive(queue, ORDER, limit=2)
    assert refused.value.code == code
    assert busy.audit.records == {}


def test_a_suspended_account_begins_nothing_new_until_it_is_restored_and_can_stop_throughout(cloud: Cloud) -> None:
    cloud.keep(builders.active_session())
    done = cloud.operating.suspend(OWNER, ORDER)
    assert done.effect.endswith(f"Its latest session is {SESSION}.")
    assert cloud.accounts.get(OWNER).suspended_why == ORDER.reason
    with pytest.raises(CallerError) as refused:
        cloud.starting.start(CHARGER, 1, owner=OWNER)
    assert refused.value.code == "account_suspended"
    assert cloud.stopping.stop(SESSION, owner=OWNER).stop is not None
    cloud.operating.restore(OWNER, ORDER)
    assert cloud.starting.start(CHARGER, 1, owner=OWNER).owner == OWNER


def test_an_account_of_which_nothing_is_on_record_is_pointed_out_before_it_is_suspended(cloud: Cloud) -> None:
    assert "look twice" in cloud.operating.suspend("mistyped", DRY).effect
    assert cloud.operating.restore("mistyped", DRY).effect == "Nothing changes: mistyped is not suspended."
