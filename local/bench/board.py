"""What the agent takes of a charger's board: `python -m local.bench.board`.

Memory and processor time are those of the real process behind simulated hardware (`local.footprint`, which has the
other kinds too); what it writes is counted while a session is lived through (`station`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any
from unittest.mock import patch

from device_agent.journal_store import Store
from local.bench.cost import SESSION_S
from local.bench.row import Row, text
from local.bench.station import Station, station
from local.footprint import GOAL_CPU_PERCENT, GOAL_RSS_MB, Footprint, measure
from local.seed import Hardware
from tests.support.api_events import body_of, start_event, stop_event

WATCHED_S = 15.0


def transactions() -> tuple[int, int]:
    """What the journal writes in a session of four hours that nobody looks at, and in as long a time without one.

    Each is one transaction on stable storage.
    """
    with station() as here:
        return _counted(lambda: _session(here)), _counted(lambda: here.let_pass(SESSION_S, step_s=2))


def _session(here: Station) -> None:
    session_id = str(body_of(here.call("start_session", start_event()))["sessionId"])
    here.carry()
    here.let_pass(SESSION_S)
    here.call("stop_session", stop_event(session_id))
    here.let_pass(5)


def _counted(live: Callable[[], None]) -> int:
    written, transact = 0, Store.transact

    def counting(store: Store, work: Callable[[Any], Any]) -> Any:
        nonlocal written
        written += 1
        return transact(store, work)

    with patch.object(Store, "transact", counting):
        live()
    return written


def rows(found: Footprint, session: int, idle: int) -> list[Row]:
    """The lines of the table."""

    def row(what: str, ours: str, reach: str = "", beside: str = "") -> Row:
        return Row(what, ours, beside, reach=reach, module="board")

    return [
        row("agent, memory (RSS)", f"{found.rss_mb:.1f} MB", f"≤ {GOAL_RSS_MB} MB"),
        row("agent, processor, idle", f"{found.idle_percent:.2f} %", f"≤ {GOAL_CPU_PERCENT} %"),
        row("agent, processor, one session", f"{found.charging_percent:.2f} %"),
        row("journal, 4 h session", f"{session} transactions", beside=f"{idle} in 4 h idle"),
    ]


def measured() -> list[Row]:
    """Measure, as lines of the table."""
    return rows(measure(Hardware.SIMULATED, WATCHED_S), *transactions())


def main(_arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    print(text(measured()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
