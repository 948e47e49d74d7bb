"""DynamoDB items and the records they hold.

Tables (infra/tables.py): `chargers` with key (`charger_id`, `item`): "charger" and "evse#<n>"; `sessions` with key
(`session_id`, `item`): "session" and "meter#<at>#<seq>"; `cards` with key `id_token_hash`. An attribute is named as the
record's field; None and empty values have no attribute: a session without an owner is in no index by owner.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from typing import Any

from contract.vocabulary import Act, CableState, CardStatus, EndMethod, EndReason, EvseStatus, RequestedBy
from functions.adapters.unreadable import readable
from functions.domain.anomalies import Anomaly, AnomalyCode
from functions.domain.open_work import next_due, shard_of
from functions.domain.records import (
    CardRecord,
    ChargerRecord,
    Confidence,
    EndBasis,
    EndRecord,
    EvseRecord,
    IntentRecord,
    IntentStatus,
    MeterSample,
    SessionPhase,
    SessionRecord,
)
from functions.domain.stop_right import StopRight
from functions.domain.targets import Target
from functions.domain.tariffs import Tariff

SESSION_ITEM = "session"
METER_PREFIX = "meter#"
CHARGER_ITEM = "charger"
EVSE_PREFIX = "evse#"

SHARD, DUE = "open_shard", "due_at_ms"
"""Keys of the index of open work. A session with nothing due has neither, and is not in it."""

METER_HISTORY_S = 400 * 24 * 3600
"""Meter samples expire after 400 days: a year of receipts and the time to dispute the last one."""

Item = dict[str, Any]


def to_item(record: object) -> Item:
    """The attributes of a record: None, empty text and empty lists have none."""
    fields = dataclasses.fields(record)  # type: ignore[arg-type]  # every record is a dataclass; there is no base class
    values = {field.name: _plain(getattr(record, field.name)) for field in fields}
    return {name: value for name, value in values.items() if value is not None and value not in ("", [])}


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return to_item(value)
    if isinstance(value, tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, float):
        return Decimal(str(value))
    return value


def whole(item: Mapping[str, Any], name: str) -> int | None:
    """A whole number that an item may lack."""
    value = item.get(name)
    return None if value is None else int(value)


def _intent(item: Mapping[str, Any]) -> IntentRecord:
    return IntentRecord(
        intent_id=item["intent_id"],
        act=Act(item["act"]),
        by=RequestedBy(item["by"]),
        requested_at_ms=int(item["requested_at_ms"]),
        why=item.get("why", ""),
        expires_at_s=whole(item, "expires_at_s"),
        status=IntentStatus(item["status"]),
        reason=item.get("reason", ""),
        accepted_at_ms=whole(item, "accepted_at_ms"),
        executing_at_ms=whole(item, "executing_at_ms"),
        settled_at_ms=whole(item, "settled_at_ms"),
        accepted_charger_ms=whole(item, "accepted_charger_ms"),
        executing_charger_ms=whole(item, "executing_charger_ms"),
        settled_charger_ms=whole(item, "settled_charger_ms"),
        overdue_at_ms=whole(item, "overdue_at_ms"),
        kept_at_ms=whole(item, "kept_at_ms"),
        operator_at_ms=whole(item, "operator_at_ms"),
        operator_why=item.get("operator_why", ""),
    )


def _end(item: Mapping[str, Any]) -> EndRecord:
    return EndRecord(
        reason=EndReason(item["reason"]),
        method=EndMethod(item["method"]),
        at_ms=int(item["at_ms"]),
        received_at_ms=int(item["received_at_ms"]),
        meter_wh=whole(item, "meter_wh"),
        basis=EndBasis(item["basis"]) if "basis" in item else None,
        confidence=Confidence(item["confidence"]) if "confidence" in item else None,
        why=item.get("why", ""),
    )


def _right(item: Mapping[str, Any]) -> StopRight:
    return StopRight(
        right_id=item["right_id"],
        offered_at_ms=int(item["offered_at_ms"]),
        offer_ends_at_ms=int(item["offer_ends_at_ms"]),
        code_hash=item["code_hash"],
        holder=item.get("holder", ""),
        taken_at_ms=whole(item, "taken_at_ms"),
        revoked_at_ms=whole(item, "revoked_at_ms"),
    )


def _anomaly(item: Mapping[str, Any]) -> Anomaly:
    return Anomaly(code=AnomalyCode(item["code"]), at_ms=int(item["at_ms"]))


def _tariff(item: Mapping[str, Any]) -> Tariff | None:
    """The prices in an item. Such as cannot be are none: charging goes on, and nobody is told a wrong amount."""
    stored = item.get("tariff")
    try:
        return Tariff(**stored) if stored else None
    except (TypeError, ValueError, AttributeError):
        return None


def _target(item: Mapping[str, Any]) -> Target | None:
    stored = item.get("target")
    if not stored:
        return None
    return Target(energy_wh=whole(stored, "energy_wh"), duration_s=whole(stored, "duration_s"))


def session_key(session_id: str) -> Item:
    """Key of a session's record."""
    return {"session_id": session_id, "item": SESSION_ITEM}


