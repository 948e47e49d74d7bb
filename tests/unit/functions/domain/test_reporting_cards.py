"""Sessions that begin at the charger with a card: the first of their events to arrive puts them on record."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from contract.vocabulary import CardStatus
from functions.domain.errors import CallerError, ContractViolation
from functions.domain.records import SessionPhase
from tests.support import builders
from tests.support.builders import (
    CARD,
    CHARGER,
    NEIGHBOUR,
    NOON_S,
    OTHER_SESSION,
    OWNER,
    SESSION,
    event_message,
    reported,
    reported_session,
    shadow_message,
)
from tests.support.clock import NOON_MS
from tests.support.cloud import Cloud

HOUR_S = 3600


def event(kind: str, seq: int, **changes: Any) -> str:
    return event_message(builders.event(kind, seq, idTokenHash=CARD, **changes))


STARTED = event("started", 0)
METER = event("meter", 1, at=NOON_S + 60, meterWh=1500, powerW=7000)
ENDED = event("ended", 2, at=NOON_S + HOUR_S, meterWh=2000, reason="Local")


def a_cloud(*cards: Any) -> Cloud:
    cloud = Cloud()
    cloud.keep(builders.charger(), builders.evse(), *cards)
    cloud.clock.pass_s(HOUR_S)
    return cloud


@pytest.fixture
def cloud() -> Cloud:
    return a_cloud(builders.card())


def test_a_session_that_began_with_a_card_is_its_owners_and_holds_its_evse(cloud: Cloud) -> None:
    assert cloud.hear(STARTED) == ["started"]
    session = cloud.session()
    assert (session.owner, session.charger_name, session.evse_id) == (OWNER, "Harbour Street 4", 1)
    assert (session.phase, session.start, session.id_token_hash) == (SessionPhase.ACTIVE, None, CARD)
    assert (session.created_at_ms, session.started_at_ms, session.start_meter_wh) == (NOON_MS, NOON_MS, 1000)
    assert (cloud.evse().current_session_id, cloud.evse().current_owner) == (SESSION, OWNER)


@pytest.mark.parametrize("order", list(itertools.permutations([STARTED, METER, ENDED])))
def test_its_events_make_the_same_record_in_whatever_order_they_come(cloud: Cloud, order: tuple[str, ...]) -> None:
    in_order = a_cloud(builders.card())
    in_order.hear(STARTED, METER, ENDED)
    cloud.hear(*order, *order)
    told, expected = cloud.session(), in_order.session()
    assert (told.phase, told.end, told.owner) == (SessionPhase.ENDED, expected.end, OWNER)
    assert (told.created_at_ms, told.started_at_ms, told.start_meter_wh) == (NOON_MS, NOON_MS, 1000)
    assert (told.meter_wh, told.transaction_id) == (2000, "tx-1")
    assert len(cloud.memory.samples[SESSION]) == 3
    assert cloud.evse().current_session_id is None


def test_a_session_whose_beginning_is_still_under_way_runs_already(cloud: Cloud) -> None:
    cloud.hear(METER)
    session = cloud.session()
    assert (session.phase, session.started_at_ms, session.power_w) == (SessionPhase.ACTIVE, None, 7000)
    cloud.hear(STARTED)
    assert (cloud.session().started_at_ms, cloud.session().power_w) == (NOON_MS, 7000)


def test_its_report_takes_the_evse_for_it_should_started_have_been_overtaken(cloud: Cloud) -> None:
    cloud.hear(METER, shadow_message(reported(session=reported_session())))
    assert cloud.evse().current_session_id == SESSION


@pytest.mark.parametrize(
    "cards",
    [(), (builders.card(status=CardStatus.BLOCKED),)],
    ids=["nobody's card", "blocked since"],
)
def test_a_card_that_is_nobodys_loses_no_session_and_shows_it_to_nobody(cards: tuple[Any, ...]) -> None:
    cloud = a_cloud(*cards)
    cloud.hear(STARTED, METER)
    assert (cloud.session().owner, cloud.session().meter_wh) == ("", 1500)
    assert (cloud.evse().current_session_id, cloud.evse().current_owner) == (SESSION, None)
    for driver in (OWNER, NEIGHBOUR):
        page = cloud.reading.sessions_of(driver, status=None, from_ms=None, to_ms=None, limit=10, cursor=None)
        assert page.items == []
        assert cloud.browsing.charger(CHARGER, owner=driver)[1] == {}


def test_another_charger_cannot_speak_of_it(cloud: Cloud) -> None:
    """Scenario 6."""
    cloud.hear(STARTED)
    before = cloud.session()
    for where in ({"charger_id": "PX-0002"}, {"evse_id": 2}):
        with pytest.raises(ContractViolation) as raised:
            cloud.hear(event_message(builders.event("ended", 9, idTokenHash=CARD), **where))
        assert raised.value.code == "foreign_session"
    assert cloud.session() == before


@pytest.mark.parametrize("where", [{"charger_id": "PX-0009"}, {"evse_id": 7}])
def test_an_evse_nobody_has_registered_begins_no_session(cloud: Cloud, where: dict[str, Any]) -> None:
    with pytest.raises(ContractViolation) as raised:
        cloud.hear(event_message(builders.event("started", 0, idTokenHash=CARD), **where))
    assert raised.value.code == "evse_not_found"
    assert cloud.memory.sessions == {}


def test_without_a_card_an_unknown_session_stays_a_dead_letter(cloud: Cloud) -> None:
    with pytest.raises(ContractViolation) as raised:
        cloud.hear(event_message(builders.event("started", 0)))
    assert raised.value.code == "session_not_found"
    assert cloud.memory.sessions == {}


def test_a_card_in_the_events_of_a_session_from_the_app_changes_nothing_about_it(cloud: Cloud) -> None:
    cloud.keep(builders.pending_session(owner=NEIGHBOUR))
    cloud.hear(STARTED)
    assert (cloud.session().owner, cloud.session().id_token_hash) == (NEIGHBOUR, "")


def test_a_charger_that_was_away_for_a_week_is_believed(cloud: Cloud) -> None:
    cloud.clock.pass_s(7 * 24 * HOUR_S)
    cloud.hear(ENDED, STARTED)
    assert (cloud.session().created_at_ms, cloud.session().started_at_ms) == (NOON_MS, NOON_MS)


@pytest.mark.parametrize("at", [12, NOON_S + 24 * HOUR_S], ids=["never set", "ahead"])
def test_a_clock_that_cannot_be_right_is_not_believed(cloud: Cloud, at: int) -> None:
    """Scenario 13."""
    cloud.hear(event("started", 0, at=at))
    assert cloud.session().created_at_ms == cloud.session().started_at_ms == cloud.clock()


def test_two_sessions_whose_events_overtake_each_other_leave_the_evse_to_the_later_one(cloud: Cloud) -> None:
    """Scenarios 2 and 3."""
    cloud.hear(STARTED, METER)
    cloud.hear(event("started", 0, sessionId=OTHER_SESSION, at=NOON_S + HOUR_S + 5, meterWh=2000), ENDED)
    assert cloud.evse().current_session_id == OTHER_SESSION
    assert cloud.session().phase is SessionPhase.ENDED


def test_its_owner_stops_it_as_any_other_with_one_write_and_one_intent(cloud: Cloud) -> None:
    cloud.hear(STARTED)
    writes = cloud.memory.writes
    session = cloud.stopping.stop(SESSION, owner=OWNER)
    assert session.stop is not None
    assert cloud.sent == [f"stop {session.stop.intent_id}"]
    assert cloud.memory.writes == writes + 1


def test_a_stop_of_it_can_be_taken_back_unheard(cloud: Cloud) -> None:
    cloud.hear(STARTED)
    cloud.stopping.stop(SESSION, owner=OWNER)
    cloud.stopping.withdraw(SESSION, owner=OWNER)
    assert [line.split()[0] for line in cloud.sent] == ["stop", "keep"]


def test_nobody_stops_a_session_that_is_nobodys() -> None:
    cloud = a_cloud()
    cloud.hear(STARTED)
    with pytest.raises(CallerError) as raised:
        cloud.stopping.stop(SESSION, owner=OWNER)
    assert raised.value.code == "session_not_found"
    assert cloud.sent == []


def test_the_late_beginning_of_an_earlier_session_leaves_the_evse_to_the_one_that_runs(cloud: Cloud) -> None:
    later = {"sessionId": OTHER_SESSION, "transactionId": "tx-2"}
    cloud.keep(builders.card())
    cloud.clock.pass_s(2 * HOUR_S)
    cloud.hear(event("started", 0, at=NOON_S + 2 * HOUR_S - 100, meterWh=5000, **later))
    cloud.hear(STARTED)
    assert (cloud.evse().current_session_id, cloud.evse().displaced_session_id) == (OTHER_SESSION, SESSION)
    cloud.hear(ENDED)
    assert cloud.session().phase is SessionPhase.ENDED
    assert cloud.evse().current_session_id == OTHER_SESSION
    cloud.clock.pass_s(1200)
    cloud.sweeping.sweep()
    assert cloud.session(OTHER_SESSION).phase is SessionPhase.ACTIVE
