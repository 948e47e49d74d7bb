"""How fast a stop is over the whole local stack: `make bench`. Prints a table; nothing here passes or fails."""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from local.bench.agent import delta_to_command_ms
from local.client import DriverApi
from local.plant import Plant
from local.seed import OWNER
from local.settings import Settings
from local.stack import running_stack
from local.terminal import Terminal
from local.waiting import wait_for

CHARGER_ID, EVSE_ID = "PX-0001", 1
WITHIN_S = 20.0
POLL_S = 0.005
"""Far more often than an app polls, so that the figure is the system's and not the poll's."""

Milliseconds = float


def main(arguments: Sequence[str] | None = None) -> int:
    """Stop many sessions, and print what it took."""
    parser = argparse.ArgumentParser(prog="python -m local.bench.stops", description=__doc__)
    parser.add_argument("--stops", type=int, default=50, help="how many stops of each kind (default 50)")
    show(measure(parser.parse_args(arguments).stops))
    return 0


def measure(stops: int) -> dict[str, list[Milliseconds]]:
    """What each leg of so many stops took, on a stack started for it."""
    with TemporaryDirectory() as home:
        settings = Settings(home=Path(home), gateway_port=0, mqtt_port=0, web_port=0)
        with running_stack(settings, Terminal()) as stack, DriverApi.of(stack.run, OWNER) as api:
            plant = Plant(stack.run.plant_socket)
            _stop_once(api, plant, _polled)  # warms the functions up
            legs: dict[str, list[Milliseconds]] = {
                "tap → 202": [],
                "tap → contactor open": [],
                "tap → API shows ended, polled every 5 ms": [],
                "tap → answer 'ended', one call with Prefer: wait=5": [],
            }
            for _ in range(stops):
                for leg, figure in zip(legs, _stop_once(api, plant, _polled), strict=False):
                    legs[leg].append(figure)
            for _ in range(stops):
                legs["tap → answer 'ended', one call with Prefer: wait=5"].append(_stop_once(api, plant, _waited)[2])
            legs["agent: delta → contactor command"] = delta_to_command_ms(stack, stops)
            return legs


def _stop_once(api: DriverApi, plant: Plant, stop: Callable[[DriverApi, str], float]) -> tuple[float, float, float]:
    """One session from start to end. Milliseconds from the tap to the 202, the open contactor, and the shown end."""
    session_id: str = wait_for(lambda: _started(api), "a session begins", within_s=WITHIN_S)
    wait_for(lambda: _status(api, session_id) == "active", "it is active", within_s=WITHIN_S)
    tap = time.time()
    answered = stop(api, session_id)
    ended = time.time()
    log = plant.describe(CHARGER_ID, EVSE_ID)["log"]
    opened = max(entry["at"] for entry in log if entry["did"] == "contactor_opened")
    return (answered - tap) * 1000, (opened - tap) * 1000, (ended - tap) * 1000


def _started(api: DriverApi) -> str | None:
    answer = api.start(CHARGER_ID, EVSE_ID)  # refused while the last session's report is still on its way
    started: str | None = answer.body.get("sessionId")
    return started


def _status(api: DriverApi, session_id: str) -> str:
    status: str = api.session(session_id).expect(200)["status"]
    return status


def _polled(api: DriverApi, session_id: str) -> float:
    api.stop(session_id).expect(202)
    answered = time.time()
    wait_for(lambda: _status(api, session_id) == "ended", "it ends", within_s=WITHIN_S, every_s=POLL_S)
    return answered


def _waited(api: DriverApi, session_id: str) -> float:
    api.stop(session_id, wait_s=5).expect(200)
    return time.time()


def show(legs: dict[str, list[Milliseconds]]) -> None:
    """Print them."""
    print(f"\n{'milliseconds over the whole local stack':<54} {'n':>4} {'p50':>7} {'p90':>7} {'p99':>7}")
    for leg, figures in legs.items():
        cuts = statistics.quantiles(figures, n=100, method="inclusive")
        print(f"{leg:<54} {len(figures):>4} {cuts[49]:>7.1f} {cuts[89]:>7.1f} {cuts[98]:>7.1f}")


if __name__ == "__main__":
    sys.exit(main())
