"""The floor's functions make the calls that nobody can leave out, and no other."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from local.bench import floor_handlers

if TYPE_CHECKING:
    from collections.abc import Callable

RECORD = {"session_id": {"S": "S-1"}, "charger_id": {"S": "PX-1"}, "phase": {"S": "active"}}
HTTP = {"pathParameters": {"sessionId": "S-1"}, "requestContext": {"requestId": "R-1", "timeEpoch": 7_500}}


class Calls(list[tuple[str, dict[str, Any]]]):
    """Every client at once: notes what it is asked for, and answers with the record."""

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        def call(**given: Any) -> dict[str, Any]:
            self.append((name, given))
            return {"Attributes": RECORD, "Item": RECORD}

        return call


@pytest.fixture(name="calls")
def _calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    calls = Calls()
    monkeypatch.setenv("SESSIONS_TABLE", "sessions")
    monkeypatch.setattr(floor_handlers, "client", lambda *_: calls)
    return calls


def _message(**document: Any) -> dict[str, str]:
    return {"body": json.dumps(document)}


def _event(kind: str) -> str:
    return base64.b64encode(json.dumps({"sessionId": "S-1", "type": kind}).encode()).decode()


def test_a_stop_is_one_write_of_the_record_and_one_of_its_chargers_shadow(calls: Calls) -> None:
    assert floor_handlers.stop(HTTP, None)["statusCode"] == 202
    (write, _), (shadow, given) = calls
    assert (write, shadow, given["thingName"]) == ("update_item", "update_thing_shadow", "PX-1")
    (intent,) = json.loads(given["payload"])["state"]["desired"]["intent"]
    assert intent == {"id": "R-1", "act": "stop", "sessionId": "S-1", "issuedAt": 7, "by": "owner"}


def test_a_look_is_one_read(calls: Calls) -> None:
    assert json.loads(floor_handlers.show(HTTP, None)["body"])["status"] == "active"
    assert [name for name, _ in calls] == ["get_item"]


def test_each_message_about_a_session_is_one_write_and_an_end_ends_it(calls: Calls) -> None:
    batch = [
        _message(kind="shadow", reported={"session": [{"sessionId": "S-1"}]}),
        _message(kind="event", payload=_event("ended")),
        _message(kind="event", payload=_event("meter")),
        _message(kind="shadow", reported={}),
    ]
    assert floor_handlers.store({"Records": batch}, None) == {"batchItemFailures": []}
    assert [given["ExpressionAttributeNames"] for _, given in calls] == [
        {"#report": "report"},
        {"#event": "event", "#phase": "phase"},
        {"#event": "event"},
    ]
