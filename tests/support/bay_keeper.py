"""The charger that keeps transactions, behind the real picture that the OCPP drivers have of an EVSE.

Everything but the frames and the WebSocket: messages and commands pass through a `Bay`, which is as new after every
start of the agent, while the charger goes on and repeats what was not answered.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from device_agent.drivers.base import DriverUnreachable, Fact, Order, TransactionBegan, answered
from device_agent.drivers.ocpp.bays import Bay
from device_agent.drivers.ocpp.readings import Reading
from device_agent.drivers.ocpp.running import Status
from tests.support.keeper import Keeper

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Future

    from device_agent.drivers.base import DriverInput, Observation, Resumed


@dataclass
class BayKeeper(Keeper):
    """See above."""

    bay: Bay = field(default_factory=lambda: Bay(1))
    in_hand: Fact | None = None
    """What the agent has to settle before the charger's message is answered."""
    _told: tuple[Status, bool] | None = None
    """The charger's last status, and whether a transaction was open; None if it is to be told anew."""
    _known: bool = False
    """Whether the connection is not a new one."""

    def open(self, tell: Callable[[DriverInput], None], running: Mapping[int, Resumed]) -> None:
        super().open(tell, running)
        self.bay, self.in_hand, self._told, self._known = Bay(1), None, None, False
        for resumed in running.values():
            self.bay.resume(resumed.order.session_id, resumed)

    def observe(self, evse_id: int) -> Observation:
        assert evse_id == 1
        if not self.connected:
            self.in_hand, self._told, self._known = None, None, False
            raise DriverUnreachable("not connected")
        now_s = self.clock.mono_s
        if not self._known:
            self._known = True
            self.bay.reconnected(now_s)
        self._tell_messages(now_s)
        self._tell_status(now_s)
        self.bay.tick(now_s)
        return self.bay.observe()

    def start(self, evse_id: int, order: Order) -> Future[None]:
        if self.bay.running is not None and self.bay.running.session_id == order.session_id:
            return answered(lambda: None)
        self.bay.order(order.session_id, order)
        return super().start(evse_id, order)

    def stop(self, evse_id: int, transaction_id: str) -> Future[None]:
        if self.bay.running is None or self.bay.running.transaction_id != transaction_id:
            return answered(lambda: None)
        self.bay.stop_asked(transaction_id)
        future = super().stop(evse_id, transaction_id)
        future.add_done_callback(lambda done: self._taken(done, transaction_id))
        return future

    def settle(self, fact: Fact, *, accepted: bool) -> None:
        self.bay.settle(fact, accepted=accepted)
        self.settled.append((fact, accepted))
        if self.in_hand == fact:
            self._answer(accepted=accepted)
        self._maybe_cut("after settle")

    def _taken(self, done: Future[None], transaction_id: str) -> None:
        if not done.exception():
            self.bay.stop_taken(transaction_id, self.clock.mono_s)

    def _tell_messages(self, now_s: float) -> None:
        """The oldest message, again and again until it is answered; then the next one."""
        while self.queue and self.in_hand is None:
            told = self.queue[0]
            heard: Fact | bool | None
            if isinstance(told, TransactionBegan):
                heard = self.bay.told_began(told, now_s)
            else:
                heard = self.bay.told_over(told.transaction_id, told.reason, told.at, told.meter_wh, now_s)
            if isinstance(heard, bool) or heard is None:
                self._answer(accepted=heard is not False)
                if self.lose_answers:
                    return
            else:
                self.in_hand = heard

    def _answer(self, *, accepted: bool) -> None:
        """The charger hears what became of its oldest message, unless that is lost on its way."""
        self.in_hand = None
        if self.lose_answers > 0:
            self.lose_answers -= 1
            return
        told = self.queue.popleft()
        if isinstance(told, TransactionBegan):
            self._told = None  # its status changes with it, and it says so
            if not accepted:
                self._refuse(told.mark)

    def _tell_status(self, now_s: float) -> None:
        """The status, when it changed or the connection is new; and while it charges, the meter."""
        if self.open_now is not None:
            status, named = Status.CHARGING, self.open_now.began.transaction_id
            self.bay.told_reading(Reading(self.meter_wh, self.power_w), now_s, named)
        else:
            status = Status.PREPARING if self.plugged else Status.AVAILABLE
            status = Status.FINISHING if self.plugged and self.past else status
        if self._told != (status, self.open_now is not None):
            self._told = status, self.open_now is not None
            self.bay.told_status(status, now_s)
