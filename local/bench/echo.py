"""A charger without an agent: what an agent once said to a delta is said again at once, with the new names in it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

Intent = Mapping[str, Any]


@dataclass(frozen=True)
class Words:
    """What an agent said from a stop's delta until its shadow was in sync again."""

    charger_id: str
    intent: Intent
    said: Sequence[tuple[str, str]]
    """Topics and messages."""

    @classmethod
    def heard(cls, charger_id: str, delta: bytes, said: Sequence[tuple[str, bytes]]) -> Self:
        """The words that followed a delta."""
        return cls(charger_id, intent_of(delta), [(topic, payload.decode()) for topic, payload in said])

    def again(self, charger_id: str, delta: bytes) -> list[tuple[str, bytes]]:
        """The same number of messages of the same kinds, as another charger's answer to another stop."""
        intent = intent_of(delta)
        names = {
            # Whole, because the shadow goes on telling a delta until the intent comes back as it was wanted.
            _compact(self.intent): _compact(intent),
            self.intent["id"]: intent["id"],
            self.intent["sessionId"]: intent["sessionId"],
            self.charger_id: charger_id,
        }
        return [(_renamed(topic, names), _renamed(message, names).encode()) for topic, message in self.said]


def intent_of(delta: bytes) -> Intent:
    """What a delta asks for."""
    intent: Intent = json.loads(delta)["state"]["intent"][0]
    return intent


def _compact(intent: Intent) -> str:
    return json.dumps(intent, separators=(",", ":"))


def _renamed(text: str, names: Mapping[str, str]) -> str:
    for before, after in names.items():
        text = text.replace(before, after)
    return text
