"""A whole charger on a bench: agent, journal, simulated hardware and a cloud in memory, all on one clock."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contract.vocabulary import EventType
from device_agent.agent import Agent
from device_agent.clock import CloudClock
from device_agent.drivers.base import DriverUnreachable, Observation, Pace, answered
from device_agent.drivers.simulated.plant import Fault, SimulatedEvse
from device_agent.journal import Journal
from device_agent.memory_link import MemoryCloud, MemoryLink
from device_agent.outside import Outside
from device_agent.records import Moment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Future

    from device_agent.drivers.base import ChargerDriver, DriverInput, Fact, Order, Resumed

CHARGER = "PX-0001"
NOON = 1_795_348_800.0  # 2026-11-22 12:00:00 UTC
SESSION = "01JD0000000000000000000001"
OTHER_SESSION = "01JD0000000000000000000002"
PACE = Pace(4.0, 4.0)


def ulid(number: int) -> str:
    """An id that sorts by its number."""
    return f"01JE{number:022d}"


def intent(act: str, session_id: str = SESSION, number: int = 1, *, at: float = NOON, **changes: Any) -> dict[str, Any]:
    """An intent as the cloud writes it into the shadow."""
    document: dict[str, Any] = {
        "id": ulid(number),
        "act": act,
        "sessionId": session_id,
        "issuedAt": int(at),
        "by": "owner",
    }
    if act == "start":
        document["expiresAt"] = int(at) + 60
    return document | changes


@dataclass
class BenchClock:
    epoch_s: float = NOON
    mono_s: float = 1000.0
    board_behind_s: float = 0.0
    """How much the board's own clock lags behind the world's."""

    def now(self) -> Moment:
        return Moment(self.epoch_s - self.board_behind_s, self.mono_s)

    def pass_s(self, seconds: float) -> None:
        self.epoch_s += seconds
        self.mono_s += seconds


class PowerCut(BaseException):
    """The board loses its supply at this very point."""


@dataclass
class BenchHardware:
    """A `ChargerDriver` that reaches simulated EVSEs directly, and at which the power can be cut."""

    clock: BenchClock
    evses: dict[int, SimulatedEvse]
    cut: str = ""
    """Where to cut the power: `before start`, `after start`, `before stop`, `after stop`, or nowhere."""
    commands: list[str] = field(default_factory=list)
    looks: int = 0
    name: str = "simulated"
    pace: Pace = PACE
    orders: list[Order] = field(default_factory=list)
    """What each start was for."""
    named: list[str] = field(default_factory=list)
    """The transaction each stop named."""
    running: Mapping[int, Resumed] = field(default_factory=dict)
    """What the agent said of an earlier run's sessions when it opened this."""

    def open(self, tell: Callable[[DriverInput], None], running: Mapping[int, Resumed]) -> None:
        self.tell, self.running = tell, dict(running)

    def observe(self, evse_id: int) -> Observation:
        self.looks += 1
        return self._awake(evse_id).observe(self.clock.mono_s)

    def start(self, evse_id: int, order: Order) -> Future[None]:
        self.orders.append(order)
        return answered(lambda: self._command("start", evse_id))

    def stop(self, evse_id: int, transaction_id: str) -> Future[None]:
        self.named.append(transaction_id)
        return answered(lambda: self._command("stop", evse_id))

    def settle(self, fact: Fact, *, accepted: bool) -> None:
        raise AssertionError(f"a bare contactor tells no facts: {fact}, {accepted}")

    def refresh(self, evse_id: int) -> None:
        pass

    def close(self) -> None:
        pass

    def _command(self, what: str, evse_id: int) -> None:
        evse = self._awake(evse_id)
        self._maybe_cut(f"before {what}")
        self.commands.append(f"{what} {evse_id}")
        (evse.start if what == "start" else evse.stop)(self.clock.mono_s)
        self._maybe_cut(f"after {what}")

    def _awake(self, evse_id: int) -> SimulatedEvse:
        evse = self.evses[evse_id]
        if Fault.SILENT in evse.faults:
            raise DriverUnreachable("silence")
        return evse

    def _maybe_cut(self, where: str) -> None:
        if self.cut == where:
            self.cut = ""
            raise PowerCut(where)


class Bench:
    """One charger with two EVSEs. `turn_on` boots the agent; `pass_s` lets time go by."""

    def __init__(self, folder: Path, *, evses: int = 2) -> None:
        self.folder = folder
        self.clock = BenchClock()
        self.cloud = MemoryCloud(lambda: self.clock.epoch_s)
        self.hardware = BenchHardware(
            self.clock, {n: SimulatedEvse(max_power_w=11_000, plugged=True) for n in range(1, evses + 1)}
        )
        self.driver: ChargerDriver = self.hardware
        """What the agent gets: the bare contactors of `hardware`, unless a test brings a charger of its own."""
        self.boots = 0
        self._transactions = itertools.count(1)
        self._numbers = itertools.count(1)
        self._ulids = itertools.count(1_000_000)
        self.agent: Agent
        self.link: MemoryLink
        self.journal: Journal

    @property
    def evse(self) -> SimulatedEvse:
        return self.hardware.evses[1]

    def turn_on(self, *, online: bool = True) -> Bench:
        self.boots += 1
        self.journal = Journal.open(self.folder / "journal.sqlite3")
        self.link = MemoryLink(self.cloud)
        outside = Outside(
            CloudClock(self.clock), f"{self.boots:04x}", lambda: f"tx-{next(self._transactions)}", self._new_ulid
        )
        self.agent = Agent(CHARGER, list(self.hardware.evses), self.driver, self.journal, self.link, outside)
        if not online:
            self.link.cut()
        self.agent.begin()
        self.agent.catch_up()
        return self

    def _new_ulid(self) -> str:
        return ulid(next(self._ulids))

    def lose_power(self) -> None:
        """The agent's process is gone, as with SIGKILL; the hardware goes on."""
        self.link.stop()
        self.journal.close()

    def restart(self) -> None:
        self.lose_power()
        self.turn_on()

    def pass_s(self, seconds: float, step_s: float = 0.25) -> None:
        for _ in range(max(1, round(seconds / step_s))):
            self.clock.pass_s(step_s)
            self.agent.catch_up()

    def want(self, act: str, session_id: str = SESSION, evse_id: int = 1, **changes: Any) -> str:
        """The cloud writes an intent; returns its id."""
        document = intent(act, session_id, next(self._numbers), at=self.clock.epoch_s, **changes)
        self.cloud.desire(CHARGER, evse_id, document)
        self.agent.catch_up()
        return str(document["id"])

    def charge(self, session_id: str = SESSION, seconds: float = 60.0, step_s: float = 0.25) -> str:
        """A session that has run for a while; returns the id of its start."""
        started = self.want("start", session_id)
        self.pass_s(seconds, step_s)
        return started

    def reported(self, group: str, evse_id: int = 1) -> dict[str, Any]:
        groups = self.cloud.reported(CHARGER, evse_id).get(group) or [{}]
        return dict(groups[0])

    def answer(self, evse_id: int = 1) -> tuple[str, str, str]:
        ack = self.reported("ack", evse_id)
        return ack.get("id", ""), ack.get("status", ""), ack.get("reason", "")

    def events(self, session_id: str = SESSION) -> list[dict[str, Any]]:
        return [event for _, event in self.cloud.published if event["sessionId"] == session_id]

    def story(self, session_id: str = SESSION) -> list[str]:
        """A session's events but for its meter values, as words."""
        told = (event for event in self.events(session_id) if event["type"] != EventType.METER)
        return [f"{event['type']} {event.get('reason', '')}".strip() for event in told]
