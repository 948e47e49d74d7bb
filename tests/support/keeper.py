"""A charger that keeps transactions of its own, and the driver for it: what OCPP chargers do, without the protocol.

It tells of beginnings and ends in order, one at a time, and repeats each until it is answered. Cards, resets, lost
answers, reused ids, a clock that was never set and a meter that says nonsense can all be asked for.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from contract.vocabulary import CableState, EndReason
from device_agent.drivers.base import (
    DriverRefused,
    DriverUnreachable,
    Fact,
    Look,
    Observation,
    TransactionBegan,
    TransactionOver,
)
from tests.support.charger_bench import PACE, Bench, PowerCut

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from device_agent.drivers.base import DriverInput, Order, Pace, Resumed
    from tests.support.charger_bench import BenchClock

CARD = "ab" * 32
CHARGING_W = 7_200


@dataclass(frozen=True)
class Transaction:
    """One that is open on the charger, or was."""

    began: TransactionBegan
    drawn_wh: float = 0.0
    """What the car really got, once it is over."""
    honest: bool = True
    """Whether the meter was left alone, and its last value told."""
    by_stop: bool = False
    """Whether the agent's stop ended it."""
    refused: bool = False
    """Whether the agent did not accept it."""


@dataclass
class Keeper:
    """The charger's one EVSE, and the `ChargerDriver` for it."""

    clock: BenchClock
    name: str = "keeper"
    pace: Pace = PACE
    plugged: bool = True
    connected: bool = True
    """Whether the driver reaches the charger."""
    energy_wh: float = 1_000.0
    """Its register, exactly."""
    power_w: int = 0
    clock_off_s: float = 0.0
    """How far the charger's clock is ahead of the world's."""
    reuses: str = ""
    """The id all its transactions have; empty if each has its own."""
    tells_ids: bool = True
    tells_meter: bool = True
    slow: bool = False
    """Whether commands are answered only when the test calls `answer`."""
    cut: str = ""
    """Where to cut the board's power: `before start`, `after settle` and so on, or nowhere."""
    lose_answers: int = 0
    """How many of the next answers to its messages get lost on their way."""
    tell: Callable[[DriverInput], None] = lambda _: None
    running: Mapping[int, Resumed] = field(default_factory=dict)
    open_now: Transaction | None = None
    queue: deque[Fact] = field(default_factory=deque)
    """Messages that are not answered, in their order."""
    past: list[Transaction] = field(default_factory=list)
    """Transactions that are over."""
    settled: list[tuple[Fact, bool]] = field(default_factory=list)
    stops: list[str] = field(default_factory=list)
    """The transactions that stops have named."""
    starts: list[Order] = field(default_factory=list)
    refreshed: int = 0
    waiting: list[tuple[Future[None], Callable[[], None]]] = field(default_factory=list)
    _count: int = 0
    _drawn_wh: float = 0.0
    _read_s: float = 0.0

    @property
    def meter_wh(self) -> int:
        """Its register as it stands now."""
        now_s, before_s = self.clock.mono_s, self._read_s
        self.energy_wh += self.power_w * (now_s - before_s) / 3600
        self._drawn_wh += self.power_w * (now_s - before_s) / 3600
        self._read_s = now_s
        return int(self.energy_wh)

    # What happens at the charger.

    def tap(self, card: str = CARD) -> None:
        """Somebody holds an accepted card to it: to begin, or to end what runs."""
        if self.open_now is not None:
            self.end(EndReason.LOCAL)
        elif self.plugged:
            self._begin("", card)

    def end(self, reason: EndReason, meter_wh: int | None = None) -> None:
        """What runs is over; its meter may say something else than it should."""
        if self.open_now is None:
            return
        tid = self.open_now.began.transaction_id
        told_wh = self.meter_wh if meter_wh is None else meter_wh
        honest = self.open_now.honest and meter_wh is None
        self.past.append(replace(self.open_now, drawn_wh=self._drawn_wh, honest=honest))
        self.open_now, self.power_w = None, 0
        self._say(TransactionOver(1, tid, reason, self._at(), told_wh))

    def unplug(self) -> None:
        self.end(EndReason.EV_DISCONNECTED)
        self.plugged = False

    def reset_meter(self) -> None:
        assert self.meter_wh >= 0
        self.energy_wh = 0.0
        if self.open_now is not None:
            self.open_now = replace(self.open_now, honest=False)

    def lose_end(self) -> None:
        """What runs is over, and the charger never says so."""
        if self.open_now is not None:
            self.open_now = replace(self.open_now, honest=False)
            self.end(EndReason.OTHER)
            self.queue.pop()

    def answer(self, error: Exception | None = None) -> None:
        """The oldest command is carried out and answered, or fails."""
        future, work = self.waiting.pop(0)
        if error is None:
            _finish(future, work)
        else:
            future.set_exception(error)
        self.tell(Look(1))

    def stray_end(self) -> None:
        """It repeats the end of a transaction that is long over, if that has a name of its own."""
        if self.past and self.past[-1].began.transaction_id != self.reuses:
            self._say(TransactionOver(1, self.past[-1].began.transaction_id, EndReason.OTHER, self._at(), 0))

    # What the agent sees of it.

    def open(self, tell: Callable[[DriverInput], None], running: Mapping[int, Resumed]) -> None:
        self.tell, self.running = tell, dict(running)

    def observe(self, evse_id: int) -> Observation:
        assert evse_id == 1
        if not self.connected:
            raise DriverUnreachable("not connected")
        ours = self.open_now.began.transaction_id if self.open_now else ""
        return Observation(
            plugged=self.plugged,
            cable=CableState.PLUGGED if self.plugged else CableState.UNPLUGGED,
            contactor_closed=self.open_now is not None,
            power_w=self.power_w,
            meter_wh=self.meter_wh if self.tells_meter else None,
            transaction_id=ours if self.tells_ids else None,
            fact=self.queue[0] if self.queue else None,
        )

    def start(self, evse_id: int, order: Order) -> Future[None]:
        assert evse_id == 1
        self.starts.append(order)
        return self._command("start", lambda: self._remote_start(order))

    def stop(self, evse_id: int, transaction_id: str) -> Future[None]:
        assert evse_id == 1
        self.stops.append(transaction_id)
        return self._command("stop", lambda: self._remote_stop(transaction_id))

    def settle(self, fact: Fact, *, accepted: bool) -> None:
        self._maybe_cut("before settle")
        self.settled.append((fact, accepted))
        if isinstance(fact, TransactionBegan) and not accepted:
            self._refuse(fact.mark)
        if self.lose_answers > 0:
            self.lose_answers -= 1
        elif self.queue and self.queue[0] == fact:
            self.queue.popleft()
        self._maybe_cut("after settle")

    def refresh(self, evse_id: int) -> None:
        assert evse_id == 1
        self.refreshed += 1

    def close(self) -> None:
        pass

    # How it does it.

    def _at(self) -> int:
        return max(0, int(self.clock.epoch_s + self.clock_off_s))

    def _begin(self, session_id: str, card: str) -> None:
        self._count += 1
        tid = self.reuses or f"T{self._count}"
        start_wh = self.meter_wh if self.tells_meter else None
        began = TransactionBegan(1, tid, f"mark-{self._count}", session_id, card, self._at(), start_wh)
        self.open_now, self.power_w, self._drawn_wh = Transaction(began), CHARGING_W, 0.0
        self._say(began)

    def _say(self, fact: Fact) -> None:
        self.queue.append(fact)
        self.tell(Look(1))

    def _command(self, what: str, work: Callable[[], None]) -> Future[None]:
        self._maybe_cut(f"before {what}")
        future: Future[None] = Future()
        if not self.connected:
            future.set_exception(DriverUnreachable("not connected"))
        elif self.slow:
            self.waiting.append((future, work))
        else:
            _finish(future, work)
        self._maybe_cut(f"after {what}")
        return future

    def _maybe_cut(self, where: str) -> None:
        if self.cut == where:
            self.cut = ""
            raise PowerCut(where)

    def _remote_start(self, order: Order) -> None:
        if self.open_now is not None:
            if self.open_now.began.session_id == order.session_id:
                return
            raise DriverRefused("occupied")
        if not self.plugged:
            raise DriverRefused("no cable")
        self._begin(order.session_id, "")

    def _remote_stop(self, transaction_id: str) -> None:
        if self.open_now is None or self.open_now.began.transaction_id != transaction_id:
            return
        self.open_now = replace(self.open_now, by_stop=True)
        self.end(EndReason.REMOTE)

    def _refuse(self, mark: str) -> None:
        self.past = [replace(each, refused=True) if each.began.mark == mark else each for each in self.past]
        if self.open_now is not None and self.open_now.began.mark == mark:
            self.open_now = replace(self.open_now, refused=True)
            self.end(EndReason.DE_AUTHORIZED)


def _finish(future: Future[None], work: Callable[[], None]) -> None:
    try:
        work()
    except DriverRefused as error:
        future.set_exception(error)
    else:
        future.set_result(None)


class KeeperBench(Bench):
    """A bench with such a charger on it."""

    def __init__(self, folder: Path, make: Callable[[BenchClock], Keeper] = Keeper) -> None:
        super().__init__(folder, evses=1)
        self.box = make(self.clock)
        self.driver = self.box

    def lose_journal(self) -> None:
        """The agent ends, and its journal is gone."""
        self.lose_power()
        for file in self.folder.glob("journal.sqlite3*"):
            file.unlink()

    def tap(self, card: str = CARD) -> None:
        """Somebody holds a card to it."""
        self.box.tap(card)
        self.pass_s(0.25)

    def end(self, reason: EndReason = EndReason.LOCAL, meter_wh: int | None = None) -> None:
        """What runs is over, and the charger says so."""
        self.box.end(reason, meter_wh)
        self.pass_s(0.25)

    def told(self, session_id: str, kind: str) -> dict[str, Any]:
        """What the cloud knows of a session's one beginning or end."""
        (event,) = [each for each in self.events(session_id) if each["type"] == kind]
        return event
