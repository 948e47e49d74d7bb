"""What the agent needs of a charger's hardware, whatever it is: looks, commands, and what the hardware tells by itself.

There are two kinds of hardware. A bare contactor (the simulated driver) is only looked at and commanded. A charger that
keeps records of its own (OCPP) calls what runs a *transaction* and names it; it may begin one by itself, because
somebody held a card to it, and it tells of beginnings and ends in messages that it repeats until they are answered.
Such a message becomes a `Fact`: it stays in the observation until the agent has it in its journal and settles it, and
only then does the driver answer the charger. So neither side can lose it, whoever loses power.

Errors that commands and looks end in:

    DriverError
    ├── DriverRefused       the hardware answered, and said no
    └── DriverUnreachable   nobody answered in time; whether a command was carried out is unknown
"""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from contract.vocabulary import CableState, EndReason


class DriverError(Exception):
    """The hardware did not do what it was asked."""


class DriverRefused(DriverError):  # noqa: N818  (reads as the fact it is; the tree above says it is an error)
    """The hardware answered, and said no."""


class DriverUnreachable(DriverError):  # noqa: N818  (as above)
    """Nobody answered in time; whether a command was carried out is unknown until the next observation."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long this hardware may take from a confirmed command to its effect, before the command has failed."""

    start_s: float
    stop_s: float


@dataclass(frozen=True, slots=True)
class TransactionBegan:
    """The hardware has begun a transaction."""

    evse_id: int
    transaction_id: str
    """The charger's own record of it: 36 printable characters at most."""
    mark: str
    """Names the message that told of it: a repetition has the same mark, another transaction that reuses the id has
    another one. 36 characters at most."""
    session_id: str = ""
    """The session whose start this carries out; empty if somebody began it at the charger. A start that the driver
    cannot place any more is named by what it was ordered with, which is no session's id: it is not accepted."""
    id_token_hash: str = ""
    """Hash of the card that began it (`contract.cards`); empty if there was none."""
    at: int | None = None
    """Epoch seconds by the charger's clock, as it said; None if it said nothing."""
    meter_wh: int | None = None
    """The hardware's register then; None if it was not told."""


@dataclass(frozen=True, slots=True)
class TransactionOver:
    """A transaction has ended: the charger said so, or must have missed to say so."""

    evse_id: int
    transaction_id: str
    reason: EndReason
    at: int | None = None
    """Epoch seconds by the charger's clock, as it said; None if it said nothing."""
    meter_wh: int | None = None
    """The hardware's register then; None if it was not told: the last good value counts."""


Fact = TransactionBegan | TransactionOver


@dataclass(frozen=True, slots=True)
class Observation:
    """One EVSE as its hardware sees it at this moment."""

    plugged: bool
    """Whether a cable connects a car."""
    cable: CableState
    """Where the cable is, and whether the charger holds it."""
    contactor_closed: bool
    """Whether the contactor lets power through; with hardware that keeps transactions, whether one is open."""
    power_w: int
    """Power drawn by the car, in watts."""
    meter_wh: int | None
    """The hardware's own energy register, in watt-hours. May fall back when the meter is reset or swapped. None while
    the hardware has not told it: many a charger tells it only during a transaction."""
    available: bool = True
    """False while the EVSE is out of service on purpose."""
    faulted: bool = False
    """Whether the EVSE is broken and cannot charge."""
    error: str = ""
    """The hardware's word for what is wrong, at most 64 characters; empty if nothing is."""
    opened_because: EndReason | None = None
    """Why the contactor opened last, if it was not by our command: button, unplugging, emergency stop."""
    transaction_id: str | None = None
    """The transaction that is open, if the hardware keeps and tells such records; empty if none is open. None if it
    keeps none, or cannot tell which one it is."""
    fact: Fact | None = None
    """The oldest fact that has not been settled."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a start is for. Hardware that keeps transactions begins one under this name."""

    session_id: str
    group: str = ""
    """The owner's name on chargers (`contract.authorisation.Group`): a card of the same group may end the session at
    the charger. Empty if the cloud did not say."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """A session that was on an EVSE when the agent ended, so that its driver can go on with it."""

    order: Order
    transaction_id: str
    started: bool
    """False while its start is still under way: the transaction is not known yet."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a card may charge."""

    accepted: bool
    group: str = ""
    """Cards of one group belong to one person: any of them may end what another one began."""


@dataclass(frozen=True, slots=True)
class Look:
    """The hardware has something new, or a command given to it is answered: look at this EVSE now."""

    evse_id: int


@dataclass(frozen=True, slots=True)
class CardShown:
    """Somebody holds a card to the charger, which waits for the verdict."""

    id_token_hash: str
    answer: Callable[[Verdict], None]
    """To be called once, from any thread; the driver stops waiting by itself."""


DriverInput = Look | CardShown


def answered(command: Callable[[], object]) -> Future[None]:
    """The answer to a command that is given and answered within this call, for hardware that is quick to ask."""
    answer: Future[None] = Future()
    try:
        command()
    except DriverError as error:
        answer.set_exception(error)
    else:
        answer.set_result(None)
    return answer


class ChargerDriver(Protocol):
    """The hardware of one charger. No call blocks for longer than the time limits it names.

    The agent never waits for a command's answer: a driver whose futures are not done when it returns them tells
    `Look` of that EVSE as soon as they are.
    """

    name: str
    """What the reports call it."""
    pace: Pace

    def open(self, tell: Callable[[DriverInput], None], running: Mapping[int, Resumed]) -> None:
        """Begin to listen to the hardware.

        Args:
            tell: takes what the hardware says by itself; may be called from any thread.
            running: the sessions of an earlier run of the agent, by EVSE.
        """
        ...

    def observe(self, evse_id: int) -> Observation:
        """The EVSE as it is now; power in watts, energy in watt-hours. Answers within half a second.

        Raises:
            DriverUnreachable: no answer in time, or the charger is not connected.
        """
        ...

    def start(self, evse_id: int, order: Order) -> Future[None]:
        """Lock the cable and let power through. Starting what was started changes nothing.

        The future's error is `DriverRefused` or `DriverUnreachable`; its result says that the hardware has taken the
        command, not that it has been carried out.
        """
        ...

    def stop(self, evse_id: int, transaction_id: str) -> Future[None]:
        """End this transaction: interrupt the power and release the cable. Stopping what is over changes nothing.

        Hardware that keeps no transactions ignores the id. The future is as that of `start`.
        """
        ...

    def settle(self, fact: Fact, *, accepted: bool) -> None:
        """The agent has this fact on record: the charger may have its answer.

        Args:
            fact: as it was observed.
            accepted: False for a transaction that must not go on: the driver ends it.
        """
        ...

    def refresh(self, evse_id: int) -> None:
        """Somebody watches this EVSE: have the hardware tell its power and energy anew, if it does not always."""
        ...

    def close(self) -> None:
        """Let go of the hardware. What runs goes on."""
        ...
