"""A crowd of chargers in one process, on one thread: real agents, each with its own journal, hardware and connection.

What is simulated is the hardware, and that an agent looks at it every two seconds instead of four times a second: this
hardware does nothing by itself, and looking at 2,000 chargers would take more than the processors here have.
"""

from __future__ import annotations

import logging
import selectors
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from ulid import ULID

from device_agent.agent import Agent
from device_agent.clock import CloudClock
from device_agent.drivers.simulated.plant import SimulatedEvse
from device_agent.journal import Journal
from device_agent.outside import Outside
from device_agent.paho_link import Broker
from device_agent.wiring import SystemClock
from local.bench.load.line import Line
from local.bench.load.losses import Told
from tests.support.charger_bench import BenchClock, BenchHardware

EVSE = 1
LOOK_S = 2.0
SETTLING_S = (0.03, 0.06, 0.1)
"""When an agent that has heard something is looked at again: its command settles within the time of a contactor."""
TEND_S = 5.0
HUSH_S = 3.0
"""Acknowledgements are back within this, however busy the broker."""
AGAIN_S = 1.0
"""Before a connection that was lost is made anew."""


@dataclass
class Charger:
    """One charger of the crowd."""

    agent: Agent
    line: Line
    hardware: BenchHardware
    journal: Journal
    settling: int = len(SETTLING_S)
    """How often it has been looked at since it heard something."""
    due_s: float = 0.0
    tended_s: float = 0.0
    connect_s: float = 0.0


@dataclass(frozen=True)
class Seen:
    """What the crowd says of itself. Units: seconds of processor time."""

    told: dict[str, Told]
    connected: int
    messages: int
    waiting: int
    """Events that no broker has acknowledged yet."""
    lost_connections: list[str]
    complaints: dict[str, int]
    """What agents logged as warnings or worse, and how often."""
    cpu_s: float


class Complaints(logging.Handler):
    """Counts warnings by their words."""

    def __init__(self, level: int) -> None:
        super().__init__(level)
        self.counts: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        """Count one."""
        self.counts[record.getMessage()] += 1


class Crowd:
    """The chargers, and the loop that moves them."""

    def __init__(self, folder: Path, broker: Broker) -> None:
        self._folder, self._broker, self._context = folder, broker, broker.tls()
        self._clock = BenchClock()
        self._selector = selectors.DefaultSelector()
        self._chargers: list[Charger] = []
        self._complaints = Complaints(level=logging.WARNING)
        logging.getLogger().addHandler(self._complaints)
        self.hushed = False
        """Nobody says anything new; what was said is still acknowledged."""

    def add(self, charger_id: str) -> None:
        """One more, a car plugged in."""
        self._tell_time()
        line = Line(charger_id, self._broker, self._context)
        hardware = BenchHardware(self._clock, {EVSE: SimulatedEvse(max_power_w=11_000, plugged=True)})
        journal = Journal.open(self._folder / f"{charger_id}.sqlite3")
        outside = Outside(CloudClock(SystemClock()), "beec", _ulid, _ulid)
        agent = Agent(charger_id, [EVSE], hardware, journal, line, outside)
        charger = Charger(agent, line, hardware, journal)
        agent.begin()
        self._chargers.append(charger)

    def move(self, for_s: float) -> None:
        """Let everybody live for so long."""
        until_s = time.monotonic() + for_s
        while (now_s := time.monotonic()) < until_s:
            for key, _ in self._selector.select(timeout=0.01):
                charger: Charger = key.data
                charger.line.move()
                charger.settling, charger.due_s = 0, 0.0
            for charger in self._chargers:
                if now_s >= charger.due_s and not self.hushed:
                    self._turn(charger, time.monotonic())

    def seen(self) -> Seen:
        """What they all have told so far."""
        return Seen(
            told={session_id: told for each in self._chargers for session_id, told in _told(each).items()},
            connected=sum(each.line.socket is not None for each in self._chargers),
            messages=sum(each.line.messages for each in self._chargers),
            waiting=sum(each.journal.outbox_depth for each in self._chargers),
            lost_connections=[why for each in self._chargers for why in each.line.lost],
            complaints=dict(self._complaints.counts),
            cpu_s=time.process_time(),
        )

    def close(self) -> None:
        """Everybody hangs up."""
        for charger in self._chargers:
            charger.line.stop()
            charger.journal.close()
        self._selector.close()

    def _turn(self, charger: Charger, now_s: float) -> None:
        line = charger.line
        if line.socket is None and now_s >= charger.connect_s:
            self._unregister(charger)
            charger.connect_s = now_s + AGAIN_S
            if (sock := line.connect()) is not None:
                self._selector.register(sock, selectors.EVENT_READ, charger)
        if now_s - charger.tended_s >= TEND_S:
            charger.tended_s = now_s
            line.tend()
        self._tell_time()
        charger.agent.catch_up()
        settled = charger.settling >= len(SETTLING_S)
        charger.due_s = now_s + (LOOK_S if settled else SETTLING_S[charger.settling])
        charger.settling += not settled

    def _unregister(self, charger: Charger) -> None:
        for key in [key for key in self._selector.get_map().values() if key.data is charger]:
            self._selector.unregister(key.fileobj)

    def _tell_time(self) -> None:
        self._clock.mono_s, self._clock.epoch_s = time.monotonic(), time.time()


def _ulid() -> str:
    return str(ULID())


def _told(charger: Charger) -> dict[str, Told]:
    """By session; a charger of the crowd has one at most."""
    by_session: dict[str, list[dict[str, Any]]] = {}
    for event in charger.line.told:
        by_session.setdefault(event["sessionId"], []).append(event)
    meter_wh = charger.hardware.observe(EVSE).meter_wh or 0
    journal = charger.journal
    return {
        session_id: _of(events, meter_wh, known.next_seq if (known := journal.session(EVSE, session_id)) else None)
        for session_id, events in by_session.items()
    }


def _of(events: Sequence[dict[str, Any]], meter_wh: int, numbered: int | None) -> Told:
    by_type = {event["type"]: event for event in events}
    begun = by_type.get("started")
    began_wh = begun["meterWh"] if begun else 0
    return Told(
        seqs=frozenset(event["seq"] for event in events),
        started=begun is not None,
        ended="ended" in by_type,
        drawn_wh=meter_wh - began_wh,
        told_wh=max(event["meterWh"] for event in events) - began_wh,
        numbered=numbered,
    )


def work(folder: Path, broker: Broker, pipe: Connection) -> None:
    """The crowd's process: `add` with ids, `seen`, `hush` and `end` come through the pipe, each is answered."""
    with closing(Crowd(folder, broker)) as crowd:
        while True:
            while not pipe.poll():
                crowd.move(0.05)
            what, *given = pipe.recv()
            if what == "add":
                for charger_id in given[0]:
                    crowd.add(charger_id)
            if what == "hush":
                crowd.hushed = True
                crowd.move(HUSH_S)
            pipe.send(crowd.seen())
            if what == "end":
                return
