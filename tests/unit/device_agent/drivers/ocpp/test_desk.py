from __future__ import annotations

from device_agent.drivers.ocpp.desk import Desk, Patience
from tests.support.charger_bench import NOON


def test_a_charger_is_told_the_time_of_the_agents_clock_and_not_the_boards() -> None:
    assert Desk([1], {}, Patience(), lambda: NOON + 0.9).clock() == "2026-11-22T12:00:00Z"
