"""What a session costs: exact, monotone, never negative, and rounded once."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.domain.tariffs import MAX_PRICE, Tariff, cost_of
from tests.support.builders import TARIFF

HOUR_MS = 3_600_000
PRICES = st.decimals(min_value=0, max_value=MAX_PRICE, places=4)
TARIFFS = st.builds(Tariff, currency=st.just("EUR"), per_kwh=PRICES, per_minute=PRICES, start_fee=PRICES)
ENERGY_WH = st.integers(min_value=0, max_value=1_000_000_000)
DURATION_MS = st.integers(min_value=0, max_value=400 * 24 * HOUR_MS)


@pytest.mark.parametrize(
    ("energy_wh", "duration_ms", "total"),
    [
        (0, 0, 50),
        (1000, 0, 90),  # 50 + 39.5: half a cent goes up
        (999, 0, 89),  # 50 + 39.4605
        (0, 59_999, 50),
        (0, 60_000, 52),
        (20_000, HOUR_MS, 50 + 790 + 120),
    ],
)
def test_energy_whole_minutes_and_the_start_are_paid_for(energy_wh: int, duration_ms: int, total: int) -> None:
    assert cost_of(TARIFF, energy_wh=energy_wh, duration_ms=duration_ms).total == total


def test_the_sum_is_rounded_and_not_its_parts() -> None:
    thirds = Tariff(currency="EUR", per_kwh=Decimal("0.4"), per_minute=Decimal("0.4"), start_fee=Decimal("0.4"))
    assert cost_of(thirds, energy_wh=1000, duration_ms=60_000).total == 1


@given(TARIFFS, ENERGY_WH, DURATION_MS)
def test_the_total_is_the_exact_sum_of_its_parts_rounded_half_up(
    tariff: Tariff, energy_wh: int, duration_ms: int
) -> None:
    cost = cost_of(tariff, energy_wh=energy_wh, duration_ms=duration_ms)
    energy = Fraction(tariff.per_kwh) * energy_wh / 1000
    time = Fraction(tariff.per_minute) * (duration_ms // 60_000)
    assert (Fraction(cost.energy), Fraction(cost.time), cost.start_fee) == (energy, time, tariff.start_fee)
    assert cost.total == (energy + time + Fraction(tariff.start_fee) + Fraction(1, 2)) // 1


@given(TARIFFS, ENERGY_WH, ENERGY_WH, DURATION_MS, DURATION_MS)
def test_more_energy_or_more_time_never_costs_less_and_nothing_costs_less_than_nothing(
    tariff: Tariff, energy_wh: int, more_wh: int, duration_ms: int, more_ms: int
) -> None:
    cost = cost_of(tariff, energy_wh=energy_wh, duration_ms=duration_ms)
    more = cost_of(tariff, energy_wh=energy_wh + more_wh, duration_ms=duration_ms + more_ms)
    assert 0 <= cost.total <= more.total
    assert min(cost.start_fee, cost.energy, cost.time) >= 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"currency": "eur"},
        {"currency": "EURO"},
        {"currency": "EU\u0052\n"},
        {"currency": ""},
        *({name: Decimal(price)} for name in ("per_kwh", "per_minute", "start_fee") for price in ("-1", "0.00001")),
        {"per_kwh": MAX_PRICE + 1},
        {"per_kwh": Decimal("NaN")},
        {"per_minute": Decimal("Infinity")},
    ],
    ids=str,
)
def test_a_tariff_that_cannot_be_is_none(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Tariff(**{"currency": "EUR", **wrong})
