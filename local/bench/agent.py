"""How fast the agent reacts: from a delta's arrival to the command at the contactor.

The agent is the real one, in a process of its own, with its journal on disk, its link over mutual TLS and the simulated
hardware in another process. Both moments are read in the agent's process, from one clock.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from ulid import ULID

from device_agent.agent import Agent, Stop
from device_agent.clock import CloudClock
from device_agent.drivers.base import DriverInput, Fact, Observation, Order, Resumed
from device_agent.drivers.simulated.driver import SimulatedDriver
from device_agent.journal import Journal
from device_agent.link import LinkInput, Message
from device_agent.outside import Outside
from device_agent.paho_link import Broker, PahoLink
from device_agent.wiring import SystemClock
from local.seed import AC_22_KW, Site
from local.stack import Stack
from local.waiting import wait_for

WITHIN_S = 20.0
QUIET_S = 0.1
"""No question is asked while the agent acts: it would be answered by the same two cores."""
SITE = Site("PX-BENCH", "Bench", "Bench Street 1", "53.5", "10.0", (AC_22_KW,))


@dataclass
class Stopwatch:
    """When the last delta arrived, and how long after it each command was given. Units: milliseconds."""

    arrived_s: float = 0.0
    figures: list[float] = field(default_factory=list)

    def delta(self) -> None:
        """A delta has arrived."""
        self.arrived_s = time.perf_counter()

    def command(self) -> None:
        """A command is about to be given. One that no delta brought, but the first document, does not count."""
        if self.arrived_s:
            self.figures.append((time.perf_counter() - self.arrived_s) * 1000)


@dataclass
class TimedLink:
    """A link that notes when a delta arrives, before the agent sees it."""

    link: PahoLink
    watch: Stopwatch

    def start(self, deliver: Callable[[LinkInput], None]) -> None:
        """See `Link.start`."""

        def note(item: LinkInput) -> None:
            if isinstance(item, Message) and item.topic.endswith("/update/delta"):
                self.watch.delta()
            deliver(item)

        self.link.start(note)

    def subscribe(self, topics: Sequence[str]) -> None:
        """See `Link.subscribe`."""
        self.link.subscribe(topics)

    def publish(self, topic: str, payload: bytes) -> int | None:
        """See `Link.publish`."""
        return self.link.publish(topic, payload)

    def reconnect(self, why: str) -> None:
        """See `Link.reconnect`."""
        self.link.reconnect(why)

    def stop(self) -> None:
        """See `Link.stop`."""
        self.link.stop()


@dataclass
class TimedDriver:
    """A driver that notes when a command is given, before the hardware has it."""

    driver: SimulatedDriver
    watch: Stopwatch

    def __post_init__(self) -> None:
        """Name and pace are the driver's own."""
        self.name, self.pace = self.driver.name, self.driver.pace

    def open(self, tell: Callable[[DriverInput], None], running: Mapping[int, Resumed]) -> None:
        """See `ChargerDriver.open`."""
        self.driver.open(tell, running)

    def observe(self, evse_id: int) -> Observation:
        """See `ChargerDriver.observe`."""
        return self.driver.observe(evse_id)

    def start(self, evse_id: int, order: Order) -> Future[None]:
        """See `ChargerDriver.start`."""
        self.watch.command()
        return self.driver.start(evse_id, order)

    def stop(self, evse_id: int, transaction_id: str) -> Future[None]:
        """See `ChargerDriver.stop`."""
        self.watch.command()
        return self.driver.stop(evse_id, transaction_id)

    def settle(self, fact: Fact, *, accepted: bool) -> None:
        """See `ChargerDriver.settle`."""
        self.driver.settle(fact, accepted=accepted)

    def refresh(self, evse_id: int) -> None:
        """See `ChargerDriver.refresh`."""
        self.driver.refresh(evse_id)

    def close(self) -> None:
        """See `ChargerDriver.close`."""
        self.driver.close()


def delta_to_command_ms(stack: Stack, rounds: int) -> list[float]:
    """Milliseconds from delta to command, of so many starts and as many stops."""
    shadows = stack.emulator.client("iot-data")

    def desire(act: str, session_id: str) -> None:
        now_s = int(time.time())
        intent: dict[str, Any] = {"id": str(ULID()), "act": act, "sessionId": session_id, "issuedAt": now_s}
        intent |= {"by": "owner"} | ({"expiresAt": now_s + 60} if act == "start" else {})
        document = json.dumps({"state": {"desired": {"v": 1, "intent": [intent]}}}).encode()
        shadows.update_thing_shadow(thingName=SITE.charger_id, shadowName="evse-1", payload=document)
        time.sleep(QUIET_S)
        wait_for(lambda: _answered(shadows, intent["id"]), f"{act} is done", within_s=WITHIN_S)

    with _agent(stack) as figures:
        for _ in range(rounds):
            session_id = str(ULID())
            desire("start", session_id)
            desire("stop", session_id)
        return figures()


def _answered(shadows: Any, intent_id: str) -> bool:
    payload = shadows.get_thing_shadow(thingName=SITE.charger_id, shadowName="evse-1")["payload"]
    acks = json.loads(payload.read())["state"].get("reported", {}).get("ack", [{}])
    return (acks[0].get("id"), acks[0].get("status")) == (intent_id, "done")


@contextmanager
def _agent(stack: Stack) -> Iterator[Callable[[], list[float]]]:
    """The timed agent at work; what it measured is asked for once, at the end."""
    folder = stack.fleet.folder(SITE.charger_id)
    files = stack.seeder.add_charger(SITE, folder)
    plant, _ = stack.fleet.start_plant("plant-bench", [SITE])
    broker = Broker(
        "localhost",
        stack.emulator.mqtt_port,
        stack.emulator.certificate_authority,
        files.certificate,
        files.private_key,
    )
    # A process of its own, as on a charger: in a thread of this one the agent would wait for our boto3 calls.
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    child = spawn.Process(target=_work, args=(broker, plant.socket, folder / "journal.sqlite3", theirs))
    child.start()

    def figures() -> list[float]:
        ours.send("end")
        measured: list[float] = ours.recv()
        return measured

    try:
        yield figures
    finally:
        child.join(WITHIN_S)


def _work(broker: Broker, socket: Path, journal_path: Path, pipe: Connection) -> None:
    watch = Stopwatch()
    link = TimedLink(PahoLink(SITE.charger_id, broker, random.random), watch)
    driver = SimulatedDriver(socket, SITE.charger_id)
    outside = Outside(CloudClock(SystemClock()), "beec", lambda: str(ULID()), lambda: str(ULID()))
    with closing(driver), closing(Journal.open(journal_path)) as journal:
        agent = Agent(SITE.charger_id, [1], TimedDriver(driver, watch), journal, link, outside)

        def end_when_asked() -> None:
            pipe.recv()
            agent.post(Stop())

        threading.Thread(target=end_when_asked, daemon=True).start()
        agent.run()
    pipe.send(watch.figures)
