"""Taking a stop back: possible until the charger has answered, and never a promise the charger has not heard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from contract.intents import Intent
from contract.vocabulary import Act, RequestedBy
from functions.adapters.memory import MemoryShadows
from functions.domain.errors import CallerError, TemporaryError
from functions.domain.outlook import is_withdrawable, session_status, stop_status
from functions.domain.records import IntentStatus, SessionPhase, SessionRecord
from functions.domain.sweeping import Outcome
from tests.support import builders
from tests.support.builders import NEIGHBOUR, OWNER, SESSION, STOP_INTENT
from tests.support.cloud import Cloud, MeddledSessions


def heard_ack(cloud: Cloud, status: str, reason: str = "", version: int = 20) -> None:
    document = builders.reported(n=version, ack=builders.ack(status=status, reason=reason), intent=builders.stop_wire())
    cloud.hear(builders.shadow_message(document, version=version))


def test_a_stop_nobody_answered_is_withdrawn_with_a_keep_to_the_charger(cloud: Cloud) -> None:
    cloud.keep(builders.stopping_session())
    session = cloud.stopping.withdraw(SESSION, owner=OWNER)
    ((_, _, intent),) = cloud.shadows.sent
    assert (intent.act, intent.session_id) == (Act.KEEP, SESSION)
    assert stop_status(session, now_ms=cloud.clock(), patience=cloud.patience) == "withdrawn"
    assert session_status(session, now_ms=cloud.clock(), patience=cloud.patience) == "active"
    assert cloud.session().stop == session.stop


def test_only_a_stop_that_can_be_withdrawn_is_shown_as_such() -> None:
    assert is_withdrawable(builders.stopping_session())
    assert not is_withdrawable(builders.stopping_session(stop=builders.stop_intent(by=RequestedBy.OPERATOR)))


def test_withdrawing_twice_is_withdrawing_once(cloud: Cloud) -> None:
    cloud.keep(builders.stopping_session())
    first = cloud.stopping.withdraw(SESSION, owner=OWNER)
    assert cloud.stopping.withdraw(SESSION, owner=OWNER).stop == first.stop
    assert len(cloud.sent) == 1


def test_a_stop_that_was_never_sent_can_be_withdrawn(cloud: Cloud) -> None:
    cloud.keep(builders.stopping_session(stop_not_sent=True))
    session = cloud.stopping.withdraw(SESSION, owner=OWNER)
    assert stop_status(session, now_ms=cloud.clock(), patience=cloud.patience) == "withdrawn"


@pytest.mark.parametrize(
    ("session", "code"),
    [
        (builders.active_session(), "no_stop_to_withdraw"),
        (builders.stopping_session(phase=SessionPhase.ENDED), "session_not_active"),
        (builders.stopping_session(stop=builders.stop_intent(by=RequestedBy.OPERATOR)), "stop_by_operator"),
        *(
            (builders.stopping_session(stop=builders.stop_intent(status=status)), "stop_already_acknowledged")
            for status in IntentStatus
            if status not in (IntentStatus.REQUESTED, IntentStatus.WITHDRAWN)
        ),
    ],
)
def test_what_cannot_be_withdrawn_is_refused_and_nothing_is_written(
    cloud: Cloud, session: SessionRecord, code: str
) -> None:
    cloud.keep(session)
    with pytest.raises(CallerError) as error:
        cloud.stopping.withdraw(SESSION, owner=OWNER)
    assert error.value.code == code
    assert (cloud.memory.writes, cloud.sent) == (0, [])


@pytest.mark.parametrize("session_id", [SESSION, builders.OTHER_SESSION])
def test_nobody_withdraws_somebody_elses_stop(cloud: Cloud, session_id: str) -> None:
    cloud.keep(builders.stopping_session())
    with pytest.raises(CallerError) as error:
        cloud.stopping.withdraw(session_id, owner=NEIGHBOUR)
    assert error.value.code == "session_not_found"
    assert (cloud.memory.writes, cloud.sent) == (0, [])


def test_a_withdrawal_the_charger_never_heard_is_not_on_record(cloud: Cloud) -> None:
    cloud.keep(builders.stopping_session())
    cloud.shadows.failing_with = TemporaryError("unavailable")
    with pytest.raises(TemporaryError) as error:
        cloud.stopping.withdraw(SESSION, owner=OWNER)
    assert error.value.code == "not_sent"
    assert cloud.session() == builders.stopping_session()


def test_an_answer_that_comes_while_withdrawing_wins() -> None:
    cloud = Cloud(kind_of_sessions=MeddledSessions)
    cloud.keep(builders.charger(), builders.evse(), builders.stopping_session())
    assert isinstance(cloud.sessions, MeddledSessions)
    cloud.sessions.meddlers.append(lambda: heard_ack(cloud, "executing"))
    with pytest.raises(CallerError) as error:
        cloud.stopping.withdraw(SESSION, owner=OWNER)
    assert error.value.code == "stop_already_acknowledged"
    stop = cloud.session().stop
    assert stop is not None
    assert stop.status is IntentStatus.EXECUTING


def test_a_charger_that_stopped_all_the_same_is_believed(cloud: Cloud) -> None:
    """Scenario 16: the result said one thing and the other happened later."""
    cloud.keep(builders.stopping_session())
    cloud.stopping.withdraw(SESSION, owner=OWNER)
    heard_ack(cloud, "done")
    stop = cloud.session().stop
    assert stop is not None
    assert stop.status is IntentStatus.DONE
    cloud.hear(builders.event_message(builders.event("ended", 9, meterWh=9000)))
    assert cloud.session().phase is SessionPhase.ENDED


def test_a_charger_that_works_on_a_withdrawn_stop_makes_it_a_stop_again_that_is_not_settled(cloud: Cloud) -> None:
    cloud.keep(builders.stopping_session())
    cloud.stopping.withdraw(SESSION, owner=OWNER)
    cloud.clock.pass_s(1)
    heard_ack(cloud, "accepted")
    stop = cloud.session().stop
    assert stop is not None
    assert stop.status is IntentStatus.ACCEPTED
    assert stop.settled_at_ms is None
    assert stop.updated_at_ms == cloud.clock()


def test_a_charger_that_refuses_a_stop_because_it_was_withdrawn_says_nothing_new(cloud: Cloud) -> None:
    cloud.keep(builders.stopping_session())
    withdrawn = cloud.stopping.withdraw(SESSION, owner=OWNER)
    heard_ack(cloud, "refused", "withdrawn")
    assert cloud.session().stop == withdrawn.stop


def test_after_a_withdrawal_a_tap_is_a_new_stop(cloud: Cloud) -> None:
    cloud.keep(builders.stopping_session())
    cloud.stopping.withdraw(SESSION, owner=OWNER)
    session = cloud.stopping.stop(SESSION, owner=OWNER)
    assert session.stop is not None
    assert session.stop.intent_id != STOP_INTENT
    assert [past.status for past in session.past_stops] == [IntentStatus.WITHDRAWN]


class TakenBackOnTheWay(MemoryShadows):
    """The driver takes the stop back, wholly, between its record and its place in the shadow."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__()
        self.cloud = cloud
        self.once = True

    def send(self, charger_id: str, evse_id: int, intent: Intent) -> None:
        if intent.act is Act.STOP and self.once:
            self.once = False
            taken_back = self.cloud.stopping.withdraw(SESSION, owner=OWNER)
            assert taken_back.stop is not None
            assert taken_back.stop.status is IntentStatus.WITHDRAWN
        MemoryShadows.send(self, charger_id, evse_id, intent)


