"""What a stop costs, counted on the botocore clients: one UpdateItem and one UpdateThingShadow, and never more."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pytest

from contract.vocabulary import RequestedBy
from functions.adapters import items
from functions.adapters.dynamodb_sessions import DynamoSessions
from functions.adapters.iot import IotShadows
from functions.domain.errors import CallerError
from functions.domain.patience import Patience
from functions.domain.records import IntentStatus, SessionPhase, SessionRecord
from functions.domain.stopping import Stopping
from functions.stop_session.handler import handler
from tests.contract.functions.conftest import CHARGERS, SESSIONS, Aws
from tests.support import builders
from tests.support.api_events import LambdaContext, stop_event
from tests.support.builders import NEIGHBOUR, OWNER, SESSION
from tests.support.clock import NOON_MS, FakeClock

ONE_STOP = {"UpdateItem": 1, "UpdateThingShadow": 1}


@dataclass
class Station:
    """The stop over counted clients."""

    aws: Aws
    clock: FakeClock
    stopping: Stopping

    def keep(self, session: SessionRecord) -> None:
        self.aws.put(SESSIONS, items.session_to_item(session))

    def calls_of(self, act: Callable[[], object]) -> dict[str, int]:
        self.aws.calls.clear()
        act()
        return dict(self.aws.calls)

    def tap(self) -> dict[str, int]:
        return self.calls_of(lambda: self.stopping.stop(SESSION, owner=OWNER))


@pytest.fixture
def station(aws: Aws) -> Station:
    clock, numbers = FakeClock(), itertools.count()
    stopping = Stopping(
        sessions=DynamoSessions(aws.dynamodb, SESSIONS, CHARGERS),
        shadows=IotShadows(aws.iot_data),
        clock=clock,
        new_id=lambda: f"01JE{next(numbers):022d}",
        sleep=clock.sleep,
        patience=Patience(),
    )
    made = Station(aws, clock, stopping)
    made.keep(builders.active_session())
    return made


def test_the_first_tap_is_one_write_of_each(station: Station) -> None:
    assert station.tap() == ONE_STOP


@pytest.mark.parametrize("started_at_ms", [NOON_MS, None], ids=["begun", "its beginning still under way"])
def test_a_session_that_began_with_a_card_is_stopped_with_the_same_calls(
    station: Station, started_at_ms: int | None
) -> None:
    station.keep(builders.card_session(started_at_ms=started_at_ms))
    assert station.tap() == ONE_STOP


def test_a_session_that_costs_money_is_stopped_with_the_same_calls(station: Station) -> None:
    station.keep(builders.active_session(tariff=builders.TARIFF))
    assert station.tap() == ONE_STOP


def test_a_tap_of_whoever_was_lent_the_right_to_stop_is_one_write_of_each(station: Station) -> None:
    station.keep(builders.active_session(stop_right=builders.stop_right()))
    tap = partial(station.stopping.stop, SESSION, owner=NEIGHBOUR, by=RequestedBy.GUEST)
    assert station.calls_of(tap) == ONE_STOP
    assert station.calls_of(tap) == {"UpdateItem": 1}
    stored = station.aws.item(SESSIONS, items.session_key(SESSION))
    assert stored["stop"]["M"]["by"] == {"S": "guest"}


def test_a_tap_within_two_seconds_writes_nothing_to_the_shadow(station: Station) -> None:
    station.tap()
    stored = station.aws.item(SESSIONS, items.session_key(SESSION))
    station.clock.pass_s(1.9)
    assert station.tap() == {"UpdateItem": 1}
    assert station.aws.item(SESSIONS, items.session_key(SESSION)) == stored


def test_every_later_tap_is_one_write_of_each_again(station: Station) -> None:
    for _ in range(5):
        assert station.tap() == ONE_STOP
        station.clock.pass_s(2)


@pytest.mark.parametrize("status", [IntentStatus.REFUSED, IntentStatus.FAILED, IntentStatus.WITHDRAWN])
def test_a_tap_after_a_settled_stop_takes_one_write_more(station: Station, status: IntentStatus) -> None:
    station.keep(builders.stopping_session(stop=builders.stop_intent(status=status)))
    assert station.tap() == {"UpdateItem": 2, "UpdateThingShadow": 1}


def test_somebody_elses_stop_is_one_attempt_that_changes_nothing(station: Station) -> None:
    stored = station.aws.item(SESSIONS, items.session_key(SESSION))

    def attempt() -> None:
        with pytest.raises(CallerError):
            station.stopping.stop(SESSION, owner=NEIGHBOUR)

    assert station.calls_of(attempt) == {"UpdateItem": 1}
    assert station.aws.item(SESSIONS, items.session_key(SESSION)) == stored


def test_an_ended_session_is_one_attempt_that_changes_nothing(station: Station) -> None:
    station.keep(builders.active_session(phase=SessionPhase.ENDED))
    assert station.tap() == {"UpdateItem": 1}


def test_waiting_adds_reads_and_nothing_else(station: Station) -> None:
    def tap_and_wait() -> None:
        answer = handler(stop_event(headers={"prefer": "wait=1"}), LambdaContext(), station.stopping)
        assert answer["statusCode"] == 202

    calls = station.calls_of(tap_and_wait)
    assert calls.pop("GetItem") > 0
    assert calls == ONE_STOP


def test_a_withdrawal_is_a_read_two_writes_and_the_read_between(station: Station) -> None:
    station.tap()
    calls = station.calls_of(lambda: station.stopping.withdraw(SESSION, owner=OWNER))
    assert calls == {"GetItem": 2, "UpdateThingShadow": 1, "UpdateItem": 1}
