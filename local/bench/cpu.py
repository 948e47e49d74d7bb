"""Processor time of one stop, functions and agent together: `python -m local.bench.cpu`.

The real handlers and the real agent in one process (`station`): the tap, the agent's work with its journal on disk,
and the function that takes in what the charger reports, until the record has ended. Time that moto takes in the place
of AWS is not counted; nor is HTTP, TLS and MQTT, which that spares. Units: milliseconds, user and system.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Sequence
from typing import Any
from unittest.mock import patch

from moto.core.botocore_stubber import BotocoreStubber

from local.bench.row import Row, text
from local.bench.station import Station, station
from tests.support.api_events import body_of, session_event, start_event, stop_event

STOPS, WARM_UP, REACH_MS = 50, 5, 8
LOOKS = 5
PEERS = "17 ms CitrineOS, 19 ms EVtivity"
"""What a stop took of these servers, measured once on a machine of the same kind; nothing here measures them again."""


class Aside:
    """Processor time of what stands in for AWS."""

    spent_s = 0.0


def measure() -> list[float]:
    """Of each stop."""
    aside, answer = Aside(), BotocoreStubber.__call__

    def timed(stubber: BotocoreStubber, *args: Any, **named: Any) -> Any:
        began_s = time.process_time()
        try:
            return answer(stubber, *args, **named)
        finally:
            aside.spent_s += time.process_time() - began_s

    with station(metered=False) as here, patch.object(BotocoreStubber, "__call__", timed):
        return [_stop(here, aside) for _ in range(WARM_UP + STOPS)][WARM_UP:]


def _stop(here: Station, aside: Aside) -> float:
    session_id = str(body_of(here.call("start_session", start_event()))["sessionId"])
    here.carry()
    here.let_pass(10)
    began_s, aside.spent_s = time.process_time(), 0.0
    here.call("stop_session", stop_event(session_id))
    here.carry()
    for _ in range(LOOKS):
        here.let_pass(0.25, step_s=0.25)
    spent_s = time.process_time() - began_s - aside.spent_s
    if body_of(here.call("sessions_api", session_event(session_id)))["status"] != "ended":
        raise RuntimeError("the session did not end")
    here.let_pass(60)
    return spent_s * 1000


def rows() -> list[Row]:
    """The line of the table."""
    taken = statistics.median(measure())
    return [
        Row("CPU per stop, functions and agent, p50", f"{taken:.1f} ms", PEERS, reach=f"≤ {REACH_MS} ms", module="cpu")
    ]


def main(_arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    print(text(rows()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