def session_to_item(session: SessionRecord) -> Item:
    """A session's attributes, its sort key and its place in the index of open work included."""
    due = next_due(session)
    place = {} if due is None else {SHARD: shard_of(session.session_id), DUE: due.at_ms}
    return {**to_item(session), "item": SESSION_ITEM, **place}


@readable
def session_from_item(item: Mapping[str, Any]) -> SessionRecord:
    """The session an item holds."""
    return SessionRecord(
        session_id=item["session_id"],
        owner=item.get("owner", ""),
        charger_id=item["charger_id"],
        charger_name=item.get("charger_name", ""),
        evse_id=int(item["evse_id"]),
        created_at_ms=int(item["created_at_ms"]),
        phase=SessionPhase(item["phase"]),
        start=_intent(item["start"]) if "start" in item else None,
        start_not_sent=bool(item.get("start_not_sent", False)),
        id_token_hash=item.get("id_token_hash", ""),
        started_at_ms=whole(item, "started_at_ms"),
        started_received_at_ms=whole(item, "started_received_at_ms"),
        transaction_id=item.get("transaction_id"),
        start_meter_wh=whole(item, "start_meter_wh"),
        meter_wh=whole(item, "meter_wh"),
        power_w=whole(item, "power_w"),
        as_of_ms=whole(item, "as_of_ms"),
        heard_at_ms=whole(item, "heard_at_ms"),
        last_seq=whole(item, "last_seq"),
        stop=_intent(item["stop"]) if "stop" in item else None,
        stop_sent_at_ms=whole(item, "stop_sent_at_ms"),
        stop_not_sent=bool(item.get("stop_not_sent", False)),
        past_stops=tuple(_intent(entry) for entry in item.get("past_stops", ())),
        stop_right=_right(item["stop_right"]) if "stop_right" in item else None,
        past_stop_rights=tuple(_right(entry) for entry in item.get("past_stop_rights", ())),
        end=_end(item["end"]) if "end" in item else None,
        cable_free_at_ms=whole(item, "cable_free_at_ms"),
        superseded_end=_end(item["superseded_end"]) if "superseded_end" in item else None,
        tariff=_tariff(item),
        target=_target(item),
        watch_until_ms=whole(item, "watch_until_ms"),
        start_expired_at_ms=whole(item, "start_expired_at_ms"),
        looked_at_ms=whole(item, "looked_at_ms"),
        reopened_at_ms=whole(item, "reopened_at_ms"),
        forgotten_at_ms=whole(item, "forgotten_at_ms"),
        anomalies=tuple(_anomaly(entry) for entry in item.get("anomalies", ())),
        revision=int(item.get("revision", 0)),
    )


