"""Scenes that the end-to-end tests begin with, told as a driver would."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from functions.adapters.dynamodb_chargers import DynamoChargers
from functions.adapters.dynamodb_sessions import DynamoSessions
from local.client import DriverApi
from local.waiting import wait_for
from tests.local.support import LOOK_EVERY_S, WITHIN_S, FreshCharger, LocalStack

Session = Mapping[str, Any]

TWO_DAYS_MS = 2 * 24 * 3_600_000

FAST = 900
"""The simulated hardware's time runs this many times as fast where a test is about energy."""


def awaited(read: Callable[[], Session], what: str, *, within_s: float = WITHIN_S, **wanted: Any) -> Session:
    """The session once it has these values; a failure shows the last one seen."""
    seen: list[Session] = []

    def arrived() -> bool:
        seen.append(read())
        return all(seen[-1][name] == value for name, value in wanted.items())

    try:
        wait_for(arrived, what, within_s=within_s, every_s=LOOK_EVERY_S)
    except Exception as error:
        raise AssertionError(
            f"{what}: not within {within_s} s; last seen {dict(seen[-1]) if seen else None}"
        ) from error
    return seen[-1]


def session_of(driver: DriverApi, session_id: str) -> Session:
    return driver.session(session_id).expect(200)


def stop_of(driver: DriverApi, session_id: str) -> Session:
    stop: Session = session_of(driver, session_id)["stop"] or {"status": None}
    return stop


def charging(driver: DriverApi, charger: FreshCharger, evse_id: int = 1) -> str:
    """The driver starts at this EVSE; the session's id once the charger has said that it began."""
    session_id: str = driver.start(charger.charger_id, evse_id).expect(202)["sessionId"]
    awaited(lambda: session_of(driver, session_id), "the session begins", status="active")
    return session_id


def tap(charger: FreshCharger, card: str, *, shown: str = "card accepted") -> None:
    """Hold a card to the charger, and wait for what its display says."""
    charger.do("show", text="")
    charger.do("tap", card=card)
    awaited(charger.describe, f"the display says {shown}", display=shown)


def appeared(driver: DriverApi, charger: FreshCharger) -> str:
    """The id of the session that has appeared in this driver's app."""
    shown = awaited(lambda: {"mine": evse_of(driver, charger)["session"] is not None}, "the session appears", mine=True)
    assert shown
    session_id: str = evse_of(driver, charger)["session"]["sessionId"]
    awaited(lambda: session_of(driver, session_id), "the session is active", status="active")
    return session_id


def ended(driver: DriverApi, session_id: str) -> Session:
    """The session once the API shows it ended."""
    return awaited(lambda: session_of(driver, session_id), "the session ends", status="ended")


def startable(driver: DriverApi, charger: FreshCharger, evse_id: int = 1) -> Session:
    """The EVSE on the detail screen, once the green button is there."""
    return awaited(lambda: evse_of(driver, charger, evse_id), "Start charging is back", canStart=True, session=None)


def evse_of(driver: DriverApi, charger: FreshCharger, evse_id: int = 1) -> Session:
    found: Session = driver.charger(charger.charger_id).expect(200)["evses"][evse_id - 1]
    return found


def ack_of(charger: FreshCharger) -> Session:
    """The charger's answer that its shadow shows."""
    ack: Session = charger.shadow()["state"]["reported"]["ack"][0]
    return ack


def stages(driver: DriverApi, session_id: str) -> list[str]:
    return [stage["stage"] for stage in driver.timeline(session_id).expect(200)["stages"]]


def reports_taken_in(stack: LocalStack) -> None:
    """Wait until whatever the chargers have told has been taken in."""
    sqs, names = stack.client("sqs"), ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

    def taken() -> bool:
        answer = sqs.get_queue_attributes(QueueUrl=stack.run.queues.reports, AttributeNames=names)
        return all(int(answer["Attributes"][name]) == 0 for name in names)

    wait_for(taken, "the queue is empty", within_s=WITHIN_S)


def let_two_days_pass(stack: LocalStack, charger: FreshCharger, session_id: str) -> None:
    """As if the last word of the session, and of the charger, had come two days ago; the agent is dead."""
    reports_taken_in(stack)
    dynamodb, tables = stack.client("dynamodb"), stack.run.tables
    then_ms = int(time.time() * 1000) - TWO_DAYS_MS
    sessions = DynamoSessions(dynamodb, tables.sessions, tables.chargers)
    session = sessions.get(session_id)
    assert session is not None
    times = dict.fromkeys(("created_at_ms", "started_received_at_ms", "as_of_ms", "heard_at_ms"), then_ms)
    old = replace(session, **times)  # type: ignore[arg-type]  # all four are times
    assert sessions.replace(session, old)
    chargers = DynamoChargers(dynamodb, tables.chargers)
    evse = chargers.evse(charger.charger_id, 1)
    assert evse is not None
    assert chargers.replace_evse(evse, replace(evse, reported_at_ms=then_ms))


def resigned(token: str, key: Path, **claims: Any) -> str:
    """The token with other claims, signed with the pool's own key, as only the pool could."""
    header, payload, _ = token.split(".")
    changed = json.loads(base64.urlsafe_b64decode(payload + "==")) | claims
    body = f"{header}.{_b64(json.dumps(changed).encode())}"
    private = serialization.load_pem_private_key(key.read_bytes(), password=None)
    assert isinstance(private, rsa.RSAPrivateKey)
    return f"{body}.{_b64(private.sign(body.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def tampered(token: str, **claims: Any) -> str:
    """The token with other claims and its old signature."""
    header, payload, signature = token.split(".")
    changed = json.loads(base64.urlsafe_b64decode(payload + "==")) | claims
    return f"{header}.{_b64(json.dumps(changed).encode())}.{signature}"


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
