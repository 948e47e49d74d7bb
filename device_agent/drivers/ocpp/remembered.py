"""What is remembered of an EVSE's transactions that are over, and how much. Pure."""

from __future__ import annotations

from collections import deque
from typing import Any

from device_agent.drivers.ocpp.fields import mark, positive_31_bits

REMEMBERED = 32
"""So many transactions that are over, orders and answers are remembered for messages that come late or again: a
charger's queue holds the messages of one EVSE in order, so that the last few are what can come again."""


class Past:
    """The transactions of an EVSE that are over, by id."""

    def __init__(self) -> None:
        self._ids: deque[str] = deque(maxlen=REMEMBERED)
        self._concluded: set[str] = set()
        """Those whose end the charger has not told: it may prove us wrong."""
        self._marks: dict[str, str] = {}
        """The marks of beginnings of 1.6, by what the charger said, oldest first."""

    def __contains__(self, transaction_id: str) -> bool:
        return transaction_id in self._ids

    def add(self, transaction_id: str, *, told: bool = False) -> None:
        """It is over, as the charger has told, or as was concluded."""
        self._ids.append(transaction_id)
        self._concluded &= set(self._ids)
        if not told:
            self._concluded.add(transaction_id)

    def told(self, transaction_id: str) -> bool:
        """The charger tells that it is over. Whether that was only concluded until now."""
        concluded = transaction_id in self._concluded
        self._concluded.discard(transaction_id)
        return concluded

    def was_told(self, transaction_id: str) -> bool:
        """Whether the charger itself has told that it is over."""
        return transaction_id in self._ids and transaction_id not in self._concluded

    def forget(self, transaction_id: str) -> None:
        """Another one begins, which may have the same id."""
        self._concluded.discard(transaction_id)
        if transaction_id in self._ids:
            self._ids.remove(transaction_id)

    def mark_of(self, words: str) -> str:
        """The mark of a beginning of 1.6 that says this, which its transaction id is made of.

        Once the charger has told the end of that, the same words are said of another transaction: its clock may stand
        still, and its meter begin at zero every time.
        """
        known = self._marks.pop(words, words)
        self._marks[words] = mark([known]) if self.was_told(str(positive_31_bits(known))) else known
        forget_oldest(self._marks)
        return self._marks[words]


def forget_oldest(known: dict[str, Any]) -> None:
    """Keep the last `REMEMBERED`."""
    while len(known) > REMEMBERED:
        del known[next(iter(known))]
