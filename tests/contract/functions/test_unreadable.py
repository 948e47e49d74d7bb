"""A record that nobody can read, such as a newer release left after a roll-back: it is in nobody's way but its own."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import pytest

from functions.adapters import items
from functions.adapters.dynamodb_chargers import DynamoChargers
from functions.adapters.dynamodb_operator import DynamoSessionLists
from functions.adapters.dynamodb_sessions import DynamoSessions
from functions.adapters.memory import MemoryShadows
from functions.adapters.session_stream import change_of
from functions.domain.errors import ContractViolation
from functions.domain.open_work import shard_of
from functions.domain.patience import Patience
from functions.domain.records import SessionRecord
from functions.domain.stopping import Stopping
from functions.domain.sweeping import PER_SHARD, Outcome, Sweeping
from functions.stop_session.handler import handler
from tests.contract.functions.conftest import CHARGERS, SESSIONS, Aws
from tests.support import builders
from tests.support.api_events import LambdaContext, stop_event
from tests.support.builders import CHARGER, OTHER_SESSION, OWNER, SESSION, STOP_INTENT
from tests.support.clock import NOON_MS, FakeClock

NEWER_WORD = {"anomalies": [{"code": "clock_jumped", "at_ms": 1}]}
NEWER_STOP = {
    "stop": {"intent_id": STOP_INTENT, "act": "stop", "by": "fleet", "requested_at_ms": NOON_MS, "status": "requested"}
}
SLIP = {"evse_id": "one"}


@dataclass
class Station:
    """The stop and the sweep over the tables."""

    aws: Aws
    clock: FakeClock
    sessions: DynamoSessions
    shadows: MemoryShadows
    stopping: Stopping
    sweeping: Sweeping

    def keep(self, session: SessionRecord, **spoilt: Any) -> None:
        self.aws.put(SESSIONS, items.session_to_item(session) | spoilt)

    def sent(self) -> list[tuple[str, int, str, str]]:
        return [(charger, evse, it.session_id, it.id) for charger, evse, it in self.shadows.sent]


@pytest.fixture
def station(aws: Aws) -> Station:
    clock, numbers, shadows = FakeClock(), itertools.count(), MemoryShadows()
    sessions, chargers = DynamoSessions(aws.dynamodb, SESSIONS, CHARGERS), DynamoChargers(aws.dynamodb, CHARGERS)
    stopping = Stopping(
        sessions=sessions,
        shadows=shadows,
        clock=clock,
        new_id=lambda: f"01JE{next(numbers):022d}",
        sleep=clock.sleep,
        patience=Patience(),
    )
    sweeping = Sweeping(sessions=sessions, chargers=chargers, stopping=stopping, clock=clock, silent_after_s=24 * 3600)
    return Station(aws, clock, sessions, shadows, stopping, sweeping)


@pytest.mark.parametrize("spoilt", [NEWER_WORD, NEWER_STOP, SLIP], ids=["word", "stop", "slip"])
def test_one_that_cannot_be_read_is_counted_by_every_sweep_and_the_others_are_swept(
    station: Station, spoilt: dict[str, Any]
) -> None:
    station.keep(builders.stopping_session(stop_not_sent=True), **spoilt)
    station.keep(builders.stopping_session(session_id=OTHER_SESSION, stop_not_sent=True))
    station.clock.pass_s(60)
    first = station.sweeping.sweep()
    assert first.outcomes == {SESSION: Outcome.FAILED, OTHER_SESSION: Outcome.STOP_SENT}
    assert first.reasons[SESSION].startswith(f"internal: unreadable record {SESSION}: ValueError")
    for _ in range(3):
        station.clock.pass_s(60)
        assert station.sweeping.sweep().outcomes[SESSION] is Outcome.FAILED


def test_a_page_full_of_them_does_not_keep_what_fell_due_before_waiting_for_more_than_a_sweep(station: Station) -> None:
    of_a_shard = [it for it in (f"01JB{number:022d}" for number in range(900)) if shard_of(it) == "0"]
    for session_id in of_a_shard[:PER_SHARD]:
        station.keep(builders.stopping_session(session_id=session_id, stop_not_sent=True), **NEWER_WORD)
    late = builders.stop_intent(requested_at_ms=NOON_MS + 20_000)
    station.keep(
        builders.stopping_session(
            session_id=of_a_shard[PER_SHARD], stop=late, stop_sent_at_ms=NOON_MS + 20_000, stop_not_sent=True
        )
    )
    station.clock.pass_s(60)
    assert set(station.sweeping.sweep().outcomes.values()) == {Outcome.FAILED}
    station.clock.pass_s(60)
    assert station.sweeping.sweep().outcomes[of_a_shard[PER_SHARD]] is Outcome.STOP_SENT


def test_one_that_is_mended_is_swept_again(station: Station) -> None:
    station.keep(builders.stopping_session(stop_not_sent=True), **NEWER_WORD)
    station.clock.pass_s(60)
    assert station.sweeping.sweep().outcomes == {SESSION: Outcome.FAILED}
    station.keep(builders.stopping_session(stop_not_sent=True))
    station.clock.pass_s(60)
    assert station.sweeping.sweep().outcomes == {SESSION: Outcome.STOP_SENT}


@pytest.mark.parametrize("spoilt", [NEWER_WORD, {"as_of_ms": "soon"}, {"created_at_ms": "now"}])
def test_a_tap_on_stop_is_sent_although_the_rest_of_the_record_cannot_be_read(
    station: Station, spoilt: dict[str, Any]
) -> None:
    station.keep(builders.active_session(), **spoilt)
    session = station.stopping.stop(SESSION, owner=OWNER)
    assert session.stop is not None
    assert station.sent() == [(CHARGER, 1, SESSION, session.stop.intent_id)]


def test_a_tap_sends_the_stop_in_force_again_or_one_of_its_own_if_that_cannot_be_read(station: Station) -> None:
    station.keep(builders.stopping_session(), **NEWER_WORD)
    station.keep(builders.stopping_session(session_id=OTHER_SESSION), **NEWER_STOP)
    station.clock.pass_s(3)
    station.stopping.stop(SESSION, owner=OWNER)
    station.stopping.stop(OTHER_SESSION, owner=OWNER)
    first, second = station.sent()
    assert first == (CHARGER, 1, SESSION, STOP_INTENT)
    assert (second[2], second[3].startswith("01JE")) == (OTHER_SESSION, True)


def test_a_tap_that_waits_for_the_outcome_is_told_that_the_stop_is_sent(station: Station) -> None:
    station.keep(builders.active_session(), **NEWER_WORD)
    answer = handler(stop_event(SESSION, headers={"prefer": "wait=1"}), LambdaContext(), station.stopping)
    assert answer["statusCode"] == 202
    assert len(station.sent()) == 1


def test_a_stop_that_cannot_be_sent_anywhere_is_a_fault_of_ours(station: Station) -> None:
    station.keep(builders.active_session(), **SLIP)
    answer = handler(stop_event(SESSION), LambdaContext(), station.stopping)
    assert answer["statusCode"] == 500
    assert '"code":"internal"' in answer["body"]


def test_lists_leave_it_out_with_its_id_in_the_log_and_show_the_others(
    station: Station, caplog: pytest.LogCaptureFixture
) -> None:
    station.keep(builders.active_session(), **NEWER_WORD)
    station.keep(builders.active_session(session_id=OTHER_SESSION))
    of_owner = station.sessions.of_owner(OWNER, from_ms=None, to_ms=None, limit=10, cursor=None)
    lists = DynamoSessionLists(station.aws.dynamodb, SESSIONS)
    of_charger = lists.of_charger(CHARGER, limit=10, cursor=None)
    assert [it.session_id for it in of_owner.items] == [OTHER_SESSION]
    assert [it.session_id for it in of_charger.items] == [OTHER_SESSION]
    assert [it.__dict__["detail"].split(":")[0] for it in caplog.records] == [f"unreadable record {SESSION}"] * 2


def test_a_charger_with_an_evse_that_cannot_be_read_is_left_out_of_the_list(station: Station) -> None:
    for charger_id, spoilt in (("PX-0001", {"status": "levitating"}), ("PX-0002", {})):
        charger, evse = builders.charger(charger_id=charger_id), builders.evse(charger_id=charger_id)
        station.aws.put(CHARGERS, items.to_item(charger) | items.charger_key(charger_id))
        station.aws.put(CHARGERS, items.to_item(evse) | items.evse_key(charger_id, 1) | spoilt)
    chargers = DynamoChargers(station.aws.dynamodb, CHARGERS)
    assert [it.charger.charger_id for it in chargers.page(limit=10, cursor=None).items] == ["PX-0002"]
    with pytest.raises(ContractViolation):
        chargers.evse("PX-0001", 1)


def test_that_it_is_put_off_is_no_news_in_the_stream(station: Station) -> None:
    station.keep(builders.stopping_session(stop_not_sent=True), **NEWER_WORD)
    before = station.aws.item(SESSIONS, items.session_key(SESSION))
    station.sessions.postpone(SESSION, until_ms=NOON_MS + 3_600_000)
    after = station.aws.item(SESSIONS, items.session_key(SESSION))
    assert before != after
    keys = {"session_id": {"S": SESSION}, "item": {"S": "session"}}
    assert change_of({"dynamodb": {"Keys": keys, "OldImage": before, "NewImage": after}}) is None