@pytest.mark.parametrize(
    "sends",
    [
        lambda cloud: cloud.stopping.stop(SESSION, owner=OWNER),
        lambda cloud: cloud.sweeping.sweep(),
        lambda cloud: cloud.hear(
            builders.shadow_message(builders.reported(session=builders.reported_session()), version=30)
        ),
    ],
    ids=["a tap", "the sweep", "a report"],
)
def test_a_stop_on_its_way_while_it_was_taken_back_does_not_stay_the_last_word(
    sends: Callable[[Cloud], object],
) -> None:
    cloud = Cloud()
    shadows = TakenBackOnTheWay(cloud)
    cloud.stopping = replace(cloud.stopping, shadows=shadows)
    cloud.sweeping = replace(cloud.sweeping, stopping=cloud.stopping)
    cloud.reporting = replace(cloud.reporting, stopping=cloud.stopping)
    cloud.keep(builders.charger(), builders.evse(), builders.stopping_session())
    cloud.clock.pass_s(16)
    sends(cloud)
    assert [intent.act for _, _, intent in shadows.sent] == [Act.KEEP, Act.STOP]
    cloud.clock.pass_s(15)
    assert cloud.sweeping.sweep().outcomes == {SESSION: Outcome.KEPT_AGAIN}
    assert [intent.act for _, _, intent in shadows.sent] == [Act.KEEP, Act.STOP, Act.KEEP]
    cloud.clock.pass_s(60)
    assert cloud.sweeping.sweep().outcomes == {}


