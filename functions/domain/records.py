"""What the cloud keeps: sessions, the intents sent for them, chargers and their EVSEs.

Records are frozen; every change is a new record (see `transitions`). Units: `_ms` epoch milliseconds UTC, `_s` epoch
seconds UTC, `_wh` watt-hours, `_w` watts. `revision` counts the writes of one record and fences them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from contract.vocabulary import Act, CableState, CardStatus, EndMethod, EndReason, EvseStatus, RequestedBy


class SessionPhase(StrEnum):
    """How far a session is by its events, the only thing that moves it. What a driver sees is derived from it."""

    PENDING = "pending"
    """Asked for; the charger has not said that it began."""
    ACTIVE = "active"
    """The charger said that it began."""
    ENDED = "ended"
    """The charger said that it ended, or the cloud concluded so (`end.method`)."""


class IntentStatus(StrEnum):
    """How far an intent is by its acks, the only thing that moves it; `withdrawn` is the driver's own word."""

    REQUESTED = "requested"
    ACCEPTED = "accepted"
    EXECUTING = "executing"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"

    @property
    def rank(self) -> int:
        """Acks only move an intent to a higher rank. A withdrawn stop that was carried out all the same is done."""
        order = {
            IntentStatus.REQUESTED: 0,
            IntentStatus.WITHDRAWN: 0,
            IntentStatus.ACCEPTED: 1,
            IntentStatus.EXECUTING: 2,
        }
        return order.get(self, 3)

    @property
    def in_force(self) -> bool:
        """Whether the charger still owes an answer."""
        return self in (IntentStatus.REQUESTED, IntentStatus.ACCEPTED, IntentStatus.EXECUTING)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentRecord:
    """One intent and what became of it."""

    intent_id: str
    act: Act
    by: RequestedBy
    requested_at_ms: int
    expires_at_s: int | None = None
    status: IntentStatus = IntentStatus.REQUESTED
    reason: str = ""
    accepted_at_ms: int | None = None
    executing_at_ms: int | None = None
    settled_at_ms: int | None = None

    @property
    def updated_at_ms(self) -> int:
        """When something was last heard or said about this intent."""
        return self.settled_at_ms or self.executing_at_ms or self.accepted_at_ms or self.requested_at_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class EndRecord:
    """How and when a session ended. Units: `meter_wh` is the EVSE's register, not the session's energy."""

    reason: EndReason
    method: EndMethod
    at_ms: int
    received_at_ms: int
    meter_wh: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRecord:
    """One session. Units: `start_meter_wh` and `meter_wh` are readings of the EVSE's register; energy is derived."""

    session_id: str
    owner: str
    """Empty for a session that began with a card which is nobody's."""
    charger_id: str
    charger_name: str
    evse_id: int
    created_at_ms: int
    phase: SessionPhase
    start: IntentRecord | None
    """None: it began at the charger, with a card."""
    id_token_hash: str = ""
    """The card it began with at the charger; empty for a start from the app."""
    started_at_ms: int | None = None
    started_received_at_ms: int | None = None
    transaction_id: str | None = None
    start_meter_wh: int | None = None
    meter_wh: int | None = None
    power_w: int | None = None
    as_of_ms: int | None = None
    last_seq: int | None = None
    stop: IntentRecord | None = None
    stop_sent_at_ms: int | None = None
    stop_not_sent: bool = False
    past_stops: tuple[IntentRecord, ...] = ()
    end: EndRecord | None = None
    watch_until_ms: int | None = None
    revision: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRecord:
    """A card that a driver has registered, named by its hash (`contract.cards`)."""

    id_token_hash: str
    owner: str
    status: CardStatus
    """Accepted or blocked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterSample:
    """One point of a session's curve. Units: register in watt-hours, power in watts."""

    session_id: str
    seq: int
    at_ms: int
    meter_wh: int
    power_w: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvseRecord:
    """One EVSE: what it is, what it last reported, and the session that holds it."""

    charger_id: str
    evse_id: int
    connector_type: str
    max_power_w: int
    status: EvseStatus | None = None
    error: str = ""
    cable: CableState | None = None
    reported_session_id: str | None = None
    shadow_version: int | None = None
    report_boot: str | None = None
    reported_at_ms: int | None = None
    current_session_id: str | None = None
    current_owner: str | None = None
    hold_until_ms: int | None = None
    """A start that has not been confirmed holds the EVSE only this long; absent once the charger said it began."""
    released_session_id: str | None = None
    """The session that last let go of this EVSE, so that a report older than that cannot show it as running."""
    revision: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerRecord:
    """One charger as a driver knows it, and whether it is connected."""

    charger_id: str
    name: str
    image_url: str
    address: str
    latitude: float
    longitude: float
    accepts_cards: bool
    in_service: bool
    evse_count: int
    connected: bool | None = None
    """None: the charger has never connected."""
    presence_at_ms: int | None = None
    presence_session: str | None = None
    """The newest connection that is known, made or lost."""
    presence_version: int | None = None
    """The number AWS IoT gave that connection; see `presence`."""
    revision: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Charger:
    """A charger with its EVSEs."""

    charger: ChargerRecord
    evses: tuple[EvseRecord, ...]

    @property
    def last_seen_at_ms(self) -> int | None:
        """When the charger was last heard of, by connection or by report."""
        times = [self.charger.presence_at_ms, *(evse.reported_at_ms for evse in self.evses)]
        return max((time for time in times if time is not None), default=None)

    def evse(self, evse_id: int) -> EvseRecord | None:
        """The EVSE of that number, if this charger has one."""
        return next((evse for evse in self.evses if evse.evse_id == evse_id), None)
