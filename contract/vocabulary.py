"""The words of the contract, as enumerations. Their meaning is in docs/vocabulary.md; wire values never change."""

from __future__ import annotations

from enum import StrEnum


class Act(StrEnum):
    """What an intent asks of one EVSE."""

    START = "start"
    """Begin this session; expires."""
    STOP = "stop"
    """End this session; does not expire, because it is fenced by its session."""
    KEEP = "keep"
    """Withdraw the stop of this session while it has not been carried out."""


class RequestedBy(StrEnum):
    """Who is behind an intent: kept for the record, decided by the cloud from the token, never by the caller."""

    OWNER = "owner"
    """The driver whose session it is."""
    GUEST = "guest"
    """Somebody to whom that driver has lent the right to stop."""
    OPERATOR = "operator"
    """Somebody of the operator's staff, with a reason on record."""
    AUTOMATIC = "automatic"
    """A rule the driver set, such as a target energy."""


class AckStatus(StrEnum):
    """How far the charger is with one intent. Only the last three are final."""

    ACCEPTED = "accepted"
    """The charger has the intent and will act on it. Not done."""
    EXECUTING = "executing"
    """The charger has begun to act. Not done."""
    DONE = "done"
    """Carried out, and measured: for a stop, contactor open and power about zero."""
    REFUSED = "refused"
    """The charger will not act, for the reason given; nothing has changed."""
    FAILED = "failed"
    """The charger tried and could not, for the reason given."""

    @property
    def final(self) -> bool:
        """Whether no further ack of the same intent follows."""
        return self in (AckStatus.DONE, AckStatus.REFUSED, AckStatus.FAILED)

    @property
    def rank(self) -> int:
        """Order in which an intent moves through its acks; a lower or equal rank is old news."""
        return {AckStatus.ACCEPTED: 1, AckStatus.EXECUTING: 2}.get(self, 3)


class AckReason(StrEnum):
    """Why an intent ended as it did. The driver's words for each are in functions/domain/reasons.py."""

    NONE = ""
    """Nothing to add."""
    NEVER_STARTED = "never_started"
    """done: the session to stop had not begun; should its start arrive later, it is refused."""
    ALREADY_ENDED = "already_ended"
    """done: the session to stop had ended before."""
    START_EXPIRED = "start_expired"
    """refused: the start reached the charger after its expiry."""
    CANCELLED = "cancelled"
    """refused: the start arrived after a stop for the same session."""
    EVSE_IN_USE = "evse_in_use"
    """refused: another session is on this EVSE."""
    CABLE_NOT_PLUGGED = "cable_not_plugged"
    """refused: there is no car to charge."""
    OUT_OF_SERVICE = "charger_out_of_service"
    """refused: the EVSE is faulted or taken out of service."""
    ALREADY_STOPPED = "already_stopped"
    """refused: the stop to withdraw is being carried out or has been."""
    WITHDRAWN = "withdrawn"
    """refused: the driver had withdrawn this stop by a later intent."""
    UNSUPPORTED = "unsupported"
    """refused: the intent is of a version or shape this agent does not know."""
    REFUSED_BY_CHARGER = "refused_by_charger"
    """failed: the charger's hardware rejected the command."""
    POWER_STILL_FLOWING = "power_still_flowing"
    """failed: commanded, yet power still flows. A fault that needs a person."""
    DRIVER_UNREACHABLE = "driver_unreachable"
    """failed: the agent could not talk to the charger's hardware."""


class EvseStatus(StrEnum):
    """What one EVSE is doing, as far as a driver cares (OCPP 2.0.1 ConnectorStatus, with charging told apart)."""

    AVAILABLE = "available"
    """Free, nothing plugged in."""
    PREPARING = "preparing"
    """A cable is plugged in, no session runs: ready to start."""
    CHARGING = "charging"
    """A session runs and power flows or may flow."""
    SUSPENDED = "suspended"
    """A session runs, the car or the grid has paused it."""
    FINISHING = "finishing"
    """The session has ended, the cable is still in the car."""
    FAULTED = "faulted"
    """Broken; see `error`."""
    UNAVAILABLE = "unavailable"
    """Out of service on purpose."""


class CableState(StrEnum):
    """Where the charging cable is, and who holds it."""

    UNPLUGGED = "unplugged"
    """No car."""
    PLUGGED = "plugged"
    """In the car; the charger does not hold it. If it will not come out, the car holds it."""
    LOCKED = "locked"
    """In the car, and the charger holds it on purpose, while a session runs."""
    STUCK = "stuck"
    """The charger tried to release it and could not."""


class SessionState(StrEnum):
    """A session as the charger reports it."""

    CHARGING = "charging"
    SUSPENDED = "suspended"
    ENDED = "ended"


class EventType(StrEnum):
    """The kinds of session event. `started` and `ended` are never dropped; `meter` may be thinned."""

    STARTED = "started"
    METER = "meter"
    ENDED = "ended"


class EndReason(StrEnum):
    """Why a session ended (OCPP 2.0.1 ReasonEnumType, the ones a charger of ours can tell)."""

    REMOTE = "Remote"
    """Stopped by an intent of the cloud."""
    LOCAL = "Local"
    """Stopped at the charger, by button or card."""
    EV_DISCONNECTED = "EVDisconnected"
    """The cable was pulled."""
    POWER_LOSS = "PowerLoss"
    """The charger lost its supply or restarted during the session."""
    EMERGENCY_STOP = "EmergencyStop"
    """Somebody pressed the emergency stop."""
    DE_AUTHORIZED = "DeAuthorized"
    """The card or account lost its right to charge."""
    OTHER = "Other"
    """None of these; see the charger's log."""


class EndMethod(StrEnum):
    """How the end is known."""

    REPORTED = "reported"
    """The charger said so."""
    ESTIMATED = "estimated"
    """The cloud concluded it; a later report corrects it."""


class CardStatus(StrEnum):
    """Whether a card may charge."""

    ACCEPTED = "accepted"
    UNKNOWN = "unknown"
    """Nobody has registered it."""
    BLOCKED = "blocked"
    """Registered, but reported lost or taken back."""
