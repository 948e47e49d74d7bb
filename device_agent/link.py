"""The way to the cloud: what the agent needs of an MQTT connection, whoever provides it.

A link connects and reconnects by itself. It never calls into the agent: everything that happens on it is delivered as
an input value into the agent's queue. Adapters: `paho_link` (a broker, over mTLS), `memory_link` (a cloud in memory).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

BACKOFF_BASE_S = 0.5
"""The first reconnect waits up to this long: most breaks are a broker's restart or a router's."""

BACKOFF_CAP_S = 60.0
"""The longest wait between attempts while the network is away: the price of a minute's delay once it is back."""

REFUSED_BASE_S = 30.0
REFUSED_CAP_S = 900.0
"""The same when the broker refuses our certificate: only a person can change that, so there is no hurry."""


@dataclass(frozen=True, slots=True)
class Up:
    """The link is connected. Nothing is subscribed yet, and nothing sent before will be answered any more."""


@dataclass(frozen=True, slots=True)
class Down:
    """The link is lost; it will come back by itself."""

    why: str


@dataclass(frozen=True, slots=True)
class Subscribed:
    """Every topic of the last `subscribe` is granted."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message arrived."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Published:
    """The broker has acknowledged what `publish` gave this receipt for."""

    receipt: int


LinkInput = Up | Down | Subscribed | Message | Published


class Link(Protocol):
    """A connection to the cloud's broker under the charger's own identity."""

    def start(self, deliver: Callable[[LinkInput], None]) -> None:
        """Begin to connect, and stay connected. `deliver` may be called from another thread."""
        ...

    def subscribe(self, topics: Sequence[str]) -> None:
        """Ask for these topics at QoS 1; `Subscribed` follows once all are granted."""
        ...

    def publish(self, topic: str, payload: bytes) -> int | None:
        """Send at QoS 1. The receipt that `Published` will name; None if the link is down, and nothing was sent."""
        ...

    def reconnect(self, why: str) -> None:
        """Drop the connection, which does not answer as it should, and make a new one."""
        ...

    def stop(self) -> None:
        """Disconnect for good. Returns when no input will be delivered any more."""
        ...


def backoff_s(
    attempt: int, random: Callable[[], float], *, cap_s: float = BACKOFF_CAP_S, refused: bool = False
) -> float:
    """How long to wait before attempt number `attempt`, counted from 0: exponential, with full jitter.

    Full jitter spreads a fleet that lost the same broker at the same moment.

    Args:
        attempt: how many attempts in a row have failed before.
        random: gives a number in [0, 1).
        cap_s: the longest wait while the network is away.
        refused: whether the broker answered and refused us.
    """
    base_s, longest_s = (REFUSED_BASE_S, REFUSED_CAP_S) if refused else (BACKOFF_BASE_S, cap_s)
    return float(random() * min(longest_s, base_s * 2 ** min(attempt, 32)))
