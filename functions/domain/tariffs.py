"""What a session costs: exact decimal arithmetic on the tariff that it began with (ADR 0017).

Units: prices in minor units of the currency (cents), which may have fractions; a total is a whole number of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

WH_PER_KWH = 1000
MS_PER_MINUTE = 60_000

MAX_PRICE = Decimal(1_000_000)
"""Ten thousand euros for a kWh is a slip of the finger."""
MAX_DECIMALS = 4
"""Finer than any price list. With MAX_PRICE and the contract's largest meter reading every product has fewer than the
28 digits that decimals are computed with, so that nothing is ever rounded on the way."""

_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """The prices of a charger. `currency` is an ISO 4217 code.

    Raises:
        ValueError: no such tariff can be: it would make a cost that is negative, inexact or of no currency.
    """

    currency: str
    per_kwh: Decimal = Decimal(0)
    per_minute: Decimal = Decimal(0)
    start_fee: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if not _CURRENCY.fullmatch(self.currency):
            raise ValueError("currency: not an ISO 4217 code.")
        for name, price in (("per_kwh", self.per_kwh), ("per_minute", self.per_minute), ("start_fee", self.start_fee)):
            exponent = price.as_tuple().exponent
            if not isinstance(exponent, int) or exponent < -MAX_DECIMALS or not 0 <= price <= MAX_PRICE:
                raise ValueError(f"{name}: not a price.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a session costs, in parts and in total. Units: minor units of the currency; the parts are exact."""

    currency: str
    start_fee: Decimal
    energy: Decimal
    time: Decimal
    minutes: int
    """The minutes that are paid for: whole ones."""

    @property
    def total(self) -> int:
        """The sum of the parts, rounded half up; nothing but this sum is ever rounded."""
        return int((self.start_fee + self.energy + self.time).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def cost_of(tariff: Tariff, *, energy_wh: int, duration_ms: int) -> Cost:
    """What that energy in that time costs. A minute that is not over yet costs nothing."""
    minutes = duration_ms // MS_PER_MINUTE
    return Cost(
        currency=tariff.currency,
        start_fee=tariff.start_fee,
        energy=tariff.per_kwh * energy_wh / WH_PER_KWH,
        time=tariff.per_minute * minutes,
        minutes=minutes,
    )
