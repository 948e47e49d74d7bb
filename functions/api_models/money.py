"""Prices, costs and receipts as the API shows them to a driver.

Amounts are in minor units of an ISO 4217 currency (cents for EUR). Parts are exact decimals, written as text so that no
reader rounds them; a total is an integer.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from contract.vocabulary import EndMethod, EndReason, RequestedBy
from functions.api_models.base import ApiModel, when
from functions.domain.receipts import Receipt as ReceiptRecord
from functions.domain.records import IntentRecord
from functions.domain.tariffs import Cost as CostRecord
from functions.domain.tariffs import Tariff as TariffRecord

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Amount = Annotated[str, Field(pattern=r"^\d+(\.\d+)?$")]


def _amount(value: Decimal) -> str:
    return f"{value:f}"


class Tariff(ApiModel):
    """The prices of a charger, for sessions that begin now."""

    currency: Currency
    per_kwh: Amount
    per_minute: Amount
    start_fee: Amount

    @classmethod
    def of(cls, tariff: TariffRecord | None) -> Tariff | None:
        """A tariff as the API shows it, if there is one."""
        if tariff is None:
            return None
        return cls(
            currency=tariff.currency,
            per_kwh=_amount(tariff.per_kwh),
            per_minute=_amount(tariff.per_minute),
            start_fee=_amount(tariff.start_fee),
        )


class Cost(ApiModel):
    """What a session costs: `total` is the sum of `startFee`, `energy` and `time`, rounded half up to a whole number.

    `minutes` are the ones paid for, whole ones. `estimated`: not the last word, because the session is running or its
    end is an estimate.
    """

    currency: Currency
    total: int
    start_fee: Amount
    energy: Amount
    time: Amount
    minutes: int
    estimated: bool

    @classmethod
    def of(cls, cost: CostRecord | None, *, estimated: bool) -> Cost | None:
        """A cost as the API shows it, if there is one."""
        if cost is None:
            return None
        return cls(
            currency=cost.currency,
            total=cost.total,
            start_fee=_amount(cost.start_fee),
            energy=_amount(cost.energy),
            time=_amount(cost.time),
            minutes=cost.minutes,
            estimated=estimated,
        )


def rule_of(stop: IntentRecord | None) -> str:
    """The rule that asked for a stop. An operator's own words are for operators."""
    return stop.why if stop is not None and stop.by is RequestedBy.AUTOMATIC else ""


class Receipt(ApiModel):
    """The figures of a session that has ended: `energyWh` is the difference of the meters, `durationS` of the times.

    `corrected`: the end was an estimate before the charger told of it, and these figures replace the earlier ones.
    """

    started_at: datetime
    ended_at: datetime
    duration_s: int
    start_meter_wh: int
    end_meter_wh: int
    energy_wh: int
    end_reason: EndReason
    method: EndMethod
    corrected: bool
    stopped_by: RequestedBy | None
    """Who asked for the stop that ended it; null if it ended otherwise."""
    why: str
    """The rule that asked, of an automatic stop; else empty."""
    cost: Cost | None

    @classmethod
    def of(cls, receipt: ReceiptRecord | None) -> Receipt | None:
        """A receipt as the API shows it, if there is one."""
        if receipt is None:
            return None
        return cls(
            started_at=when(receipt.started_at_ms),
            ended_at=when(receipt.ended_at_ms),
            duration_s=receipt.duration_ms // 1000,
            start_meter_wh=receipt.start_meter_wh,
            end_meter_wh=receipt.end_meter_wh,
            energy_wh=receipt.energy_wh,
            end_reason=receipt.end_reason,
            method=receipt.end_method,
            corrected=receipt.corrected,
            stopped_by=receipt.stop.by if receipt.stop else None,
            why=rule_of(receipt.stop),
            cost=Cost.of(receipt.cost, estimated=receipt.end_method is EndMethod.ESTIMATED),
        )
