"""One EVSE of the charge point: which transaction runs, what is to be told of it, and its status. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from contract.vocabulary import EndReason

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.charge_point.hardware import Seen

PLUG_WITHIN_S = 60.0
"""How long an authorised driver may take to plug in (OCPP 1.6, ConnectionTimeOut; 60 s is a usual default)."""
PAUSED_AFTER_S = 2.0
"""A contactor that has just closed carries no power yet; only then is a car without power one that has paused."""


class Status(StrEnum):
    """A connector's status, in the words of OCPP 1.6."""

    AVAILABLE = "Available"
    PREPARING = "Preparing"
    CHARGING = "Charging"
    SUSPENDED_EV = "SuspendedEV"
    FINISHING = "Finishing"
    FAULTED = "Faulted"
    UNAVAILABLE = "Unavailable"


@dataclass(frozen=True)
class Permit:
    """Why somebody may charge: a card, or an order that came over the line."""

    token: str
    remote: bool
    group: str = ""
    """Another card of the same group may end the transaction."""
    remote_start_id: int | None = None
    """The order's number (OCPP 2.0.1)."""


@dataclass(frozen=True)
class Transaction:
    """A transaction as the charge point knows it."""

    id: str
    """Our own name for it; OCPP 2.0.1 uses it on the line."""
    permit: Permit
    number: int | None = None
    """The name that the other side has given it (OCPP 1.6); None until it has answered."""


@dataclass(frozen=True)
class Cause:
    """Why we are about to open the contactor."""

    reason: str
    """A word of OCPP 1.6; most are those of `EndReason` too."""
    token: str = ""
    """The card that was shown for it."""


@dataclass(frozen=True)
class Letter:
    """One transaction message: kept until it is answered. Units: epoch seconds, watt-hours, watts."""

    kind: Literal["started", "meter", "ended"]
    evse_id: int
    transaction: Transaction
    seq: int
    at: float
    meter_wh: int
    power_w: int
    trigger: str
    """Why it is sent (OCPP 2.0.1, TriggerReasonEnumType)."""
    paused: bool = False
    reason: str = ""
    """Why the transaction ended."""
    token: str = ""
    """The card that ended it."""


@dataclass
class Outlet:
    """One EVSE."""

    evse_id: int
    transaction: Transaction | None = None
    seq: int = 0
    """Number of the transaction's next letter."""
    stopping: Cause | None = None
    starting: Permit | None = None
    """Whose start command the hardware has."""
    waiting: Permit | None = None
    """Who is allowed to charge and has not plugged in."""
    waiting_until: float = 0.0
    finishing: bool = False
    """Whether the car of the last transaction is still plugged in."""
    restarted: bool = False
    """Whether the transaction is one of before our restart, and the hardware has not been seen since."""
    closed_at: float = 0.0
    paused: bool = False
    seen: Seen | None = field(default=None)

    def look(self, seen: Seen, now: float, new_id: Callable[[], str]) -> list[Letter]:
        """Take in what the sensors say; what is to be told of it."""
        before, self.seen = self.seen, seen
        if not seen.plugged:
            self.starting, self.finishing = None, False
        if self.waiting and now > self.waiting_until:
            self.waiting = None
        if self.transaction is None:
            return self._perhaps_begun(before or seen, seen, now, new_id)
        if not seen.contactor_closed:
            return [self._ended(self.transaction, seen, now)]
        self.restarted = False
        paused = seen.power_w == 0 and now - self.closed_at > PAUSED_AFTER_S
        if paused == self.paused:
            return []
        self.paused = paused
        return [self._letter("meter", self.transaction, seen, now, "ChargingStateChanged")]

    def sample(self, now: float, trigger: str) -> list[Letter]:
        """The meter, if a transaction runs."""
        if self.transaction is None or self.seen is None:
            return []
        return [self._letter("meter", self.transaction, self.seen, now, trigger)]

    @property
    def status(self) -> Status | None:
        """What the connector is doing; None until it has been looked at."""
        seen = self.seen
        if seen is None:
            return None
        if seen.faulted:
            return Status.FAULTED
        if self.transaction:
            return Status.SUSPENDED_EV if self.paused else Status.CHARGING
        if not seen.available:
            return Status.UNAVAILABLE
        if seen.plugged:
            return Status.FINISHING if self.finishing else Status.PREPARING
        return Status.PREPARING if self.waiting else Status.AVAILABLE

    @property
    def error(self) -> str:
        """What is wrong with the connector, in the words of OCPP 1.6 (ChargePointErrorCode)."""
        if self.seen is None:
            return "NoError"
        if self.seen.faulted:
            return "InternalError" if self.seen.error == "internal_fault" else "OtherError"
        return "ConnectorLockFailure" if self.seen.cable == "stuck" else "NoError"

    def _perhaps_begun(self, before: Seen, seen: Seen, now: float, new_id: Callable[[], str]) -> list[Letter]:
        if not seen.contactor_closed or self.starting is None:
            return []
        transaction = Transaction(new_id(), self.starting)
        self.transaction, self.seq, self.starting = transaction, 0, None
        self.stopping, self.finishing, self.paused, self.closed_at = None, False, False, now
        trigger = "RemoteStart" if transaction.permit.remote else "Authorized"
        # The meter as it stood while nothing could flow, not as it stands some milliseconds later.
        register = replace(seen, meter_wh=before.meter_wh)
        return [self._letter("started", transaction, register, now, trigger)]

    def _ended(self, transaction: Transaction, seen: Seen, now: float) -> Letter:
        """The end; what the hardware says by itself comes before what we may have ordered."""
        cause = self.stopping or Cause(EndReason.POWER_LOSS if self.restarted else EndReason.OTHER)
        if seen.opened_because:
            cause = Cause(seen.opened_because)
        letter = self._letter("ended", transaction, seen, now, _ENDINGS.get(cause.reason, "AbnormalCondition"))
        self.transaction, self.stopping, self.restarted, self.finishing = None, None, False, seen.plugged
        return replace(letter, reason=cause.reason, token=cause.token)

    def _letter(
        self, kind: Literal["started", "meter", "ended"], transaction: Transaction, seen: Seen, now: float, trigger: str
    ) -> Letter:
        self.seq += 1
        return Letter(
            kind, self.evse_id, transaction, self.seq - 1, now, seen.meter_wh, seen.power_w, trigger, self.paused
        )  # fmt: skip


_ENDINGS = {
    "Remote": "RemoteStop",
    "Local": "StopAuthorized",
    "DeAuthorized": "Deauthorized",
    "EVDisconnected": "EVCommunicationLost",
    "UnlockCommand": "UnlockCommand",
    "SoftReset": "ResetCommand",
    "HardReset": "ResetCommand",
}
"""OCPP 2.0.1's trigger for the reasons of an end."""
