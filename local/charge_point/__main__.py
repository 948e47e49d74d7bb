"""`python -m local.charge_point`: one simulated charge point as a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from websockets.typing import Subprotocol

from local.charge_point import v16, v201
from local.charge_point.connection import Speak, stay_connected
from local.charge_point.hardware import Hardware
from local.charge_point.memory import Memory
from local.charge_point.station import Station

VERSIONS: dict[str, tuple[Subprotocol, Speak]] = {
    "1.6": (v16.SUBPROTOCOL, v16.Line16),
    "2.0.1": (v201.SUBPROTOCOL, v201.Line201),
}


PASSWORD = "CHARGE_POINT_PASSWORD"  # noqa: S105  (the variable that holds it)


def _with_password(url: str, charger: str, password: str) -> str:
    """The address with who we are, for HTTP Basic authentication."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{charger}:{password}@{parts.netloc}")) if password else url


async def _work(options: argparse.Namespace) -> None:
    hardware = Hardware(options.plant, options.charger)
    station = Station(hardware, Memory(options.memory, await hardware.evse_ids()))
    subprotocol, speak = VERSIONS[options.version]
    address = _with_password(options.url, options.charger, os.environ.get(PASSWORD, ""))
    working = asyncio.gather(station.work(), stay_connected(station, address, subprotocol, speak))
    for ending in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(ending, working.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await working


def main() -> int:
    """Be a charge point until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(
        prog="python -m local.charge_point",
        description=__doc__,
        epilog=f"{PASSWORD} holds the password, if there is one.",
    )
    parser.add_argument("--version", required=True, choices=sorted(VERSIONS), help="version of OCPP")
    parser.add_argument("--url", required=True, help="the agent: ws://127.0.0.1:PORT/ocpp/ID")
    parser.add_argument("--plant", required=True, type=Path, help="socket of the simulated hardware")
    parser.add_argument("--charger", required=True, help="whose EVSEs of that hardware these are")
    parser.add_argument("--memory", required=True, type=Path, help="file that outlives a restart")
    options = parser.parse_args()
    logging.basicConfig(stream=sys.stderr, level="WARNING", format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("local").setLevel("INFO")
    asyncio.run(_work(options))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
