"""Taps on Stop, by one driver or by many: how long until they are answered, and until the end is seen."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from local.bench.sides import Side
from local.client import DriverApi
from local.waiting import wait_for

WITHIN_S = 60.0
POLL_S = 0.005
"""Far more often than an app polls, so that the figure is the system's and not the poll's."""
APP_POLLS_S = 1.0
"""How often an app polls that is not told otherwise."""
APART_S = 0.1
"""Between the taps of drivers who do not know each other: a stop is over by then."""
LOOK_S = 0.01
"""Between two looks at the records of a crowd."""


@dataclass(frozen=True)
class Stopped:
    """One stop. Units: milliseconds."""

    tapped_at: float
    """Epoch seconds."""
    answered_ms: float
    ended_ms: float


def polled(api: DriverApi, session_id: str, every_s: float = POLL_S) -> Stopped:
    """A tap, and then a look every so often until the API shows the end."""
    tapped_at, began_s = time.time(), time.perf_counter()
    api.stop(session_id).expect(202)
    answered_s = time.perf_counter()
    time.sleep(every_s)
    what = f"{session_id} ends"
    wait_for(lambda: _ended(api, session_id), what, within_s=WITHIN_S, every_s=every_s)
    return Stopped(tapped_at, (answered_s - began_s) * 1000, (time.perf_counter() - began_s) * 1000)


def on_the_line(api: DriverApi, session_id: str) -> float:
    """A tap that stays on the line until the session is over: milliseconds to the one answer."""
    began_s = time.perf_counter()
    api.stop(session_id, wait_s=5).expect(200)
    return (time.perf_counter() - began_s) * 1000


def polled_by_apps(api: DriverApi, session_ids: Sequence[str]) -> list[float]:
    """Taps one soon after the other, each by an app that polls: milliseconds until it sees the end."""

    def tap(number: int) -> float:
        time.sleep(number * APART_S)
        return polled(api, session_ids[number], APP_POLLS_S).ended_ms

    with ThreadPoolExecutor(len(session_ids)) as pool:
        return list(pool.map(tap, range(len(session_ids))))


def all_at_once(api: DriverApi, side: Side, session_ids: Sequence[str]) -> list[float]:
    """Taps in the same moment: milliseconds until the record, which is what the API shows, says that it is over.

    Were each asked for by a request of its own, the requests would be most of what there is to do.
    """
    ready = threading.Barrier(len(session_ids))
    tapped_s: dict[str, float] = {}
    ended_s: dict[str, float] = {}

    def tap(session_id: str) -> None:
        ready.wait()
        tapped_s[session_id] = time.perf_counter()
        api.stop(session_id).expect(202)

    def all_ended() -> bool:
        for answer in answers:
            if answer.done():
                answer.result()  # one that was not accepted would be waited for in vain
        over = side.records.in_phase("ended", set(session_ids) - set(ended_s))
        ended_s.update(dict.fromkeys(over, time.perf_counter()))
        return len(ended_s) == len(session_ids)

    with ThreadPoolExecutor(len(session_ids)) as pool:
        answers = [pool.submit(tap, session_id) for session_id in session_ids]
        wait_for(all_ended, f"{len(session_ids)} sessions end", within_s=WITHIN_S, every_s=LOOK_S)
    if not all(_ended(api, session_id) for session_id in session_ids):
        raise RuntimeError("the API does not show what the records say")
    return [(ended_s[session_id] - tapped_s[session_id]) * 1000 for session_id in session_ids]


def _ended(api: DriverApi, session_id: str) -> bool:
    return bool(api.session(session_id).expect(200)["status"] == "ended")
