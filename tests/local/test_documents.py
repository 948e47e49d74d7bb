"""Old, repeated, reordered, lost, malformed and foreign documents: no record is harmed, no wrong session stopped."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from contract.topics import events_topic, shadow_topic
from local.client import DriverApi
from local.waiting import wait_for
from tests.local.scenes import ack_of, awaited, charging, ended, evse_of, reports_taken_in, session_of, stages
from tests.local.support import WITHIN_S, DeadLetter, FreshCharger, LocalStack
from tests.local.voice import as_charger

FreshChargers = Callable[..., FreshCharger]


def queue_event(charger: FreshCharger, **document: Any) -> str:
    """An event as its topic rule forwards it."""
    payload = base64.b64encode(json.dumps({"v": 1, "transactionId": "tx", **document}).encode()).decode()
    body = {"kind": "event", "chargerId": charger.charger_id, "evse": "1", "receivedAtMs": 0, "payload": payload}
    return json.dumps(body)


def queue(stack: LocalStack, *bodies: str) -> None:
    """Put messages on the queue and wait until they have been taken in."""
    sqs = stack.client("sqs")
    for body in bodies:
        sqs.send_message(QueueUrl=stack.run.queues.reports, MessageBody=body)
    reports_taken_in(stack)


def await_dead_letters(stack: LocalStack, charger: FreshCharger) -> list[DeadLetter]:
    """What lies in the dead-letter queue, once something does."""
    return wait_for(lambda: stack.dead_letters(charger) or None, "a dead letter", within_s=WITHIN_S)


def test_the_next_drivers_session_is_untouched_by_any_old_intent(
    owner: DriverApi, neighbour: DriverApi, fresh_charger: FreshChargers
) -> None:
    charger = fresh_charger()
    mine = charging(owner, charger)
    start = charger.shadow()["state"]["desired"]["intent"][0]
    owner.stop(mine, wait_s=5).expect(200)
    stop = charger.shadow()["state"]["desired"]["intent"][0]
    theirs = charging(neighbour, charger)
    current = charger.shadow()["state"]["desired"]["intent"][0]

    for old in (stop, start, stop, current, stop):
        charger.desire(old)
        ack = awaited(lambda: ack_of(charger), "an answer", id=old["id"])
        assert ack["status"] == "done", "the same answer as the first time"
    owner.stop(mine).expect(200)
    charger.desire(stop)
    charger.kill_agent()
    charger.start_agent()

    assert session_of(neighbour, theirs)["status"] == "active"
    assert charger.describe()["contactor_closed"] is True
    assert (charger.describe()["contactor_closes"], charger.describe()["contactor_opens"]) == (2, 1)
    assert neighbour.stop(theirs, wait_s=5).expect(200)["end"]["reason"] == "Remote"


def test_an_intent_that_nobody_can_read_is_refused_once_and_does_not_loop(
    owner: DriverApi, fresh_charger: FreshChargers
) -> None:
    charger = fresh_charger()
    session_id = charging(owner, charger)
    charger.desire_raw({"v": 7, "intent": [{"id": "01JZZZZZZZZZZZZZZZZZZZZZZZ", "act": "explode"}]})

    awaited(lambda: ack_of(charger), "it is answered", status="refused", reason="unsupported")
    settled = charger.shadow_version()
    time.sleep(1)  # a loop would write again at once
    assert charger.shadow_version() == settled
    assert owner.stop(session_id, wait_s=5).expect(200)["status"] == "ended"


def test_repeated_and_reordered_events_change_nothing(
    stack: LocalStack, owner: DriverApi, fresh_charger: FreshChargers
) -> None:
    charger = fresh_charger()
    session_id = charging(owner, charger)
    owner.stop(session_id, wait_s=5).expect(200)
    awaited(lambda: {"acked": "stop_done" in stages(owner, session_id)}, "the stop is acknowledged", acked=True)
    before = session_of(owner, session_id)
    now, meter = int(time.time()), before["end"]["meterWh"]

    queue(
        stack,
        queue_event(charger, sessionId=session_id, seq=900, type="meter", at=now, meterWh=meter + 5000),
        queue_event(charger, sessionId=session_id, seq=0, type="started", at=now, meterWh=0),
        queue_event(
            charger,
            sessionId=session_id,
            seq=901,
            type="ended",
            at=now,
            meterWh=meter + 9000,
            reason="Other",
            method="reported",
        ),
    )

    assert session_of(owner, session_id) == before
    assert evse_of(owner, charger)["canStart"] is True
    assert stack.dead_letters(charger) == []


def test_a_lost_report_is_healed_by_the_next_one(
    stack: LocalStack, owner: DriverApi, fresh_charger: FreshChargers
) -> None:
    charger = fresh_charger()
    session_id = charging(owner, charger)
    iot = stack.client("iot")
    iot.disable_topic_rule(ruleName="polaris_shadow_documents")
    try:
        session = owner.stop(session_id, wait_s=5).expect(200)
        assert session["stop"]["status"] == "requested", "the ack was lost; the end was not"
    finally:
        iot.enable_topic_rule(ruleName="polaris_shadow_documents")

    charger.do("unplug")

    awaited(lambda: session_of(owner, session_id)["stop"], "the ack arrives with the next report", status="done")
    awaited(lambda: evse_of(owner, charger), "the EVSE is free", status="available")


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"\xff\x00 not even text", "invalid_event"),
        (b'{"v":1,"seq":-1}', "invalid_event"),
        (json.dumps({"v": 2, "sessionId": "01JZZZZZZZZZZZZZZZZZZZZZZZ"}).encode(), "invalid_event"),
        (b'{"filler":"' + b"x" * 4000 + b'"}', "invalid_document"),
        (
            json.dumps(
                {
                    "v": 1,
                    "sessionId": "01JZZZZZZZZZZZZZZZZZZZZZZZ",
                    "seq": 0,
                    "type": "started",
                    "at": 1_795_000_000,
                    "meterWh": 0,
                    "transactionId": "tx",
                }
            ).encode(),
            "session_not_found",
        ),
    ],
)
def test_an_event_that_nobody_can_use_is_kept_whole_as_a_dead_letter(
    stack: LocalStack, fresh_charger: FreshChargers, payload: bytes, why: str
) -> None:
    charger = fresh_charger()
    charger.end_agent()

    with as_charger(stack, charger) as voice:
        voice.say(events_topic(charger.charger_id, 1), payload)
        letters = await_dead_letters(stack, charger)

    (letter,) = letters
    assert letter.why.startswith(f"{why}: ")
    assert letter.body["chargerId"] == charger.charger_id
    assert base64.b64decode(letter.body["payload"]) == payload


def test_a_report_of_another_version_is_kept_as_a_dead_letter_and_the_record_stays(
    stack: LocalStack, owner: DriverApi, fresh_charger: FreshChargers
) -> None:
    charger = fresh_charger()
    charger.end_agent()
    before = evse_of(owner, charger)
    reported = charger.shadow()["state"]["reported"] | {"v": 9, "n": 10_000, "evse": [{"status": "molten"}]}

    with as_charger(stack, charger) as voice:
        document = json.dumps({"state": {"reported": reported}}).encode()
        voice.say(shadow_topic(charger.charger_id, 1, "update"), document)
        letters = await_dead_letters(stack, charger)

    (letter,) = letters
    assert letter.why.startswith("invalid_report: ")
    assert letter.body["reported"]["v"] == 9
    assert evse_of(owner, charger)["status"] == before["status"]


def test_a_charger_cannot_speak_of_another_chargers_session(
    stack: LocalStack, owner: DriverApi, fresh_charger: FreshChargers
) -> None:
    victim, impostor = fresh_charger(), fresh_charger()
    session_id = charging(owner, victim)
    impostor.end_agent()
    event = {
        "v": 1,
        "sessionId": session_id,
        "seq": 50,
        "type": "ended",
        "at": int(time.time()),
        "meterWh": 1,
        "transactionId": "tx",
        "reason": "Other",
        "method": "reported",
    }

    with as_charger(stack, impostor) as voice:
        voice.say(events_topic(impostor.charger_id, 1), json.dumps(event).encode())
        (letter,) = await_dead_letters(stack, impostor)

    assert letter.why.startswith("foreign_session: ")
    assert letter.body["chargerId"] == impostor.charger_id
    assert session_of(owner, session_id)["status"] == "active"
    owner.stop(session_id, wait_s=5).expect(200)
    ended(owner, session_id)
