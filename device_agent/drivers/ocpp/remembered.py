"""How much of what is over is remembered of an EVSE. Pure."""

from __future__ import annotations

from typing import Any

REMEMBERED = 32
"""So many transactions that are over, orders and answers are remembered for messages that come late or again: a
charger's queue holds the messages of one EVSE in order, so that the last few are what can come again."""


def forget_oldest(known: dict[str, Any]) -> None:
    """Keep the last `REMEMBERED`."""
    while len(known) > REMEMBERED:
        del known[next(iter(known))]
