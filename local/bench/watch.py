"""What is noted beside an agent at work: when a delta came, when a command was given, and what the cloud was told."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from device_agent.drivers.base import DriverInput, Fact, Observation, Order, Resumed
from device_agent.drivers.simulated.driver import SimulatedDriver
from device_agent.link import LinkInput, Message
from device_agent.paho_link import PahoLink

DELTA = "/update/delta"


@dataclass
class Watch:
    """One agent's. Units: milliseconds."""

    arrived_s: float = 0.0
    reactions_ms: list[float] = field(default_factory=list)
    """From a delta's arrival to the command that it brought."""
    delta: bytes = b""
    """The last one."""
    said: list[tuple[str, bytes]] = field(default_factory=list)
    """Topics and messages since it came."""

    def received(self, item: LinkInput) -> None:
        """Something has come over the link."""
        if isinstance(item, Message) and item.topic.endswith(DELTA):
            self.arrived_s, self.delta, self.said = time.perf_counter(), item.payload, []

    def command(self) -> None:
        """A command is about to be given. One that no delta brought, but the first document, does not count."""
        if self.arrived_s:
            self.reactions_ms.append((time.perf_counter() - self.arrived_s) * 1000)


@dataclass
class WatchedLink:
    """A link whose messages are noted, before the agent sees them."""

    link: PahoLink
    watch: Watch

    def start(self, deliver: Callable[[LinkInput], None]) -> None:
        """See `Link.start`."""

        def note(item: LinkInput) -> None:
            self.watch.received(item)
            deliver(item)

        self.link.start(note)

    def subscribe(self, topics: Sequence[str]) -> None:
        """See `Link.subscribe`."""
        self.link.subscribe(topics)

    def publish(self, topic: str, payload: bytes) -> int | None:
        """See `Link.publish`."""
        self.watch.said.append((topic, payload))
        return self.link.publish(topic, payload)

    def reconnect(self, why: str) -> None:
        """See `Link.reconnect`."""
        self.link.reconnect(why)

    def stop(self) -> None:
        """See `Link.stop`."""
        self.link.stop()


@dataclass
class WatchedDriver:
    """A driver whose commands are noted, before the hardware has them."""

    driver: SimulatedDriver
    watch: Watch

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