def card_key(id_token_hash: str) -> Item:
    """Key of a card."""
    return {"id_token_hash": id_token_hash}


def card_from_item(item: Mapping[str, Any]) -> CardRecord:
    """The card an item holds."""
    return CardRecord(
        id_token_hash=item["id_token_hash"],
        owner=item.get("owner", ""),
        status=CardStatus(item["status"]),
        label=item.get("label", ""),
        added_at_ms=whole(item, "added_at_ms"),
        lost_at_ms=whole(item, "lost_at_ms"),
        revision=int(item.get("revision", 0)),
    )


def meter_to_item(sample: MeterSample) -> Item:
    """A sample's attributes; its sort key orders by time, then number, and makes the same sample the same item."""
    return {
        "session_id": sample.session_id,
        "item": f"{METER_PREFIX}{sample.at_ms:013d}#{sample.seq:08d}",
        "seq": sample.seq,
        "at_ms": sample.at_ms,
        "meter_wh": sample.meter_wh,
        **({} if sample.power_w is None else {"power_w": sample.power_w}),
        "expires_at": sample.at_ms // 1000 + METER_HISTORY_S,
    }


def meter_from_item(item: Mapping[str, Any]) -> MeterSample:
    """The sample an item holds."""
    return MeterSample(
        session_id=item["session_id"],
        seq=int(item["seq"]),
        at_ms=int(item["at_ms"]),
        meter_wh=int(item["meter_wh"]),
        power_w=whole(item, "power_w"),
    )


def charger_key(charger_id: str) -> Item:
    """Key of a charger's record."""
    return {"charger_id": charger_id, "item": CHARGER_ITEM}


def evse_key(charger_id: str, evse_id: int) -> Item:
    """Key of an EVSE's record."""
    return {"charger_id": charger_id, "item": f"{EVSE_PREFIX}{evse_id}"}


@readable
def charger_from_item(item: Mapping[str, Any]) -> ChargerRecord:
    """The charger an item holds."""
    return ChargerRecord(
        charger_id=item["charger_id"],
        name=item["name"],
        image_url=item.get("image_url", ""),
        address=item.get("address", ""),
        latitude=float(item.get("latitude", 0)),
        longitude=float(item.get("longitude", 0)),
        accepts_cards=bool(item.get("accepts_cards", False)),
        in_service=bool(item.get("in_service", False)),
        evse_count=int(item.get("evse_count", 0)),
        tariff=_tariff(item),
        connected=item.get("connected"),
        presence_at_ms=whole(item, "presence_at_ms"),
        presence_session=item.get("presence_session"),
        presence_version=whole(item, "presence_version"),
        revision=int(item.get("revision", 0)),
    )


@readable
def evse_from_item(item: Mapping[str, Any]) -> EvseRecord:
    """The EVSE an item holds."""
    return EvseRecord(
        charger_id=item["charger_id"],
        evse_id=int(item["evse_id"]),
        connector_type=item.get("connector_type", ""),
        max_power_w=int(item.get("max_power_w", 0)),
        status=EvseStatus(item["status"]) if "status" in item else None,
        error=item.get("error", ""),
        cable=CableState(item["cable"]) if "cable" in item else None,
        reported_session_id=item.get("reported_session_id"),
        shadow_version=whole(item, "shadow_version"),
        report_boot=item.get("report_boot"),
        reported_at_ms=whole(item, "reported_at_ms"),
        unplugged_at_ms=whole(item, "unplugged_at_ms"),
        current_session_id=item.get("current_session_id"),
        current_owner=item.get("current_owner"),
        current_started_at_ms=whole(item, "current_started_at_ms"),
        hold_until_ms=whole(item, "hold_until_ms"),
        released_session_id=item.get("released_session_id"),
        displaced_session_id=item.get("displaced_session_id"),
        revision=int(item.get("revision", 0)),
    )
