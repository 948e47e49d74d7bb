"""What a sweep costs, counted on the botocore clients: a query per shard, and a few calls for each session due."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import pytest

from functions.adapters import items
from functions.adapters.dynamodb_chargers import DynamoChargers
from functions.adapters.dynamodb_sessions import DynamoSessions
from functions.adapters.iot import IotShadows
from functions.domain.open_work import QUIET_MS, SHARDS
from functions.domain.patience import Patience
from functions.domain.records import EvseRecord, IntentStatus, SessionPhase, SessionRecord
from functions.domain.stopping import Stopping
from functions.domain.sweeping import Outcome, Sweeping
from tests.contract.functions.conftest import CHARGERS, SESSIONS, Aws
from tests.support import builders
from tests.support.builders import OTHER_SESSION, SESSION
from tests.support.clock import NOON_MS, FakeClock

LOOK = {"Query": len(SHARDS)}


@dataclass
class Station:
    """The sweep over counted clients."""

    aws: Aws
    clock: FakeClock
    sweeping: Sweeping

    def keep(self, *records: SessionRecord | EvseRecord) -> None:
        for record in records:
            if isinstance(record, SessionRecord):
                self.aws.put(SESSIONS, items.session_to_item(record))
            else:
                self.aws.put(CHARGERS, items.to_item(record) | items.evse_key(record.charger_id, record.evse_id))

    def sweep(self, after_s: float) -> tuple[list[Outcome], dict[str, int]]:
        self.clock.pass_s(after_s)
        self.aws.calls.clear()
        outcomes = list(self.sweeping.sweep().outcomes.values())
        return outcomes, dict(self.aws.calls)


@pytest.fixture
def station(aws: Aws) -> Station:
    clock, numbers = FakeClock(), itertools.count()
    sessions = DynamoSessions(aws.dynamodb, SESSIONS, CHARGERS)
    stopping = Stopping(
        sessions=sessions,
        shadows=IotShadows(aws.iot_data),
        clock=clock,
        new_id=lambda: f"01JE{next(numbers):022d}",
        sleep=clock.sleep,
        patience=Patience(),
    )
    chargers = DynamoChargers(aws.dynamodb, CHARGERS)
    sweeping = Sweeping(sessions=sessions, chargers=chargers, stopping=stopping, clock=clock, silent_after_s=24 * 3600)
    made = Station(aws, clock, sweeping)
    made.keep(builders.evse())
    return made


def test_a_sweep_with_nothing_to_do_is_a_query_for_each_shard(station: Station) -> None:
    station.keep(builders.active_session(), builders.active_session(session_id=OTHER_SESSION))
    assert station.sweep(after_s=60) == ([], LOOK)


def test_a_stop_that_was_not_sent_is_a_read_and_one_write_of_each(station: Station) -> None:
    station.keep(builders.stopping_session(stop_not_sent=True))
    calls = LOOK | {"GetItem": 1, "UpdateItem": 1, "UpdateThingShadow": 1}
    assert station.sweep(after_s=10) == ([Outcome.STOP_SENT], calls)


def test_a_stop_is_told_overdue_once_and_then_left_alone(station: Station) -> None:
    station.keep(builders.stopping_session())
    calls = LOOK | {"GetItem": 1, "UpdateItem": 1, "UpdateThingShadow": 1}
    assert station.sweep(after_s=15) == ([Outcome.STOP_OVERDUE], calls)
    assert station.sweep(after_s=60) == ([], LOOK)


def test_a_stop_taken_back_is_told_once_more_with_a_read_and_one_write_of_each(station: Station) -> None:
    withdrawn = builders.stop_intent(status=IntentStatus.WITHDRAWN, settled_at_ms=NOON_MS)
    station.keep(builders.stopping_session(stop=withdrawn))
    calls = LOOK | {"GetItem": 1, "UpdateItem": 1, "UpdateThingShadow": 1}
    assert station.sweep(after_s=15) == ([Outcome.KEPT_AGAIN], calls)
    assert station.sweep(after_s=60) == ([], LOOK)


def test_a_start_that_expired_is_one_write_and_a_look_at_its_evse(station: Station) -> None:
    station.keep(builders.pending_session())
    assert station.sweep(after_s=75) == ([Outcome.START_EXPIRED], LOOK | {"GetItem": 2, "UpdateItem": 1})
    assert station.sweep(after_s=24 * 3600) == ([], LOOK)


def test_closing_a_session_takes_at_most_four_reads_and_two_writes(station: Station) -> None:
    station.keep(builders.active_session(), builders.active_session(session_id=OTHER_SESSION, as_of_ms=NOON_MS + 1))
    station.keep(
        builders.evse(current_session_id=OTHER_SESSION, displaced_session_id=SESSION, reported_session_id=OTHER_SESSION)
    )
    outcomes, calls = station.sweep(after_s=QUIET_MS / 1000)
    assert outcomes == [Outcome.CLOSED]
    assert calls == LOOK | {"GetItem": 4, "UpdateItem": 1}
    stored = station.aws.item(SESSIONS, items.session_key(SESSION))
    assert items.SHARD not in stored
    assert stored["phase"] == {"S": SessionPhase.ENDED.value}
