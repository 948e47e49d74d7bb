"""The floor's functions: they forward what comes, and do nothing else.

No model, no rule, no metric: the write, read or shadow write that nobody can leave out, by clients made as ours are.
They run in the emulator beside our own (`floor`), from an archive that has this file and what it imports. Each says one
word for the log: the emulator waits 50 ms for that of a function that says nothing.
"""

from __future__ import annotations

import base64
import json
import os
from typing import Any

from functions.adapters.clients import client

ITEM = "floor"
"""Sort key of the floor's records in the table of sessions: none of our functions reads or is woken by them."""


def stop(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """POST …/stop: one write of the record, one write of the shadow."""
    session_id = event["pathParameters"]["sessionId"]
    intent_id = event["requestContext"]["requestId"]
    record = _store(session_id, {"stop": intent_id})
    issued_at = event["requestContext"]["timeEpoch"] // 1000
    intent = {"id": intent_id, "act": "stop", "sessionId": session_id, "issuedAt": issued_at, "by": "owner"}
    client("iot-data", os.environ.get("IOT_DATA_ENDPOINT")).update_thing_shadow(
        thingName=record["charger_id"]["S"],
        shadowName="evse-1",
        payload=json.dumps({"state": {"desired": {"v": 1, "intent": [intent]}}}).encode(),
    )
    print("stopped")
    return {"statusCode": 202, "body": json.dumps(record)}


def show(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """GET …/{sessionId}: one read of the record."""
    found = client("dynamodb").get_item(
        TableName=os.environ["SESSIONS_TABLE"], Key=_key(event["pathParameters"]["sessionId"]), ConsistentRead=True
    )["Item"]
    print("shown")
    return {"statusCode": 200, "body": json.dumps(found | {"status": found["phase"]["S"]})}


def store(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """What the topic rules put on the queue: one write for each message of a session."""
    for record in event["Records"]:
        body = record["body"]
        document = json.loads(body)
        if document["kind"] == "event":
            told = json.loads(base64.b64decode(document["payload"]))
            ended = {"phase": "ended"} if told["type"] == "ended" else {}
            _store(told["sessionId"], {"event": body} | ended)
        elif sessions := (document.get("reported") or {}).get("session"):
            _store(sessions[0]["sessionId"], {"report": body})
    print("stored")
    return {"batchItemFailures": []}


def _store(session_id: str, attributes: dict[str, str]) -> dict[str, Any]:
    """The record after one write."""
    names = list(attributes)
    answer = client("dynamodb").update_item(
        TableName=os.environ["SESSIONS_TABLE"],
        Key=_key(session_id),
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in names),
        ExpressionAttributeNames={f"#{name}": name for name in names},
        ExpressionAttributeValues={f":{name}": {"S": value} for name, value in attributes.items()},
        ReturnValues="ALL_NEW",
    )
    found: dict[str, Any] = answer["Attributes"]
    return found


def _key(session_id: str) -> dict[str, dict[str, str]]:
    return {"session_id": {"S": session_id}, "item": {"S": ITEM}}
