"""One EVSE as its charger's messages describe it. Pure: it is told the time, in monotonic seconds, and asks nobody.

A charger's messages are late, doubled, missing and contradict each other; here they become one picture and a queue of
facts. What the protocol promises and chargers forget is concluded after a grace: an end above all.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from math import inf

from contract.vocabulary import CableState, EndReason
from device_agent.drivers.base import Fact, Observation, Order, Resumed, TransactionBegan, TransactionOver
from device_agent.drivers.ocpp.fields import positive_31_bits
from device_agent.drivers.ocpp.readings import Gauge, Reading
from device_agent.drivers.ocpp.remembered import Past, forget_oldest
from device_agent.drivers.ocpp.running import GOES_ON, IDLE, PLUGGED, Running, Status

LATE_S = 10.0
"""Values that come this soon after an end, for no transaction, were measured before it."""

LONE_S = 5.0
"""A charger that says "charging" has this long to say which transaction; then it charges for nobody."""


class Bay:
    """One EVSE: told of messages by the methods, and shown as an `Observation`."""

    def __init__(self, evse_id: int) -> None:
        self.evse_id = evse_id
        self.status: Status | None = None
        """As told last; None if never."""
        self.running: Running | None = None
        self.waiting: TransactionBegan | None = None
        """A transaction of 2.0.1 that nobody has authorised yet: a plugged cable, and no session."""
        self.stuck = False
        """Whether the charger could not release the cable."""
        self.released: str = ""
        """The transaction our stop has ended and whose cable the charger still may hold; empty if there is none."""
        self.ended: str = ""
        """The transaction that ended last; empty if none has."""
        self.facts: deque[Fact] = deque()
        self._verdicts: dict[str, bool] = {}
        """Beginnings that have been settled, by mark, oldest first."""
        self.past = Past()
        self._orders: dict[str, Order] = {}
        self._gauge = Gauge()
        self._plugged = False
        self._error = ""
        self._main: tuple[Status, str] = (Status.AVAILABLE, "")
        self._over_s: float | None = None
        self._lone_s: float | None = None
        self._lone = False
        self._opened_because: EndReason | None = None

    def order(self, name: str, order: Order) -> None:
        """A start is commanded: a transaction under this name is its, and the cable its to lock."""
        self.released = ""
        self._orders.pop(name, None)
        self._orders[name] = order
        forget_oldest(self._orders)

    def ordered(self, name: str) -> Order | None:
        """The start that was commanded under this name."""
        return self._orders.get(name)

    def started(self, number: int | None) -> Order | None:
        """The start that was commanded under this number (2.0.1)."""
        return next((order for order in self._orders.values() if positive_31_bits(order.session_id) == number), None)

    def resume(self, name: str, resumed: Resumed) -> None:
        """Go on with the session of an earlier run of the agent."""
        self.order(name, resumed.order)
        if resumed.started and resumed.transaction_id:
            self.running = Running(resumed.transaction_id, session_id=resumed.order.session_id)
            self._plugged = True

    def stop_asked(self, transaction_id: str) -> None:
        """The charger is being asked to end this transaction: an end without a reason is our doing."""
        if self.running is not None and self.running.transaction_id == transaction_id:
            self.running = replace(self.running, asked=True)

    def stop_taken(self, transaction_id: str, now_s: float) -> None:
        """The charger has accepted our stop. Not done: that is for the charger's message or the meter to say."""
        if self.running is not None and self.running.transaction_id == transaction_id:
            self.running = replace(self.running, asked=True, stopping_s=now_s, zero_s=None, insists=False)

    def stop_refused(self, transaction_id: str) -> None:
        """The charger will not end it: an end to come is not our doing, unless it has accepted a stop before."""
        if self.running is not None and self.running.transaction_id == transaction_id:
            self.running = replace(self.running, asked=self.running.stopping_s is not None)

    def settle(self, fact: Fact, *, accepted: bool) -> None:
        """The agent has this fact on record; a transaction that it does not accept is to be ended."""
        if fact in self.facts:
            self.facts.remove(fact)
        if not isinstance(fact, TransactionBegan):
            return
        self._verdicts[fact.mark] = accepted
        forget_oldest(self._verdicts)
        if not accepted:
            self.refuse(fact.transaction_id)

    def refuse(self, transaction_id: str) -> None:
        """This transaction must not go on."""
        if self.running is not None and self.running.transaction_id == transaction_id:
            self.running = replace(self.running, refused=True)

    def told_status(self, status: Status, now_s: float, *, error: str = "", plugged: bool | None = None) -> None:
        """Its status changed, or is repeated. `plugged` where the protocol says it apart."""
        self._error = error
        before, self.status = self.status, status
        self._plugged = PLUGGED.get(status, self._plugged) if plugged is None else plugged
        if not self._plugged:
            self.stuck, self.released = False, ""
        if status is not Status.CHARGING:
            self._lone_s = None
            if status is not before:
                self._gauge.off()
        elif self.running is None and self._lone_s is None:
            self._lone_s = now_s
        if self.running is not None:
            self.running = self.running.told_status(status, now_s, plugged=self._plugged)

    def told_occupied(self, now_s: float) -> None:
        """Its connector is taken, as 2.0.1 says; what goes on there the transaction says."""
        if self.running is not None:
            if self.running.booted or self.status in (None, Status.AVAILABLE, Status.FAULTED, Status.UNAVAILABLE):
                self.told_status(Status.PREPARING, now_s)
        else:
            ended = self.status in (*GOES_ON, Status.FINISHING)
            self.told_status(Status.FINISHING if ended else Status.PREPARING, now_s)

    def told_main_status(self, status: Status, error: str = "") -> None:
        """The charger as a whole says that it is out of service or broken, or no longer so."""
        self._main = status, error

    def told_reading(self, told: Reading, now_s: float, transaction_id: str = "", *, closing: bool = False) -> None:
        """Its meter says something. `closing` marks the last value of a transaction, which is no news of power."""
        if self._late(transaction_id, now_s) or (closing and self.running is None):
            return
        power_w = self._gauge.read(replace(told, w=None) if closing else told, now_s)
        if self.running is not None:
            self.running = self.running.measured(power_w, now_s, told.at)

    def told_began(self, fact: TransactionBegan, now_s: float) -> TransactionBegan | bool:
        """A transaction has begun: the fact that the agent has to settle, or what it said of it before."""
        for known in self.facts:
            if isinstance(known, TransactionBegan) and known.mark == fact.mark:
                return known
        if fact.mark in self._verdicts:
            return self._verdicts[fact.mark] and fact.transaction_id not in self.past
        self._make_room(fact, now_s)
        if self.status in (None, Status.AVAILABLE):
            self.status, self._plugged = Status.PREPARING, True
        known_one = self.running or Running(fact.transaction_id, session_id=fact.session_id)
        self.running, self.waiting = replace(known_one, mark=fact.mark), None
        fact = replace(fact, meter_wh=self._gauge.register(fact.meter_wh))
        self.facts.append(fact)
        return fact

    def begins(self, fact: TransactionBegan, *, first: bool) -> bool:
        """Whether an event of 2.0.1 that names who is authorised is the beginning, or only another event.

        Args:
            fact: what the event would be as a beginning.
            first: whether it is the transaction's first one, or the first since a plugged cable began it.
        """
        running = self.running
        if running is not None and running.transaction_id == fact.transaction_id:
            return running.mark == fact.mark or (first and not running.mark)
        return first or fact.transaction_id not in self.past

    def wait_for_car(self) -> None:
        """The open transaction has begun before a cable was plugged in."""
        if self.running is not None:
            self.running = replace(self.running, waits_for_car=True)

    def told_over(
        self, transaction_id: str, reason: EndReason | None, at: int | None, meter_wh: int | None, now_s: float
    ) -> TransactionOver | None:
        """A transaction is over: the fact that the agent has to settle; None if there is nothing to settle any more.

        What is None the charger did not say.
        """
        if self.waiting is not None and self.waiting.transaction_id == transaction_id:
            self.waiting = None
        if self.running is not None and self.running.transaction_id == transaction_id:
            if self.running.asked and reason in (None, EndReason.OTHER):
                reason = EndReason.REMOTE
            self.past.add(transaction_id, told=True)
            return self._close(reason or EndReason.LOCAL, now_s, at, meter_wh)
        if self.past.told(transaction_id):
            self._gauge.off()
            self._over_s = now_s
        for known in self.facts:
            if isinstance(known, TransactionOver) and known.transaction_id == transaction_id:
                return known
        return None

    def told_of(self, transaction_id: str) -> None:
        """It speaks of a transaction as one that runs. If none is known, our memory is what is missing."""
        idle = self.status in (*IDLE, Status.UNAVAILABLE)
        waits = self.waiting is not None and self.waiting.transaction_id == transaction_id
        if self.running is None and transaction_id not in self.past and not idle and not waits:
            self.running = Running(transaction_id, named=True)
        elif self.running is not None and self.running.transaction_id == transaction_id:
            self.running = self.running.spoken_of()

    def booted(self) -> None:
        """It has restarted. Whether a transaction survived that, its next status tells."""
        if self.running is not None:
            self.running = replace(self.running, booted=True, idle_s=None, ahead_s=-inf)

    def reconnected(self, now_s: float) -> None:
        """It is connected again: what it could not say until now gets its full grace."""
        if self.running is not None:
            self.running = self.running.reconnected(now_s)

    def tick(self, now_s: float) -> None:
        """Time has passed: conclude what the charger has missed to say."""
        self._lone = self.running is None and self._lone_s is not None and now_s - self._lone_s >= LONE_S
        if self.running is not None and self.running.overdue(self.status, now_s):
            self._conclude(now_s)

    def owns(self, transaction_id: str) -> bool:
        """Whether this transaction is or was on this EVSE."""
        waits = self.waiting is not None and self.waiting.transaction_id == transaction_id
        runs = self.running is not None and self.running.transaction_id == transaction_id
        return runs or waits or transaction_id in self.past

    def observe(self) -> Observation:
        """The EVSE as of the last tick."""
        main, main_error = self._main
        return Observation(
            plugged=self._plugged,
            cable=self._cable(),
            contactor_closed=self.running is not None or self._lone,
            power_w=self._gauge.power_w,
            meter_wh=self._gauge.wh,
            available=Status.UNAVAILABLE not in (self.status, main),
            faulted=Status.FAULTED in (self.status, main),
            error=(self._error or main_error)[:64],
            opened_because=self._opened_because,
            transaction_id=self.running.transaction_id if self.running else None if self._lone else "",
            fact=self.facts[0] if self.facts else None,
        )

    def _cable(self) -> CableState:
        if not self._plugged:
            return CableState.UNPLUGGED
        if self.running is not None:
            return CableState.LOCKED
        return CableState.STUCK if self.stuck else CableState.PLUGGED

    def _late(self, transaction_id: str, now_s: float) -> bool:
        """Whether a value belongs to a transaction that is over."""
        return self.past.was_told(transaction_id) or (
            self.running is None and self._over_s is not None and now_s - self._over_s < LATE_S
        )

    def _make_room(self, fact: TransactionBegan, now_s: float) -> None:
        """Before a beginning: what was open is over by now, unless it is this one, begun before the agent's restart."""
        running = self.running
        if running is not None and (running.transaction_id != fact.transaction_id or running.mark):
            self._conclude(now_s)
        if self.running is None:
            self._gauge.off()
            self._opened_because, self._lone_s, self.stuck, self.released = None, None, False, ""
        self.past.forget(fact.transaction_id)  # the charger may use the name again

    def _conclude(self, now_s: float) -> None:
        """The open transaction must be over, although the charger has not said so."""
        if self.running is not None:
            self.past.add(self.running.transaction_id)
            self._close(self.running.why_over(self.status, plugged=self._plugged), now_s, None, None)

    def _close(self, reason: EndReason, now_s: float, at: int | None, meter_wh: int | None) -> TransactionOver | None:
        running, self.running = self.running, None
        if running is None:
            return None
        fact = TransactionOver(self.evse_id, running.transaction_id, reason, at, self._gauge.register(meter_wh))
        self.facts.append(fact)
        self.ended = running.transaction_id
        self._gauge.off()
        self._over_s = now_s
        self._opened_because = None if reason is EndReason.REMOTE else reason
        if running.asked and self._plugged:
            self.released = running.transaction_id
        if self.status in (*GOES_ON, Status.PREPARING):  # said of the transaction that is over
            self.status = Status.FINISHING
        return fact
