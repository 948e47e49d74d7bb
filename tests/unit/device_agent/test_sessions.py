"""The times of a session, by whichever clock knows better."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from device_agent import sessions
from device_agent.drivers.base import TransactionBegan
from device_agent.records import Moment, Phase, SessionRecord
from tests.support.charger_bench import NOON, SESSION
from tests.support.keeper import Keeper, KeeperBench

if TYPE_CHECKING:
    from pathlib import Path

COMMANDED = SessionRecord(SESSION, 1, Phase.STARTING, "tx-1", started_at=int(NOON))
TAPPED = SessionRecord(SESSION, 1, Phase.ACTIVE)


@pytest.mark.parametrize(
    ("session", "said_s", "at_s"),
    [(COMMANDED, 5, 5), (COMMANDED, -7_200, 0), (TAPPED, -7_200, -7_200), (COMMANDED, -NOON, 30)],
    ids=["as the charger says", "not before the command", "a card may have come before", "never set: now"],
)
def test_a_session_began_when_the_charger_says_if_that_can_be_true(
    session: SessionRecord, said_s: float, at_s: int
) -> None:
    fact = TransactionBegan(1, "T1", "m1", at=int(NOON + said_s))
    told = sessions.as_told(session, fact, 100, Moment(NOON + 30, 1_000.0))
    assert (told.started_at, told.told_at) == (NOON + at_s, NOON + at_s)


def test_a_session_that_was_commanded_lasts_as_long_as_it_does_though_the_chargers_clock_is_hours_behind(
    tmp_path: Path,
) -> None:
    charger = KeeperBench(tmp_path, lambda clock: Keeper(clock, clock_off_s=-7_200.0))
    charger.turn_on()
    charger.want("start")
    charger.pass_s(1_800, step_s=1.0)
    charger.want("stop")
    charger.pass_s(2)
    times = [event["at"] - NOON for event in charger.events()]
    assert times == sorted(times)
    assert [times[0], times[-1]] == pytest.approx([0, 1_800], abs=1)
    charger.lose_power()
