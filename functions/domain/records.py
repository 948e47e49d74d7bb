"""What the cloud keeps: sessions, the intents sent for them, chargers and their EVSEs.

Records are frozen; every change is a new record (see `transitions`). Units: `_ms` epoch milliseconds UTC, `_s` epoch
seconds UTC, `_wh` watt-hours, `_w` watts. `revision` counts the writes of one record and fences them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from contract.vocabulary import Act, CableState, CardStatus, EndMethod, EndReason, EvseStatus, RequestedBy
from functions.domain.anomalies import Anomaly
from functions.domain.stop_right import StopRight
from functions.domain.targets import Target
from functions.domain.tariffs import Tariff


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
        order = {"requested": 0, "withdrawn": 0, "accepted": 1, "executing": 2}
        return order.get(self, 3)

    @property
    def in_force(self) -> bool:
        """Whether the charger still owes an answer."""
        return self in (IntentStatus.REQUESTED, IntentStatus.ACCEPTED, IntentStatus.EXECUTING)


class EndBasis(StrEnum):
    """What an end that the cloud concluded by itself rests on (ADR 0016)."""

    LAST_SAMPLE = "last_sample"
    """The last meter value that came of the session."""
    NEXT_SESSION_START = "next_session_start"
    """The register at the start of the session that followed it on its EVSE, with none between them."""
    OWN_START = "own_start"
    """Nothing came after its beginning."""


class Confidence(StrEnum):
    """How far a concluded end is to be trusted."""

    HIGH = "high"
    """The register is known, or was read within two minutes of the charger being seen to be done with the session."""
    MEDIUM = "medium"
    """The charger was seen to be done with the session; energy after the last meter value may be missing."""
    LOW = "low"
    """Nothing but silence speaks for the end, or nothing was ever measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentRecord:
    """One intent and what became of it."""

    intent_id: str
    act: Act
    by: RequestedBy
    requested_at_ms: int
    why: str = ""
    """Why it was asked for, unless a driver's tap says it all: a code of a rule, or an operator's own words."""
    expires_at_s: int | None = None
    status: IntentStatus = IntentStatus.REQUESTED
    reason: str = ""
    accepted_at_ms: int | None = None
    executing_at_ms: int | None = None
    settled_at_ms: int | None = None
    accepted_charger_ms: int | None = None
    executing_charger_ms: int | None = None
    settled_charger_ms: int | None = None
    """The same three by the charger's own clock; None where that cannot be right."""
    overdue_at_ms: int | None = None
    """When the sweeper first found its outcome overdue."""
    kept_at_ms: int | None = None
    """When the sweeper told the charger once more that this stop is taken back."""
    operator_at_ms: int | None = None
    """When an operator asked for it too, somebody else's stop in force: from then on its driver cannot take it back."""
    operator_why: str = ""
    """That operator's words."""

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
    """When the cloud heard of it, or concluded it."""
    meter_wh: int | None
    """None: no register value is known, which only a concluded end may lack."""
    basis: EndBasis | None = None
    """None: the charger said that it ended, be it by the charger's own estimate."""
    confidence: Confidence | None = None
    why: str = ""
    """An operator's words, if it was an operator who concluded it."""

    @property
    def concluded(self) -> bool:
        """Whether this is the cloud's own conclusion, which any word of the charger on the end replaces."""
        return self.basis is not None


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
    start_not_sent: bool = False
    """Its start did not reach the shadow, and its EVSE was given back: it may be somebody else's by now."""
    id_token_hash: str = ""
    """The card it began with at the charger; empty for a start from the app."""
    started_at_ms: int | None = None
    started_received_at_ms: int | None = None
    transaction_id: str | None = None
    start_meter_wh: int | None = None
    meter_wh: int | None = None
    power_w: int | None = None
    as_of_ms: int | None = None
    """The charger's own time of the last reading."""
    heard_at_ms: int | None = None
    """When its charger's last word of it arrived, whatever that charger's clock says."""
    last_seq: int | None = None
    stop: IntentRecord | None = None
    stop_sent_at_ms: int | None = None
    stop_not_sent: bool = False
    past_stops: tuple[IntentRecord, ...] = ()
    stop_right: StopRight | None = None
    past_stop_rights: tuple[StopRight, ...] = ()
    end: EndRecord | None = None
    cable_free_at_ms: int | None = None
    """When the first report after its end came that shows the cable unplugged."""
    superseded_end: EndRecord | None = None
    """The estimate that stood in for the end until the charger told of it."""
    tariff: Tariff | None = None
    """The charger's prices when this session was made; a later change of them is for later sessions."""
    target: Target | None = None
    """At which energy or time the driver wants it to stop by itself."""
    watch_until_ms: int | None = None
    start_expired_at_ms: int | None = None
    """When the sweeper gave its start up."""
    looked_at_ms: int | None = None
    """When the sweeper last looked at it and left it open."""
    reopened_at_ms: int | None = None
    """When the charger showed that a concluded end was none."""
    forgotten_at_ms: int | None = None
    """When it was cut from its owner, whose account was deleted."""
    anomalies: tuple[Anomaly, ...] = ()
    """At most one of each code."""
    revision: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRecord:
    """A card that a driver has registered, named by its hash (`contract.cards`)."""

    id_token_hash: str
    owner: str
    status: CardStatus
    """Accepted or blocked."""
    label: str = ""
    """Its driver's name for it."""
    added_at_ms: int | None = None
    """None: the operator has registered it."""
    lost_at_ms: int | None = None
    """When its driver reported it lost; blocked without this, it is the operator who has blocked it."""
    revision: int = 0


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
    unplugged_at_ms: int | None = None
    """When the first of the reports came that show the cable unplugged since; None while a cable is plugged in."""
    current_session_id: str | None = None
    current_owner: str | None = None
    current_started_at_ms: int | None = None
    hold_until_ms: int | None = None
    """A start that has not been confirmed holds the EVSE only this long; absent once the charger said it began."""
    released_session_id: str | None = None
    """The session that last let go of this EVSE, so that a report older than that cannot show it as running."""
    displaced_session_id: str | None = None
    """The session that was still on this EVSE when the one that began last took it over."""
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
    tariff: Tariff | None = None
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
