"""What the domain needs from the world. Each port has one contract suite, run on every adapter (tests/contract)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from contract.authorisation import AuthorisationAnswer
from contract.intents import Intent
from functions.domain.records import (
    CardRecord,
    Charger,
    ChargerRecord,
    EvseRecord,
    IntentRecord,
    MeterSample,
    SessionRecord,
)

Item = TypeVar("Item")

Clock = Callable[[], int]
"""Now, in epoch milliseconds UTC."""
NewId = Callable[[], str]
"""A new ULID; later ones sort after earlier ones."""
Sleep = Callable[[float], None]
"""Waits that many seconds."""


class Creation(StrEnum):
    """What became of the attempt to create a session and claim its EVSE, which happen together or not at all."""

    CREATED = "created"
    SESSION_EXISTS = "session_exists"
    EVSE_CHANGED = "evse_changed"


@dataclass(frozen=True, slots=True)
class StopWrite:
    """What the one conditional write of a stop found: whether it applied, and the record after it or instead."""

    applied: bool
    session: SessionRecord | None


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items and where to go on; `cursor` is None at the end."""

    items: list[Item]
    cursor: str | None


class Sessions(Protocol):
    """The session records. Every write is conditional on what the writer has seen."""

    def get(self, session_id: str) -> SessionRecord | None:
        """The session as it is now, read consistently."""

    def request_stop(
        self, session_id: str, *, owner: str, holder: str = "", stop: IntentRecord, resend_before_ms: int
    ) -> StopWrite:
        """Record a stop, or that it is sent again, in one write: see `stopping.verdict` for the rule it applies."""

    def replace(self, old: SessionRecord, new: SessionRecord) -> bool:
        """Write what differs, if nobody has written since `old` was read; False if somebody has."""

    def create(self, session: SessionRecord, *, evse_before: EvseRecord, evse_after: EvseRecord) -> Creation:
        """Create a session and claim its EVSE, both or neither."""

    def add(self, session: SessionRecord) -> bool:
        """Put a session on record that began at its charger; False if it is on record already."""

    def of_owner(
        self, owner: str, *, from_ms: int | None, to_ms: int | None, limit: int, cursor: str | None
    ) -> Page[SessionRecord]:
        """One page of an owner's sessions, newest first. A session without an owner is in nobody's list."""

    def due(self, shard: str, *, before_ms: int, limit: int) -> list[str]:
        """Ids of one shard's sessions in which something was due by then, longest due first; perhaps a moment old."""

    def postpone(self, session_id: str, *, until_ms: int) -> None:
        """What is due in this session by then is due then, until its next write; nothing happens if nothing is.

        For a session that cannot be read, whose next write is the one that mends it.
        """

    def add_meter_sample(self, sample: MeterSample) -> None:
        """Keep one point of the curve; the same point twice is one."""

    def meter_samples(self, session_id: str, *, limit: int, cursor: str | None) -> Page[MeterSample]:
        """One page of a session's curve, oldest first."""


class Chargers(Protocol):
    """The chargers and their EVSEs."""

    def page(self, *, limit: int, cursor: str | None) -> Page[Charger]:
        """One page of all chargers, each whole."""

    def get(self, charger_id: str) -> Charger | None:
        """One charger with its EVSEs, read consistently."""

    def record(self, charger_id: str) -> ChargerRecord | None:
        """One charger without its EVSEs."""

    def evse(self, charger_id: str, evse_id: int) -> EvseRecord | None:
        """One EVSE, read consistently."""

    def replace_evse(self, old: EvseRecord, new: EvseRecord) -> bool:
        """Write what differs, if nobody has written since `old` was read; False if somebody has."""

    def replace_charger(self, old: ChargerRecord, new: ChargerRecord) -> bool:
        """Write what differs, if nobody has written since `old` was read; False if somebody has."""


class Cards(Protocol):
    """The cards that drivers have registered."""

    def get(self, id_token_hash: str) -> CardRecord | None:
        """The card with this hash, read consistently: one that was blocked a moment ago is blocked."""

    def of_owner(self, owner: str, *, limit: int) -> list[CardRecord]:
        """Cards of one person, in no order, at most so many; perhaps a moment old."""

    def add(self, card: CardRecord) -> bool:
        """Register a card; False if it is registered already, whoever's it is."""

    def replace(self, old: CardRecord, new: CardRecord) -> bool:
        """Write what differs, if nobody has written since `old` was read; False if somebody has."""

    def remove(self, card: CardRecord) -> None:
        """Take a card off its owner's; nothing happens if it is somebody else's or blocked by now, or gone."""


class Answers(Protocol):
    """Answers to chargers that ask about a card."""

    def tell(self, charger_id: str, answer: AuthorisationAnswer) -> None:
        """Send this charger its answer.

        Raises:
            TemporaryError: it could not be sent.
        """


class Shadows(Protocol):
    """The device shadows: the only way from the cloud to a charger."""

    def send(self, charger_id: str, evse_id: int, intent: Intent) -> None:
        """Make this the intent of that EVSE.

        Raises:
            TemporaryError: the shadow service did not take it.
        """


class Watchers(Protocol):
    """Hints to chargers to sample more often: somebody looks, or a target is near."""

    def hint(self, charger_id: str, evse_id: int, until_s: int) -> None:
        """Ask for more frequent samples until then. Best effort: a lost hint only means slower samples."""


class DeadLetters(Protocol):
    """Where documents go that nobody can use, so that a person can look at them. Its depth has an alarm."""

    def put(self, body: str, *, why: str) -> None:
        """Keep this document, with the reason."""
