"""`charger-agent run`: the agent as a process."""

from __future__ import annotations

import contextlib
import logging
import signal
import sqlite3
from argparse import ArgumentParser, Namespace

from device_agent import VERSION, logs, wiring
from device_agent.agent import Stop
from device_agent.commands import Exit, GivenUp
from device_agent.commands.common import add_config, say, settings_of
from device_agent.identity import Identity
from device_agent.journal import Journal
from device_agent.settings import Settings

DESCRIPTION = """\
Connect to the cloud's MQTT broker as this charger, and serve its EVSEs: start and stop sessions as their drivers ask,
report what is measured. On a board, systemd runs this (charger-agent.service).

Ending the agent does not end a charging session: the hardware goes on, and the next start takes the session up again
from the journal. Log lines are JSON on stderr.
"""

EXAMPLES = """\
  charger-agent run                              with /etc/charger-agent/agent.toml
  charger-agent run --check                      only say whether the settings are usable
  CHARGER_AGENT_LOG_LEVEL=DEBUG charger-agent run --config ./agent.toml
"""

log = logging.getLogger(__name__)


def describe(parser: ArgumentParser) -> None:
    """Add the options of `run`."""
    add_config(parser)
    parser.add_argument("--check", action="store_true", help="only say whether the settings are usable")


def execute(arguments: Namespace) -> int:
    """Run the agent until it is told to end."""
    settings = settings_of(arguments)
    if arguments.check:
        say(f"{arguments.config}: usable")
        return Exit.FINE
    logs.to_stderr(settings.log_level)
    return run(settings)


def run(settings: Settings) -> int:
    """Run the agent until SIGTERM or SIGINT.

    Raises:
        GivenUp: the board has no certificate yet, or the journal or a file of the driver's cannot be opened.
    """
    kept = settings.identity
    if kept is not None and not Identity(kept.directory).provisioned:
        raise GivenUp(
            Exit.NOT_PROVISIONED,
            f"{kept.directory} holds no certificate that this user may read: as this user,"
            " run `charger-agent provision` first",
        )
    try:
        journal = Journal.open(settings.journal.path)
    except (OSError, sqlite3.Error) as error:
        raise GivenUp(Exit.JOURNAL, f"journal.path = {str(settings.journal.path)!r}: {error}") from error
    outside = wiring.outside(settings)
    try:
        driver = wiring.driver(settings, outside.clock)
    except OSError as error:
        journal.close()
        raise GivenUp(Exit.SETTINGS, f"driver: {error}") from error
    with contextlib.closing(journal), contextlib.closing(driver):
        agent = wiring.agent(settings, driver, journal, outside)
        for ending in (signal.SIGTERM, signal.SIGINT):
            signal.signal(ending, lambda *_: agent.post(Stop()))
        log.info("agent begins", extra={"charger": settings.charger_id, "version": VERSION, "boot": outside.boot})
        pulse = wiring.pulse(settings)
        agent.run(lambda: pulse.beat(agent.status))
        pulse.end()
        log.info("agent ends")
    return Exit.FINE
