"""What a newcomer can do with the running stack, in lines that work as pasted in the repository's folder."""

from __future__ import annotations

import shlex
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from local.seed import OWNER
from local.settings import REPO

if TYPE_CHECKING:
    from local.runfile import RunFile
    from local.settings import Settings
    from local.terminal import Terminal


def explain(run: RunFile, settings: Settings, terminal: Terminal) -> None:
    """Tell how to talk to the running stack, and how to end it."""
    me = command(settings)
    charger = run.charger("PX-0001")
    say = terminal.line
    terminal.heading(f"The driver's page: {run.web_url}")
    for driver in run.drivers:
        say(f"  sign in as {driver.email:<22} password {driver.password}")
    terminal.heading("Everything keeps running. Talk to it (in another terminal, in this folder):")
    say("  The API, as a driver:")
    say(f"    {_curl(run, me)}")
    say("  A simulated charger, as somebody standing at it:")
    say(f"    {me} charger PX-0001 unplug --evse 1")
    say(f"    {me} charger PX-0001 fault power_keeps_flowing on --evse 1")
    say(f"    {me} charger PX-0001 describe --evse 1")
    say("  The whole story of a session, from its records:")
    say(f"    {me} explain SESSION")
    say("  What operators do: find, stop, close, take out of service, read dead letters:")
    say(f"    {me} operate sessions --open")
    say("  A charger behind OCPP (PX-0005 speaks 1.6, PX-0006 2.0.1), with a card; the session appears in the app:")
    for driver in run.drivers:
        say(f"    {me} charger PX-0005 tap {driver.cards[0]:<10}  # a card of {driver.email}")
    say("  The AWS CLI or any SDK:")
    say(f"    AWS_ENDPOINT_URL={run.endpoint_url} AWS_REGION={run.region}")
    say("    AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test")
    say("  MQTT over mutual TLS, with a charger's own identity (one connection per charger: it replaces the agent's):")
    say(f"    {run.mqtt.host}:{run.mqtt.port}, client id PX-0001")
    say(f"    --cafile {run.mqtt.ca}")
    say(f"    --cert {charger.certificate}")
    say(f"    --key {charger.private_key}")
    say(f"  All addresses, passwords and paths: {settings.run_file}")
    say(f"  One log per process:                {run.logs}")
    say()
    say(terminal.paint("Ctrl-C ends all of it.", "1"))


def command(settings: Settings) -> str:
    """How to call this program from the repository's folder."""
    python = Path(sys.executable)
    short = python.relative_to(REPO) if python.is_relative_to(REPO) else python
    words = [str(short), "-m", "local"]
    if settings.home != REPO / ".local":
        words += ["--dir", str(settings.home)]
    return shlex.join(words)


def _curl(run: RunFile, me: str) -> str:
    token = f'-H "Authorization: Bearer $({me} token {OWNER})"'
    hostname = urlsplit(run.api_url).hostname or ""
    try:
        socket.getaddrinfo(hostname, None)
    except OSError:
        # This machine's resolver does not know *.localhost: call the address, and name the host in a header.
        return f"curl -s {token} -H 'Host: {run.api_host}' {run.api_address}/v1/chargers"
    return f"curl -s {token} {run.api_url}/v1/chargers"
