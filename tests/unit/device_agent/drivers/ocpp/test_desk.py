from __future__ import annotations

import pytest

from device_agent.drivers.ocpp.desk import SAID_AT_MOST, Desk, Patience
from tests.support.charger_bench import NOON


def test_a_charger_is_told_the_time_of_the_agents_clock_and_not_the_boards() -> None:
    assert Desk([1], {}, Patience(), lambda: NOON + 0.9).clock() == "2026-11-22T12:00:00Z"


def test_peculiarities_of_a_charger_that_has_no_end_of_them_are_not_logged_without_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    desk = Desk([1], {}, Patience(), lambda: 0.0)
    for number in range(2 * SAID_AT_MOST):
        desk.once(f"message {number} is not known here")
    assert len(caplog.records) == SAID_AT_MOST
