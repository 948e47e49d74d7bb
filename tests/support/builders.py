"""Records and documents with sensible values; a test names only what it is about."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from contract.cards import id_token_hash
from contract.vocabulary import Act, CableState, CardStatus, EvseStatus, RequestedBy
from functions.adapters import items
from functions.adapters.table import to_dynamo
from functions.domain.accounts import AccountRecord
from functions.domain.records import CardRecord, ChargerRecord, EvseRecord, IntentRecord, SessionPhase, SessionRecord
from functions.domain.stop_right import StopRight, guest_name, secret_hash
from functions.domain.tariffs import Tariff
from tests.support.clock import NOON_MS

OWNER = "owner-sub"
NEIGHBOUR = "neighbour-sub"
CHARGER = "PX-0001"
SESSION = "01JD0000000000000000000001"
OTHER_SESSION = "01JD0000000000000000000002"
START_INTENT = "01JD000000000000000000000A"
STOP_INTENT = "01JD000000000000000000000B"
NOON_S = NOON_MS // 1000
CARD = id_token_hash("04:A2:2B:91")
OTHER_CARD = id_token_hash("04:77:00:1C")
QUESTION = "01JD000000000000000000000C"
TARIFF = Tariff(currency="EUR", per_kwh=Decimal("39.5"), per_minute=Decimal(2), start_fee=Decimal(50))
"""39.5 cents for a kWh, 2 for a minute, 50 for the start."""


def ids() -> Callable[[], str]:
    """New ids that count up, so that later ones sort after earlier ones."""
    counter = itertools.count(1)
    return lambda: f"01JE{next(counter):022d}"


def secrets_in_turn() -> Callable[[], str]:
    """Secrets of codes, each another one."""
    counter = itertools.count(1)
    return lambda: f"secret{next(counter):016d}"


def start_intent(**changes: Any) -> IntentRecord:
    intent = IntentRecord(
        intent_id=START_INTENT,
        act=Act.START,
        by=RequestedBy.OWNER,
        requested_at_ms=NOON_MS,
        expires_at_s=NOON_S + 60,
    )
    return replace(intent, **changes)


def stop_intent(**changes: Any) -> IntentRecord:
    intent = IntentRecord(intent_id=STOP_INTENT, act=Act.STOP, by=RequestedBy.OWNER, requested_at_ms=NOON_MS)
    return replace(intent, **changes)


def pending_session(**changes: Any) -> SessionRecord:
    session = SessionRecord(
        session_id=SESSION,
        owner=OWNER,
        charger_id=CHARGER,
        charger_name="Harbour Street 4",
        evse_id=1,
        created_at_ms=NOON_MS,
        phase=SessionPhase.PENDING,
        start=start_intent(),
        revision=1,
    )
    return replace(session, **changes)


def active_session(**changes: Any) -> SessionRecord:
    return pending_session(
        **{
            "phase": SessionPhase.ACTIVE,
            "started_at_ms": NOON_MS,
            "started_received_at_ms": NOON_MS,
            "start_meter_wh": 1000,
            "meter_wh": 8200,
            "power_w": 7210,
            "as_of_ms": NOON_MS,
            "last_seq": 3,
            "transaction_id": "tx-1",
            **changes,
        }
    )


def stopping_session(**changes: Any) -> SessionRecord:
    return active_session(**{"stop": stop_intent(), "stop_sent_at_ms": NOON_MS, **changes})


def stop_right(**changes: Any) -> StopRight:
    """The right to stop SESSION, held by the neighbour."""
    right = StopRight(
        right_id="01JD000000000000000000000R",
        offered_at_ms=NOON_MS,
        offer_ends_at_ms=NOON_MS + 900_000,
        code_hash=secret_hash("0" * 22),
        holder=guest_name(SESSION, NEIGHBOUR),
        taken_at_ms=NOON_MS + 1000,
    )
    return replace(right, **changes)


def card_session(**changes: Any) -> SessionRecord:
    """A running session that its charger began with a card."""
    return active_session(**{"start": None, "id_token_hash": CARD, **changes})


def card(**changes: Any) -> CardRecord:
    return replace(CardRecord(id_token_hash=CARD, owner=OWNER, status=CardStatus.ACCEPTED), **changes)


def account(**changes: Any) -> AccountRecord:
    return replace(AccountRecord(owner=OWNER, revision=1), **changes)


def charger(**changes: Any) -> ChargerRecord:
    record = ChargerRecord(
        charger_id=CHARGER,
        name="Harbour Street 4",
        image_url="/hero.svg",
        address="Harbour Street 4",
        latitude=53.55,
        longitude=9.99,
        accepts_cards=False,
        in_service=True,
        evse_count=1,
        connected=True,
        presence_at_ms=NOON_MS - 3_600_000,
        presence_session="connection-1",
        revision=1,
    )
    return replace(record, **changes)


def evse(**changes: Any) -> EvseRecord:
    record = EvseRecord(
        charger_id=CHARGER,
        evse_id=1,
        connector_type="type2",
        max_power_w=11_000,
        status=EvseStatus.PREPARING,
        cable=CableState.PLUGGED,
        shadow_version=5,
        reported_at_ms=NOON_MS - 60_000,
        revision=1,
    )
    return replace(record, **changes)


def event(kind: str, seq: int, **changes: Any) -> dict[str, Any]:
    """A session event as the agent writes it."""
    document: dict[str, Any] = {
        "v": 1,
        "sessionId": SESSION,
        "seq": seq,
        "type": kind,
        "at": NOON_S,
        "meterWh": 1000,
        "transactionId": "tx-1",
    }
    if kind == "ended":
        document |= {"reason": "Remote", "method": "reported"}
    return document | changes


def event_message(document: Any, *, charger_id: str = CHARGER, evse_id: int | str = 1) -> str:
    """An event as the topic rule puts it on the queue."""
    raw = document if isinstance(document, bytes) else json.dumps(document).encode()
    return json.dumps(
        {
            "kind": "event",
            "chargerId": charger_id,
            "evse": str(evse_id),
            "receivedAtMs": NOON_MS,
            "payload": base64.b64encode(raw).decode(),
        }
    )


def reported(**groups: Any) -> dict[str, Any]:
    """The `reported` section of a shadow, each group given as what is inside its one-element list."""
    document: dict[str, Any] = {
        "v": 1,
        "boot": "b7f3",
        "n": 918,
        "evse": [{"status": "charging", "error": "", "cable": "locked", "powerW": 7210}],
        "agent": [{"version": "1.0.0", "driver": "simulated", "driverOk": True}],
    }
    scalars = {name: value for name, value in groups.items() if name in ("v", "boot", "n")}
    return document | scalars | {name: [value] for name, value in groups.items() if name not in scalars}


def reported_session(**changes: Any) -> dict[str, Any]:
    return {
        "sessionId": SESSION,
        "transactionId": "tx-1",
        "state": "charging",
        "startedAt": NOON_S,
        "energyWh": 7200,
        "at": NOON_S,
    } | changes


def stop_wire(**changes: Any) -> dict[str, Any]:
    """A stop intent as it stands in the shadow."""
    return {"id": STOP_INTENT, "act": "stop", "sessionId": SESSION, "issuedAt": NOON_S, "by": "owner"} | changes


def start_wire(**changes: Any) -> dict[str, Any]:
    """A start intent as it stands in the shadow."""
    return {
        "id": START_INTENT,
        "act": "start",
        "sessionId": SESSION,
        "issuedAt": NOON_S,
        "by": "owner",
        "expiresAt": NOON_S + 60,
    } | changes


def ack(intent_id: str = STOP_INTENT, status: str = "done", reason: str = "") -> dict[str, Any]:
    return {"id": intent_id, "status": status, "reason": reason, "at": NOON_S}


def shadow_message(document: dict[str, Any] | None, *, version: int = 10, **changes: Any) -> str:
    """A shadow document as the topic rule puts it on the queue."""
    message: dict[str, Any] = {
        "kind": "shadow",
        "chargerId": CHARGER,
        "shadow": "evse-1",
        "version": version,
        "previousN": 917,
        "previousBoot": "b7f3",
    }
    if document is not None:
        message["reported"] = document
    return json.dumps(message | changes)


def question(**changes: Any) -> dict[str, Any]:
    """What a charger asks about a card that somebody holds to it."""
    return {"v": 1, "id": QUESTION, "idTokenHash": CARD, "at": NOON_S} | changes


def question_message(document: Any, *, charger_id: str = CHARGER) -> str:
    """A question as the topic rule puts it on the queue."""
    raw = document if isinstance(document, bytes) else json.dumps(document).encode()
    payload = base64.b64encode(raw).decode()
    return json.dumps({"chargerId": charger_id, "receivedAtMs": NOON_MS, "payload": payload})


def stream_record(old: SessionRecord | None, new: SessionRecord, *, number: int = 1) -> dict[str, Any]:
    """A write of a session's record, as the stream of its table tells it."""
    images = {"OldImage": old, "NewImage": new}
    return {
        "eventSource": "aws:dynamodb",
        "eventName": "MODIFY" if old else "INSERT",
        "dynamodb": {
            "Keys": to_dynamo(items.session_key(new.session_id)),
            "SequenceNumber": f"{number:021d}",
            **{name: to_dynamo(items.session_to_item(it)) for name, it in images.items() if it is not None},
        },
    }
