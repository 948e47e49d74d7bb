"""`python -m device_agent`: the agent as a process."""

from __future__ import annotations

import argparse
import contextlib
import logging
import random
import secrets
import signal
import sqlite3
import sys
import time
import uuid
from pathlib import Path

from device_agent import VERSION, logs
from device_agent.agent import Agent, Outside, Stop
from device_agent.drivers.simulated.driver import SimulatedDriver
from device_agent.journal import Journal
from device_agent.paho_link import Broker, PahoLink
from device_agent.records import Moment
from device_agent.settings import Settings, SettingsError

log = logging.getLogger(__name__)

EXIT_SETTINGS = 2
EXIT_JOURNAL = 3


class SystemClock:
    """The clocks of this machine."""

    def now(self) -> Moment:
        """This instant."""
        return Moment(time.time(), time.monotonic())


def run(settings: Settings) -> int:
    """Run the agent until SIGTERM or SIGINT. A running session goes on: the hardware keeps it, the journal knows it."""
    try:
        journal = Journal.open(settings.journal.path, time.time)
    except (OSError, sqlite3.Error) as error:
        print(f"journal.path = {str(settings.journal.path)!r}: {error}", file=sys.stderr)  # noqa: T201  (for a person)
        return EXIT_JOURNAL
    link = settings.link
    broker = Broker(link.host, link.port, link.ca, link.certificate, link.private_key)
    driver = SimulatedDriver(settings.driver.socket, settings.charger_id)
    outside = Outside(SystemClock(), secrets.token_hex(4), lambda: uuid.uuid4().hex, driver.name)
    with contextlib.closing(journal), contextlib.closing(driver):
        agent = Agent(
            settings.charger_id,
            [evse.id for evse in settings.evses],
            driver,
            journal,
            PahoLink(settings.charger_id, broker, random.random),
            outside,
        )
        for ending in (signal.SIGTERM, signal.SIGINT):
            signal.signal(ending, lambda *_: agent.post(Stop()))
        log.info("agent begins", extra={"charger": settings.charger_id, "version": VERSION, "boot": outside.boot})
        agent.run()
        log.info("agent ends")
    return 0


def main() -> int:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(
        prog="python -m device_agent",
        description="The program on a charger: receives what the cloud wants of its EVSEs, acts on the hardware, and "
        "reports what it measured.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    runs = commands.add_parser(
        "run",
        help="run the agent until SIGTERM or Ctrl-C",
        description="Connect to the cloud's MQTT broker as this charger and serve its EVSEs. Ending the agent does not "
        "end a charging session: the next start takes it up again from the journal.",
    )
    runs.add_argument(
        "--config", type=Path, required=True, metavar="FILE", help="TOML file; device_agent/settings.py shows its shape"
    )
    runs.add_argument("--check", action="store_true", help="only say whether the configuration is usable")
    arguments = parser.parse_args()
    try:
        settings = Settings.load(arguments.config)
    except SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201  (a command tells its caller)
        return EXIT_SETTINGS
    if arguments.check:
        return 0
    logs.to_stderr(settings.log_level)
    return run(settings)


if __name__ == "__main__":
    raise SystemExit(main())
