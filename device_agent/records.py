"""What the agent remembers: intents, sessions and meters, as values that the journal keeps and the reconciler reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from contract.vocabulary import AckReason, AckStatus, EndReason

if TYPE_CHECKING:
    from contract.events import SessionEvent
    from device_agent.drivers.base import Pace


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant on both clocks. Units: seconds."""

    epoch_s: float
    """The wall clock: for stamps and expiries. May jump when it is set."""
    mono_s: float
    """A clock that never jumps: for how long something has lasted. Means nothing after a restart."""

    @property
    def at(self) -> int:
        """The wall clock in whole seconds, as stamps on the wire have it."""
        return max(0, int(self.epoch_s))


class Clock(Protocol):
    """Where the agent reads the time."""

    def now(self) -> Moment:
        """This instant."""
        ...


class Phase(StrEnum):
    """How far a session is, as the journal has it."""

    STARTING = "starting"
    """Written down before the contactor is commanded; whether it closed is not known yet."""
    ACTIVE = "active"
    """The contactor was seen closed for it."""
    RELEASING = "releasing"
    """Its start was given up; the contactor has yet to be seen open."""
    ENDED = "ended"
    """Over: it has its end on record."""
    FAILED = "failed"
    """It never began, and the contactor was seen open."""
    CANCELLED = "cancelled"
    """Stopped before its start arrived: the start will be refused."""
    KEPT = "kept"
    """Never seen here, but a stop of it was withdrawn: older stops of it are void."""

    @property
    def occupies(self) -> bool:
        """Whether the EVSE belongs to this session."""
        return self in (Phase.STARTING, Phase.ACTIVE, Phase.RELEASING)


@dataclass(frozen=True, slots=True)
class IntentRecord:
    """One intent and the answer it has so far. `raw` is the document as it came, to be copied into the report."""

    id: str
    evse_id: int
    act: str
    """The act's wire word, or empty for an intent that could not be read."""
    session_id: str
    raw: Mapping[str, Any]
    status: AckStatus
    reason: AckReason
    at: int
    """Epoch seconds of the answer."""
    expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """One session on one EVSE. Units: `_wh` in watt-hours of the continuous register, `_at` in epoch seconds."""

    session_id: str
    evse_id: int
    phase: Phase
    transaction_id: str = ""
    started_at: int = 0
    meter_start_wh: int = 0
    meter_wh: int = 0
    """The register at the last event of this session, or at its end."""
    next_seq: int = 0
    ended_at: int | None = None
    end_reason: EndReason | None = None
    newest_keep: str = ""
    """The newest intent that withdrew a stop of it; stops older than this are void."""
    mark: str = ""
    """The hardware's message that told of its beginning (`drivers.base.TransactionBegan`), if one did."""
    id_token_hash: str = ""
    """The card it began with at the charger; empty for a session that the cloud started."""
    told_at: int = 0
    """When its newest event was: the next one is not before that, whatever becomes of the clock."""

    @property
    def energy_wh(self) -> int:
        """Energy delivered so far, in watt-hours."""
        return self.meter_wh - self.meter_start_wh


@dataclass(frozen=True, slots=True)
class EvseRecord:
    """What outlives a restart about one EVSE itself. Units: watt-hours."""

    evse_id: int
    raw_wh: int | None = None
    """The hardware's register when it was last written down."""
    offset_wh: int = 0
    """What the hardware's register has lost by resets; added to it, the register never falls."""
    finishing: bool = False
    """Whether a session has ended and its cable has not come out since."""
    last_session: str = ""
    """The session that began last; the report shows it even after its end."""
    last_intent: str = ""
    """The intent answered last; the report copies it."""


@dataclass(frozen=True, slots=True)
class CardRecord:
    """What the cloud last said of a card, for when it cannot be asked."""

    id_token_hash: str
    accepted: bool
    group: str
    until: int
    """Epoch seconds until which this may be gone by."""


@dataclass(frozen=True, slots=True)
class QueuedEvent:
    """A session event to be sent from this EVSE."""

    evse_id: int
    event: SessionEvent


@dataclass(frozen=True, slots=True)
class Pending:
    """The intent being carried out now, with what only this process knows. Units: monotonic seconds."""

    record: IntentRecord
    since_s: float
    """When this process took it up; how long it may take counts from here."""
    commanded_s: float | None = None
    """When the hardware confirmed the command; None while it has not, so also after a restart."""
    rejected: str | None = None
    """What the hardware said when it refused the command."""
    in_flight: bool = False
    """Whether a command has been given that the hardware has not answered yet."""
    unanswered: bool = False
    """Whether the last command never got an answer: it may have been carried out, or may yet be."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What the reconciler knows of one EVSE's past. It only reads the mappings."""

    evse: EvseRecord
    pace: Pace
    """How long the hardware may take."""
    intents: Mapping[str, IntentRecord] = field(default_factory=dict)
    sessions: Mapping[str, SessionRecord] = field(default_factory=dict)
    current: SessionRecord | None = None
    """The session that occupies the EVSE."""
    pending: Pending | None = None
    release_tried_s: float | None = None
    """When a given-up start's contactor was last told to open, in monotonic seconds."""
