"""What each route and report consumes of DynamoDB as the past grows: `python -m local.bench.growth`.

The past are sessions that have ended, all of one driver and all at one charger. Each request is made through its
handler over moto; what it consumes is computed from what it reads and writes (`capacity`). Units: read and write
request units.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from contract.vocabulary import EndMethod, EndReason
from functions.adapters import items
from functions.adapters.table import to_dynamo
from functions.domain.leaving import SESSIONS_AT_ONCE
from functions.domain.records import EndRecord, SessionPhase, SessionRecord
from local.bench.growth_steps import STEPS, Life
from local.bench.plot import lines
from local.bench.row import Row, text
from local.bench.station import Station, station
from tests.support import builders
from tests.support.api_events import api_event
from tests.support.clock import NOON_MS

PASTS = (10, 1_000, 100_000)
CHUNK = 25
"""Items that one BatchWriteItem takes."""
APART_MS = 4 * 3_600_000
DRAWN = 8
"""Lines that one can still tell apart; the table has all."""
LEAVING = "DELETE /v1/me, one request"


@dataclass(frozen=True)
class Consumed:
    """What one request consumed."""

    reads: float
    writes: float

    @property
    def units(self) -> float:
        """Both together."""
        return self.reads + self.writes


def measure(pasts: Sequence[int]) -> dict[str, dict[int, Consumed]]:
    """By what was asked, and by how much past there was."""
    found: dict[str, dict[int, Consumed]] = {}
    with station() as here:
        kept = 0
        for past in pasts:
            _keep(here, range(kept, past))
            kept = past
            for name, consumed in _asked(here, past):
                found.setdefault(name, {})[past] = consumed
    return found


def _asked(here: Station, past: int) -> Iterator[tuple[str, Consumed]]:
    """Every route and report once."""
    life = Life(here)
    for name, act in STEPS:
        here.meter.reset()
        act(life)
        if not name.startswith("("):
            yield name, Consumed(here.meter.reads, here.meter.writes)
    here.meter.reset()
    here.call("account_api", api_event("DELETE", "/v1/me"))  # moto has no such user: the last step, if it comes to it
    yield LEAVING, Consumed(here.meter.reads, here.meter.writes)
    _return(here, past)


def _return(here: Station, past: int) -> None:
    """As if nobody had left: the account and the sessions that were cut from it are back."""
    here.account.dynamodb.delete_item(TableName="TablesAccounts", Key=to_dynamo({"owner": builders.OWNER}))
    _keep(here, range(min(past, SESSIONS_AT_ONCE)))


def _keep(here: Station, numbers: range) -> None:
    """Put that many past sessions on record."""
    for first in range(0, len(numbers), CHUNK):
        sessions = map(_past, numbers[first : first + CHUNK])
        puts = [{"PutRequest": {"Item": to_dynamo(items.session_to_item(session))}} for session in sessions]
        here.account.dynamodb.batch_write_item(RequestItems={"TablesSessions": puts})


def _past(number: int) -> SessionRecord:
    began_ms = NOON_MS - (number + 1) * APART_MS
    end = EndRecord(
        reason=EndReason.REMOTE,
        method=EndMethod.REPORTED,
        at_ms=began_ms + APART_MS // 2,
        received_at_ms=began_ms + APART_MS // 2,
        meter_wh=22_000,
    )
    return builders.stopping_session(
        session_id=f"01J0{number:022d}",
        created_at_ms=began_ms,
        started_at_ms=began_ms,
        phase=SessionPhase.ENDED,
        end=end,
    )


def rows(found: dict[str, dict[int, Consumed]]) -> list[Row]:
    """A line for each request: what it consumes with the longest past, beside the shorter ones.

    The ratio is to the second shortest: the shortest does not fill a page.
    """
    table = []
    for name, by_past in found.items():
        pasts = sorted(by_past)
        longest, held = by_past[pasts[-1]], by_past[pasts[min(1, len(pasts) - 1)]]
        beside = ", ".join(f"{by_past[past].units:g} with {past:,}" for past in pasts[:-1])
        ratio = longest.units / held.units if held.units else None
        what = f"{name}, {pasts[-1]:,} past sessions"
        table.append(
            Row(what, f"{longest.reads:g} read, {longest.writes:g} write units", beside, ratio, "flat", "growth")
        )
    return table


def picture(found: dict[str, dict[int, Consumed]]) -> str:
    """Units over past sessions, a line for each of the requests that consume the most."""
    series = {name: [(past, by_past[past].units) for past in sorted(by_past)] for name, by_past in found.items()}
    dearest = sorted(series, key=lambda name: -series[name][-1][1])[:DRAWN]
    title = f"DynamoDB units of the {DRAWN} dearest requests as the past grows"
    return lines(title, "past sessions", "units", {name: series[name] for name in dearest})


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m local.bench.growth", description=__doc__)
    parser.add_argument("pasts", type=int, nargs="*", help=f"how many past sessions (default {PASTS})")
    options = parser.parse_args(arguments)
    print(text(rows(measure(sorted(options.pasts or PASTS)))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
