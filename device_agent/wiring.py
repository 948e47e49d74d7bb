"""The agent put together from its settings. What the settings do not name is not loaded."""

from __future__ import annotations

import os
import random
import secrets
import time
import uuid

from ulid import ULID

from device_agent.agent import Agent
from device_agent.clock import CloudClock
from device_agent.drivers.base import ChargerDriver
from device_agent.journal import Journal
from device_agent.link import Link
from device_agent.outside import Outside
from device_agent.paho_link import Broker, PahoLink
from device_agent.pulse import Pulse, Systemd
from device_agent.records import Moment
from device_agent.settings import OcppSettings, Settings


class SystemClock:
    """The clocks of this machine."""

    def now(self) -> Moment:
        """This instant."""
        return Moment(time.time(), time.monotonic())


def driver(settings: Settings) -> ChargerDriver:
    """The hardware that `driver.kind` names."""
    if isinstance(settings.driver, OcppSettings):
        from device_agent.drivers.ocpp.driver import OcppDriver  # noqa: PLC0415  (only the one that is named)

        return OcppDriver.from_settings(settings.driver, [evse.id for evse in settings.evses])
    from device_agent.drivers.simulated.driver import SimulatedDriver  # noqa: PLC0415  (as above)

    return SimulatedDriver(settings.driver.socket, settings.charger_id)


def broker(settings: Settings) -> Broker:
    """The broker that `link` names, and what it is shown."""
    to = settings.link
    return Broker(to.host, to.port, to.ca, to.certificate, to.private_key)


def link(settings: Settings) -> Link:
    """The connection to the broker, as this charger."""
    return PahoLink(settings.charger_id, broker(settings), random.random)


def outside(settings: Settings) -> Outside:
    """This machine's clock and randomness, and what its owner has decided."""
    return Outside(
        CloudClock(SystemClock()),
        secrets.token_hex(4),
        lambda: uuid.uuid4().hex,
        lambda: str(ULID()),
        settings.authorisation.offline,
    )


def agent(settings: Settings, driver: ChargerDriver, journal: Journal, outside: Outside) -> Agent:
    """The agent of the whole charger, on a link of its own."""
    evse_ids = [evse.id for evse in settings.evses]
    return Agent(settings.charger_id, evse_ids, driver, journal, link(settings), outside)


def pulse(settings: Settings) -> Pulse:
    """What tells those outside that the agent lives."""
    return Pulse(Systemd(os.environ), settings.status_file, time.monotonic)
