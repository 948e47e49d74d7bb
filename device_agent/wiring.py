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
from device_agent.identity import Credentials, Fixed, Identity
from device_agent.journal import Journal
from device_agent.link import Link
from device_agent.outside import Outside
from device_agent.paho_link import Broker, PahoLink
from device_agent.provisioning import apart
from device_agent.provisioning.cloud import AwsCloud
from device_agent.provisioning.rotation import Renewal, Rotation
from device_agent.pulse import Pulse, Systemd
from device_agent.records import Clock, Moment
from device_agent.settings import OcppSettings, Settings


class SystemClock:
    """The clocks of this machine."""

    def now(self) -> Moment:
        """This instant."""
        return Moment(time.time(), time.monotonic())


def driver(settings: Settings, clock: Clock) -> ChargerDriver:
    """The hardware that `driver.kind` names; a charger with a clock of its own sets it by this one."""
    if isinstance(settings.driver, OcppSettings):
        from device_agent.drivers.ocpp.driver import OcppDriver  # noqa: PLC0415  (only the one that is named)

        evse_ids = [evse.id for evse in settings.evses]
        return OcppDriver.from_settings(settings.driver, evse_ids, lambda: clock.now().epoch_s)
    from device_agent.drivers.simulated.driver import SimulatedDriver  # noqa: PLC0415  (as above)

    return SimulatedDriver(settings.driver.socket, settings.charger_id)


def broker(settings: Settings) -> Broker:
    """The broker that `link` names, and what it is shown."""
    to, shown = settings.link, settings.pair
    return Broker(
        to.host, to.port, to.ca, shown.certificate, shown.private_key, reconnect_at_most_s=to.reconnect_at_most_s
    )


def cloud(settings: Settings) -> AwsCloud:
    """Where certificates come from."""
    return AwsCloud(broker(settings), settings.evses[0].id)


def link(settings: Settings, clock: Clock) -> Link:
    """The connection to the broker, as this charger, with whichever of its certificates is good."""
    return PahoLink(settings.charger_id, broker(settings), random.random, credentials(settings, clock))


def credentials(settings: Settings, clock: Clock) -> Credentials:
    """The two slots and their renewal, or the one pair that came by other means."""
    kept = settings.identity
    if kept is None:
        return Fixed(settings.pair)
    renewal = Renewal(
        charger_id=settings.charger_id,
        serial_number=kept.serial_number,
        certificate_days=kept.certificate_days,
        cloud=cloud(settings),
        make_request=apart.make_request,
        read_life=apart.read_life,
        now_s=lambda: clock.now().epoch_s,
        mono_s=time.monotonic,
        random=random.random,
    )
    return Rotation(Identity(kept.directory), renewal)


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
    return Agent(settings.charger_id, evse_ids, driver, journal, link(settings, outside.clock), outside)


def pulse(settings: Settings) -> Pulse:
    """What tells those outside that the agent lives."""
    return Pulse(Systemd(os.environ), settings.status_file, time.monotonic)
