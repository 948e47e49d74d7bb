"""All measurements in turn, as one table: `make bench`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from local.bench import board, calls, cold_start, cost, cpu, growth, own_time, stops
from local.bench.plot import distribution
from local.bench.row import PICTURES, Row, keep, markdown, text


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and keep the table in docs/performance.md."""
    parser = argparse.ArgumentParser(prog="python -m local.bench", description=__doc__)
    every = f"how many stops of each kind on the stack (default {stops.STOPS})"
    parser.add_argument("--stops", type=int, default=stops.STOPS, help=every)
    parser.add_argument("--pasts", type=int, nargs="+", default=growth.PASTS, help="how many past sessions to grow to")
    parser.add_argument("--no-stack", action="store_true", help="leave out what needs the running stack")
    parser.add_argument("--write", action="store_true", help="keep the table in docs/performance.md")
    options = parser.parse_args(arguments)
    found: list[Row] = [*calls.rows(), *own_time.rows(), *cold_start.rows(), *cpu.rows()]
    if not options.no_stack:
        found += _stops(options.stops, write=options.write)
    found += cost.rows(cost.count())
    grown = growth.measure(options.pasts)
    found += growth.rows(grown)
    found += board.measured()
    print(text(found))
    if options.write:
        keep("table", f"{markdown(found)}\n\n![what requests consume as the past grows](performance/growth.svg)")
        PICTURES.mkdir(exist_ok=True)
        (PICTURES / "growth.svg").write_text(growth.picture(grown))
    return 0


def _stops(count: int, *, write: bool) -> list[Row]:
    """What needs the running stack."""
    legs = stops.measure(count)
    described = stops.described(legs)
    print(f"\n{described}\n")
    if write:
        PICTURES.mkdir(exist_ok=True)
        pictured = {leg: legs[leg] for leg in stops.PICTURED}
        (PICTURES / "latency.svg").write_text(distribution("A stop over the local stack", pictured))
        picture = "![how long stops took over the local stack](performance/latency.svg)"
        keep("latency", f"```\n{described}\n```\n\n{picture}")
    return stops.rows(legs)


if __name__ == "__main__":
    sys.exit(main())