def test_a_withdrawal_that_cannot_be_told_again_is_tried_by_the_next_sweep(cloud: Cloud) -> None:
    cloud.keep(builders.stopping_session())
    cloud.stopping.withdraw(SESSION, owner=OWNER)
    cloud.clock.pass_s(15)
    cloud.shadows.failing_with = TemporaryError("unavailable")
    assert cloud.sweeping.sweep().outcomes == {SESSION: Outcome.FAILED}
    cloud.shadows.failing_with = None
    cloud.clock.pass_s(60)
    assert cloud.sweeping.sweep().outcomes == {SESSION: Outcome.KEPT_AGAIN}


def test_a_tap_on_stop_while_the_withdrawal_is_told_again_is_the_last_word() -> None:
    cloud = Cloud(kind_of_sessions=MeddledSessions)
    cloud.keep(builders.charger(), builders.evse(), builders.stopping_session())
    cloud.stopping.withdraw(SESSION, owner=OWNER)
    cloud.clock.pass_s(15)
    assert isinstance(cloud.sessions, MeddledSessions)
    cloud.sessions.meddlers.append(lambda: cloud.stopping.stop(SESSION, owner=OWNER))
    assert cloud.sweeping.sweep().outcomes == {SESSION: Outcome.NOTHING_DUE}
    stop = cloud.session().stop
    assert stop is not None
    assert stop.status is IntentStatus.REQUESTED
    assert cloud.sent[-1] == f"stop {stop.intent_id}"


def test_an_ended_session_has_no_stop_to_withdraw_even_if_it_was_withdrawn_before(cloud: Cloud) -> None:
    withdrawn = builders.stop_intent(status=IntentStatus.WITHDRAWN)
    cloud.keep(builders.stopping_session(phase=SessionPhase.ENDED, stop=withdrawn))
    with pytest.raises(CallerError) as error:
        cloud.stopping.withdraw(SESSION, owner=OWNER)
    assert error.value.code == "session_not_active"


def test_keeping_a_session_that_has_not_begun_puts_its_start_back_into_the_shadow(cloud: Cloud) -> None:
    cloud.keep(builders.pending_session(stop=builders.stop_intent(), stop_sent_at_ms=cloud.clock()))
    cloud.stopping.withdraw(SESSION, owner=OWNER)
    assert cloud.sent == [f"start {builders.START_INTENT}"]


def a_start_that_was_not_sent(cloud: Cloud) -> str:
    cloud.shadows.failing_with = TemporaryError("unavailable")
    with pytest.raises(TemporaryError):
        cloud.starting.start(builders.CHARGER, 1, owner=OWNER, idempotency_key="a tap")
    cloud.shadows.failing_with = None
    (session_id,) = cloud.memory.sessions
    return session_id


def test_a_start_that_was_not_sent_is_not_put_on_an_evse_that_is_somebody_elses_by_now(cloud: Cloud) -> None:
    mine = a_start_that_was_not_sent(cloud)
    cloud.stopping.stop(mine, owner=OWNER)
    theirs = cloud.starting.start(builders.CHARGER, 1, owner=NEIGHBOUR).session_id
    assert cloud.evse().current_session_id == theirs
    cloud.stopping.withdraw(mine, owner=OWNER)
    cloud.clock.pass_s(15)
    cloud.sweeping.sweep()
    starts = [intent.session_id for _, _, intent in cloud.shadows.sent if intent.act is Act.START]
    assert starts == [theirs]


def test_a_start_that_the_same_tap_has_sent_after_all_is_put_back(cloud: Cloud) -> None:
    mine = a_start_that_was_not_sent(cloud)
    cloud.starting.start(builders.CHARGER, 1, owner=OWNER, idempotency_key="a tap")
    cloud.stopping.stop(mine, owner=OWNER)
    cloud.stopping.withdraw(mine, owner=OWNER)
    assert [intent.act for _, _, intent in cloud.shadows.sent] == [Act.START, Act.STOP, Act.START]
    assert cloud.evse().current_session_id == mine


def test_keeping_a_session_whose_start_has_expired_only_withdraws_the_stop(cloud: Cloud) -> None:
    cloud.keep(builders.pending_session(stop=builders.stop_intent(), stop_sent_at_ms=cloud.clock()))
    cloud.clock.pass_s(61)
    cloud.stopping.withdraw(SESSION, owner=OWNER)
    assert cloud.shadows.sent[0][2].act is Act.KEEP
