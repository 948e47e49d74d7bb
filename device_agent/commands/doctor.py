"""`charger-agent doctor`: is this board as it should be, and if not, what is to be done."""

from __future__ import annotations

import os
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator

from device_agent import journal_reader, status_file, wiring
from device_agent.checks import Finding, Level, agent, board, broken, fine, network
from device_agent.commands import Exit
from device_agent.commands.common import add_config, say
from device_agent.settings import Settings, SettingsError
from device_agent.status_file import Said

DESCRIPTION = """\
Check settings, certificates and keys, clock, the way to the cloud, charger, storage and journal. Each line says OK,
WARN or FAIL, and below it what to do. Run it as the agent's user, so that it sees what the agent sees.

While the agent runs, doctor asks it how it is connected. Otherwise it connects by itself, under the charger's name.

The exit code is 0 if nothing fails, else 1.
"""

EXAMPLES = """\
  charger-agent doctor
  sudo -u charger-agent charger-agent doctor     on a board, as the agent's user
"""


def describe(parser: ArgumentParser) -> None:
    """Add the options of `doctor`."""
    add_config(parser)


def execute(arguments: Namespace) -> int:
    """Check everything, and print what was found."""
    failed = False
    for finding in findings(arguments):
        failed |= finding.level is Level.FAIL
        say(f"{finding.level:<5} {finding.subject:<18} {finding.text}")
        if finding.advice:
            say(f"{'':<24} -> {finding.advice}")
    return Exit.FOUND if failed else Exit.FINE


def findings(arguments: Namespace) -> Iterator[Finding]:
    """All there is to be found, in the order in which it should be mended."""
    try:
        settings = Settings.load(arguments.config, os.environ)
    except SettingsError as error:
        for line in str(error).splitlines():
            yield broken("settings", line, "docs/install-agent.md explains every key")
        return
    yield fine("settings", str(arguments.config))
    now_s, said = time.time(), _said(settings)
    yield from board.secrets(settings, arguments.config)
    yield board.authority(settings, now_s)
    yield from board.identity(settings, now_s)
    yield from board.charger_tls(settings, now_s)
    yield from board.storage(settings)
    yield from board.journal(settings)
    running = _running(settings)
    yield agent.alive(said, running=running)
    way = list(network.path(wiring.broker(settings)))
    yield from way
    if not running:
        passable = all(finding.level is Level.OK for finding in way) and settings.pair.certificate.exists()
        yield from _alone(settings) if passable else (network.clock(now_s, None),)
        yield agent.place(settings)
    elif said is not None:
        yield agent.cloud(said)
        yield network.clock(now_s, -said.clock_off_s if said.content["told"] else None)
        yield from agent.hardware(said)
    else:
        yield network.clock(now_s, None)


def _alone(settings: Settings) -> Iterator[Finding]:
    """What only a connection of our own can tell."""
    cloud, told_s = network.round_trip(settings.charger_id, settings.evses[0].id, wiring.broker(settings))
    yield cloud
    now_s = time.time()
    yield network.clock(now_s, None if told_s is None else now_s - told_s)


def _running(settings: Settings) -> bool:
    try:
        return journal_reader.in_use(settings.journal.path)
    except OSError:
        return False


def _said(settings: Settings) -> Said | None:
    if settings.status_file is None:
        return None
    try:
        return status_file.read(settings.status_file, time.time())
    except OSError:
        return None
