"""All measurements in turn, as one table: `make bench`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from local.bench import calls, cold_start, cost, cpu, growth, own_time, stops
from local.bench.plot import distribution
from local.bench.row import PICTURES, Row, keep, markdown, text


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and keep the table in docs/performance.md."""
    parser = argparse.ArgumentParser(prog="python -m local.bench", description=__doc__)
    parser.add_argument("--stops", type=int, default=50, help="how many stops of each kind on the stack (default 50)")
    parser.add_argument("--pasts", type=int, nargs="+", default=growth.PASTS, help="how many past sessions to grow to")
    parser.add_argument("--no-stack", action="store_true", help="leave out what needs the running stack")
    parser.add_argument("--write", action="store_true", help="keep the table in docs/performance.md")
    options = parser.parse_args(arguments)
    found: list[Row] = [*calls.rows(), *own_time.rows(), *cold_start.rows(), *cpu.rows(), *cost.rows(cost.count())]
    grown = growth.measure(options.pasts)
    found += growth.rows(grown)
    print(text(found))
    if options.write:
        keep("table", f"{markdown(found)}\n\n![what requests consume as the past grows](performance/growth.svg)")
        PICTURES.mkdir(exist_ok=True)
        (PICTURES / "growth.svg").write_text(growth.picture(grown))
    if options.no_stack:
        return 0
    legs = stops.measure(options.stops)
    stops.show(legs)
    if options.write:
        (PICTURES / "latency.svg").write_text(distribution("A stop over the local stack", legs))
        keep("latency", "![how long stops took over the local stack](performance/latency.svg)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
