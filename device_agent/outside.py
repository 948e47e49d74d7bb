"""What the agent takes from outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from device_agent.authorising import OfflineCards
    from device_agent.clock import CloudClock


@dataclass(frozen=True, slots=True)
class Outside:
    """What the agent takes from outside, so that tests can decide it."""

    clock: CloudClock
    boot: str
    """Random hex, new at every start of the process."""
    new_transaction: Callable[[], str]
    """Gives an id for the charger's own record of a session."""
    new_ulid: Callable[[], str]
    """Gives a new ULID."""
    offline_cards: OfflineCards = "cached"
