"""`charger-agent status`: what the running agent says of itself, for people."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import Any

from device_agent import VERSION, certificates, status_file
from device_agent.clock import TRUSTED_S
from device_agent.commands import Exit, GivenUp
from device_agent.commands.common import add_config, say, settings_of, stamp
from device_agent.settings import Settings
from device_agent.status_file import Said

DESCRIPTION = """\
Show how the running agent is: its link to the cloud, its charger, each EVSE with its session, events that wait, and how
long the certificate is valid. The agent writes this every two seconds to the file that `status_file` names.

The exit code is 0 if it runs and nothing is wrong, else 1; `charger-agent doctor` then says what to do.
"""

EXAMPLES = """\
  charger-agent status
  watch charger-agent status
"""


def describe(parser: ArgumentParser) -> None:
    """Add the options of `status`."""
    add_config(parser)


def execute(arguments: Namespace) -> int:
    """Print what the agent said last."""
    settings = settings_of(arguments)
    if settings.status_file is None:
        raise GivenUp(
            Exit.SETTINGS,
            f'{arguments.config}: status_file is not set, so the agent does not say how it is; "/run/charger-agent/'
            'status.json" is a good place',
        )
    try:
        said = status_file.read(settings.status_file, time.time())
    except OSError as error:
        raise GivenUp(Exit.FOUND, f"status_file = {str(settings.status_file)!r}: {error.strerror}") from error
    for name, text in _told(settings, said, time.time()):
        say(f"{name:<13}{text}")
    return Exit.FOUND if said is None or said.troubles else Exit.FINE


def _told(settings: Settings, said: Said | None, now_s: float) -> Iterator[tuple[str, str]]:
    yield "charger", settings.charger_id
    yield "certificate", str(certificates.look(settings.pair.certificate, now_s))
    if said is None:
        yield "agent", f"{VERSION} does not run"
        return
    content = said.content
    agent = content["evses"][0]["agent"][0]
    runs = "runs" if said.fresh else f"has said nothing for {said.age_s:.0f} s"
    yield "agent", f"{agent['version']} {runs}, boot {content['boot']}"
    yield "cloud", "connected" if content["link"] else "not connected"
    yield "clock", _clock(said)
    yield "journal", content["journal"] or "written to its file"
    yield "outbox", f"{content['outbox']} events wait for the cloud"
    yield "hardware", f"{agent['driver']} {'answers' if agent['driverOk'] else 'is silent'}"
    for evse in content["evses"]:
        yield from _evse(evse)


def _clock(said: Said) -> str:
    if not said.content["told"]:
        return "the cloud has not told the time yet"
    if abs(said.clock_off_s) <= TRUSTED_S:
        return "agrees with the cloud's"
    return f"the board's is {-said.clock_off_s:+.0f} s off; the agent goes by the cloud's"


def _evse(told: dict[str, Any]) -> Iterator[tuple[str, str]]:
    (evse,) = told["evse"]
    error = f": {evse['error']}" if evse["error"] else ""
    yield f"EVSE {told['id']}", f"{evse['status']}{error}, {evse['powerW']} W, cable {evse['cable']}"
    for session in told.get("session", ()):
        began = stamp(session["startedAt"])
        yield "", f"session {session['sessionId']} {session['state']}, began {began}, {session['energyWh']} Wh"
