from __future__ import annotations

import pytest

from device_agent.link import BACKOFF_CAP_S, REFUSED_CAP_S, backoff_s


@pytest.mark.parametrize(("attempt", "longest_s"), [(0, 0.5), (1, 1.0), (3, 4.0), (6, 32.0), (7, 60.0), (500, 60.0)])
def test_waits_double_up_to_a_minute(attempt: int, longest_s: float) -> None:
    assert backoff_s(attempt, lambda: 1.0) == longest_s


def test_a_wait_lies_anywhere_between_nothing_and_the_longest() -> None:
    assert backoff_s(5, lambda: 0.0) == 0.0
    assert backoff_s(5, lambda: 0.25) == 4.0


def test_a_charger_may_be_set_to_come_back_sooner() -> None:
    assert backoff_s(99, lambda: 1.0, cap_s=2.0) == 2.0
    assert backoff_s(99, lambda: 1.0, cap_s=2.0, refused=True) == REFUSED_CAP_S


def test_a_charger_that_is_refused_asks_less_often() -> None:
    assert backoff_s(0, lambda: 1.0, refused=True) == 30.0
    assert backoff_s(99, lambda: 1.0, refused=True) == REFUSED_CAP_S > BACKOFF_CAP_S
