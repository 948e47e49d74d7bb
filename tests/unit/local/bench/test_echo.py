"""A charger without an agent says what an agent once said, with the new names in it."""

from __future__ import annotations

import json
from typing import Any

from local.bench.echo import Words

ONE = {"id": "I-1", "act": "stop", "sessionId": "S-1", "issuedAt": 1, "by": "owner"}
OTHER = {"id": "I-2", "act": "stop", "sessionId": "S-2", "issuedAt": 2, "by": "owner"}


def _delta(intent: dict[str, Any]) -> bytes:
    return json.dumps({"version": 3, "state": {"intent": [intent]}}).encode()


def _said(charger_id: str, intent: dict[str, Any]) -> list[tuple[str, bytes]]:
    report = {"state": {"reported": {"ack": [{"id": intent["id"], "status": "done"}], "intent": [intent]}}}
    event = {"sessionId": intent["sessionId"], "type": "ended"}
    return [
        (f"things/{charger_id}/update", json.dumps(report, separators=(",", ":")).encode()),
        (f"events/{charger_id}/1", json.dumps(event).encode()),
    ]


def test_the_words_are_the_same_but_for_the_charger_the_session_and_the_whole_intent() -> None:
    words = Words.heard("PX-1", _delta(ONE), _said("PX-1", ONE))
    assert words.again("PX-1", _delta(ONE)) == _said("PX-1", ONE)
    assert words.again("PX-2", _delta(OTHER)) == _said("PX-2", OTHER)
