"""What a tap on Stop asks of AWS: `python -m local.bench.calls`. Counted on the clients of a warm function."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from local.bench.row import Row, text
from local.bench.station import Station, station
from tests.support.api_events import body_of, start_event, stop_event

REACH = "1 UpdateItem + 1 UpdateThingShadow"


def rows() -> list[Row]:
    """A line for each tap. The charger is cut off, so that every tap finds the stop unanswered."""
    with station() as here:
        session_id = str(body_of(here.call("start_session", start_event()))["sessionId"])
        here.carry()
        here.let_pass(10)
        here.bench.link.cut()
        taps = {"first tap": 0, "second tap, 1 s later": 1, "third tap, 3 s later": 3}
        return [
            Row(f"calls per stop, {name}", _tap(here, session_id, after_s), reach=REACH, module="calls")
            for name, after_s in taps.items()
        ]


def _tap(here: Station, session_id: str, after_s: float) -> str:
    here.bench.clock.pass_s(after_s)
    here.meter.reset()
    here.invoke("stop_session", stop_event(session_id))
    return " + ".join(f"{times} {operation}" for operation, times in here.meter.calls.items())


def main(_arguments: Sequence[str] | None = None) -> int:
    """Count and print."""
    print(text(rows()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
