"""A stop that waits for a charger is not lost to what other sessions of its EVSE write to the one place there is."""

from __future__ import annotations

import pytest

from contract.vocabulary import Act, EvseStatus
from functions.domain import outlook
from functions.domain.errors import TemporaryError
from functions.domain.records import IntentStatus
from tests.support import builders
from tests.support.builders import NEIGHBOUR, NOON_S, OTHER_SESSION, OWNER, SESSION, STOP_INTENT
from tests.support.cloud import Cloud


def sent_since(cloud: Cloud, mark: int) -> list[tuple[str, str]]:
    return [(intent.act.value, intent.session_id) for _, _, intent in cloud.shadows.sent[mark:]]


def report_of(session_id: str, **groups: object) -> str:
    document = builders.reported(n=1000, session=builders.reported_session(sessionId=session_id), **groups)
    return builders.shadow_message(document, version=30)


def a_start_ran_out(cloud: Cloud, ago_s: float) -> None:
    cloud.keep(builders.pending_session())
    cloud.clock.pass_s(60 + 15 + ago_s)
    cloud.sweeping.sweep()


def the_neighbour_waits_for_a_charger_without_a_link(cloud: Cloud) -> None:
    cloud.keep(
        builders.evse(current_session_id=OTHER_SESSION, current_owner=NEIGHBOUR, status=EvseStatus.CHARGING),
        builders.active_session(session_id=OTHER_SESSION, owner=NEIGHBOUR, as_of_ms=cloud.clock()),
    )
    cloud.stopping.stop(OTHER_SESSION, owner=NEIGHBOUR)
    cloud.clock.pass_s(60)
    cloud.sweeping.sweep()


def test_a_stop_in_a_session_that_is_long_thought_never_to_have_begun_leaves_the_shadow_to_others(cloud: Cloud) -> None:
    a_start_ran_out(cloud, ago_s=3600)
    the_neighbour_waits_for_a_charger_without_a_link(cloud)
    mark = len(cloud.shadows.sent)
    session = cloud.stopping.stop(SESSION, owner=OWNER)
    assert outlook.failure_reason(session, now_ms=cloud.clock(), patience=cloud.patience) == "start_expired"
    for _ in range(10):
        cloud.clock.pass_s(60)
        cloud.sweeping.sweep()
        cloud.stopping.stop(SESSION, owner=OWNER)
    assert sent_since(cloud, mark) == []
    assert cloud.shadows.sent[-1][2].session_id == OTHER_SESSION


@pytest.mark.parametrize("ago_s", [1, 599])
def test_within_ten_minutes_of_its_start_running_out_a_stop_is_sent_for_it_may_have_begun(
    cloud: Cloud, ago_s: float
) -> None:
    a_start_ran_out(cloud, ago_s)
    cloud.stopping.stop(SESSION, owner=OWNER)
    assert sent_since(cloud, 0) == [("stop", SESSION)]


def test_a_stop_that_was_kept_back_is_sent_once_its_charger_tells_of_the_beginning(cloud: Cloud) -> None:
    """Scenario 16: the result was a time-out, yet the thing happened."""
    a_start_ran_out(cloud, ago_s=3600)
    cloud.stopping.stop(SESSION, owner=OWNER)
    cloud.clock.pass_s(60)
    cloud.sweeping.sweep()
    assert cloud.sent == []
    cloud.hear(builders.event_message(builders.event("started", 0, at=NOON_S + 5)))
    assert sent_since(cloud, 0) == [("stop", SESSION)]


@pytest.mark.parametrize("last", [Act.STOP, Act.KEEP])
def test_a_stop_that_another_sessions_intent_has_replaced_is_sent_again_when_its_charger_is_back(
    cloud: Cloud, last: Act
) -> None:
    a_start_ran_out(cloud, ago_s=60)
    the_neighbour_waits_for_a_charger_without_a_link(cloud)
    cloud.stopping.stop(SESSION, owner=OWNER)
    if last is Act.KEEP:
        cloud.stopping.withdraw(SESSION, owner=OWNER)
    replaced_by = cloud.shadows.sent[-1][2]
    assert (replaced_by.act, replaced_by.session_id) == (last, SESSION)
    mark = len(cloud.shadows.sent)
    answer = builders.ack(replaced_by.id, "done", "never_started")
    wire = builders.stop_wire(id=replaced_by.id, act=last.value)
    cloud.clock.pass_s(300)
    cloud.hear(report_of(OTHER_SESSION, ack=answer, intent=wire))
    assert sent_since(cloud, mark) == [("stop", OTHER_SESSION)]
    stop = cloud.session(OTHER_SESSION).stop
    assert stop is not None
    assert (stop.status, stop.intent_id) == (IntentStatus.REQUESTED, cloud.shadows.sent[-1][2].id)


@pytest.mark.parametrize("status", [it for it in IntentStatus if it is not IntentStatus.REQUESTED])
def test_what_the_charger_has_answered_or_the_driver_taken_back_is_not_sent_again(
    cloud: Cloud, status: IntentStatus
) -> None:
    cloud.keep(builders.stopping_session(stop=builders.stop_intent(status=status)))
    cloud.clock.pass_s(60)
    cloud.hear(report_of(SESSION))
    assert cloud.sent == []


def test_a_charger_that_shows_the_stop_as_heard_is_not_sent_it_again(cloud: Cloud) -> None:
    cloud.keep(builders.stopping_session())
    cloud.clock.pass_s(60)
    cloud.hear(report_of(SESSION, intent=builders.stop_wire()))
    assert cloud.sent == []


def test_a_report_that_was_under_way_when_the_stop_was_sent_brings_no_second_one(cloud: Cloud) -> None:
    cloud.keep(builders.stopping_session())
    cloud.clock.pass_s(2)
    cloud.hear(report_of(SESSION))
    assert cloud.sent == []
    cloud.clock.pass_s(1)
    cloud.hear(report_of(SESSION))
    assert cloud.sent == [f"stop {STOP_INTENT}"]


def test_a_report_of_a_session_that_is_over_sends_nothing(cloud: Cloud) -> None:
    cloud.keep(builders.stopping_session())
    cloud.clock.pass_s(60)
    document = builders.reported(session=builders.reported_session(state="ended"))
    cloud.hear(builders.shadow_message(document))
    assert cloud.sent == []


def test_a_sending_that_fails_spoils_no_report_and_is_left_to_the_sweeper(cloud: Cloud) -> None:
    cloud.keep(builders.stopping_session())
    cloud.clock.pass_s(60)
    cloud.shadows.failing_with = TemporaryError("unavailable")
    assert cloud.hear(report_of(SESSION)) == ["report"]
    assert cloud.session().stop_not_sent
