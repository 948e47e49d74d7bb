"""`python -m device_agent.drivers.simulated`: the simulated hardware as a process of its own.

It outlives the agent, as real hardware does.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
import time
import tomllib
from pathlib import Path

from pydantic import ValidationError

from device_agent.drivers.simulated.chargers import PlantFile
from device_agent.drivers.simulated.server import PlantClock, PlantServer


async def _serve(plan: PlantFile, socket: Path, rate: float) -> None:
    server = PlantServer(plan, PlantClock(time.monotonic, rate), time.time)
    serving = asyncio.create_task(server.serve(socket))
    for ending in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(ending, serving.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await serving


def main() -> int:
    """Serve the plant until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(
        prog="python -m device_agent.drivers.simulated",
        description="Simulated charging hardware for development and tests: cars, contactors and meters behind a Unix "
        "socket that agents and tests talk to in JSON lines (see server.py).",
    )
    parser.add_argument("--socket", type=Path, required=True, help="where to listen; created with mode 0600")
    parser.add_argument("--chargers", type=Path, required=True, help="TOML file of the chargers (see chargers.py)")
    parser.add_argument("--clock-rate", type=float, default=1.0, help="how many times as fast as the world (default 1)")
    arguments = parser.parse_args()
    try:
        plan = PlantFile.load(arguments.chargers)
    except (OSError, tomllib.TOMLDecodeError, ValidationError) as error:
        print(f"{arguments.chargers}: {error}", file=sys.stderr)  # noqa: T201  (a command tells its caller)
        return 2
    arguments.socket.unlink(missing_ok=True)
    asyncio.run(_serve(plan, arguments.socket, arguments.clock_rate))
    arguments.socket.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
