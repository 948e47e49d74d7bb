"""Chargers as the API shows them to a driver."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from contract.vocabulary import CableState, EvseStatus
from functions.api_models.base import ApiModel, when_known
from functions.api_models.money import Tariff
from functions.api_models.sessions import Session
from functions.domain.patience import Patience
from functions.domain.reasons import reason
from functions.domain.records import Charger, EvseRecord, SessionRecord
from functions.domain.starting import is_charging, is_in_use, why_not_start

NoticeCode = Literal["charger_out_of_service", "charger_offline", "evse_in_use", "tap_your_card"]


class EvseCard(ApiModel):
    """An EVSE in the list. `status` is the last one reported, null if it never was; `mine`: your session is on it."""

    evse_id: int
    status: EvseStatus | None
    connector_type: str
    max_power_w: int
    mine: bool


class ChargerFacts(ApiModel):
    """A charger as its driver knows it. `connected` is null if it never was; `lastSeenAt` when it was last heard of."""

    charger_id: str
    name: str
    image_url: str
    address: str
    latitude: float
    longitude: float
    connected: bool | None
    last_seen_at: datetime | None
    accepts_cards: bool


def _facts(charger: Charger) -> ChargerFacts:
    record = charger.charger
    return ChargerFacts(
        charger_id=record.charger_id,
        name=record.name,
        image_url=record.image_url,
        address=record.address,
        latitude=record.latitude,
        longitude=record.longitude,
        connected=record.connected,
        last_seen_at=when_known(charger.last_seen_at_ms),
        accepts_cards=record.accepts_cards,
    )


class ChargerCard(ChargerFacts):
    """A charger in the list."""

    evses: list[EvseCard]

    @classmethod
    def of(cls, charger: Charger, *, owner: str, now_ms: int) -> ChargerCard:
        """A charger as the list shows it to this owner at this moment."""
        return cls(
            **dict(_facts(charger)),
            evses=[
                EvseCard(
                    evse_id=evse.evse_id,
                    status=shown_status(evse),
                    connector_type=evse.connector_type,
                    max_power_w=evse.max_power_w,
                    mine=evse.current_owner == owner and is_in_use(evse, now_ms=now_ms),
                )
                for evse in charger.evses
            ],
        )


class ChargerPage(ApiModel):
    """One page of chargers; pass `cursor` on to get the next."""

    chargers: list[ChargerCard]
    cursor: str | None


class Notice(ApiModel):
    """What a driver should know about an EVSE before starting."""

    code: NoticeCode
    title: str
    detail: str


class Evse(ApiModel):
    """An EVSE on the detail screen. `session` only if it is the caller's; nothing is said about anybody else's."""

    evse_id: int
    status: EvseStatus | None
    cable: CableState | None
    connector_type: str
    max_power_w: int
    can_start: bool
    can_stop: bool
    session: Session | None
    notice: Notice | None


class ChargerDetail(ChargerFacts):
    """A charger on its detail screen. `tariff`: prices for sessions that begin now, or null."""

    in_service: bool
    tariff: Tariff | None
    evses: list[Evse]


def shown_status(evse: EvseRecord) -> EvseStatus | None:
    """The status reported last; but a session known to have ended since is not shown as charging."""
    if evse.status in (EvseStatus.CHARGING, EvseStatus.SUSPENDED) and not is_charging(evse):
        return EvseStatus.FINISHING
    return evse.status


def notice_of(charger: Charger, evse: EvseRecord, *, now_ms: int, mine: bool) -> Notice | None:
    """The one notice that matters most, or None. Your own running session is not "in use"."""
    code = why_not_start(charger, evse, now_ms=now_ms)
    if code in ("charger_out_of_service", "charger_offline") or (code == "evse_in_use" and not mine):
        row = reason(code)
        return Notice(code=row.code, title=row.title, detail=row.advice)  # type: ignore[arg-type]  # the three above
    if charger.charger.accepts_cards and not is_in_use(evse, now_ms=now_ms):
        return Notice(
            code="tap_your_card",
            title="Tap your card",
            detail="Hold your card to the charger's reader, or tap Start charging here.",
        )
    return None


def charger_detail(
    charger: Charger, mine: Mapping[int, SessionRecord], *, now_ms: int, patience: Patience
) -> ChargerDetail:
    """A charger as its detail screen shows it to the owner of the sessions in `mine` (by EVSE)."""
    record = charger.charger
    return ChargerDetail(
        **dict(_facts(charger)),
        in_service=record.in_service,
        tariff=Tariff.of(record.tariff),
        evses=[
            Evse(
                evse_id=evse.evse_id,
                status=shown_status(evse),
                cable=evse.cable,
                connector_type=evse.connector_type,
                max_power_w=evse.max_power_w,
                can_start=why_not_start(charger, evse, now_ms=now_ms) in ("", "cable_not_plugged"),
                can_stop=evse.evse_id in mine,
                session=(
                    Session.of(mine[evse.evse_id], now_ms=now_ms, patience=patience, connected=record.connected)
                    if evse.evse_id in mine
                    else None
                ),
                notice=notice_of(charger, evse, now_ms=now_ms, mine=evse.evse_id in mine),
            )
            for evse in charger.evses
        ],
    )
