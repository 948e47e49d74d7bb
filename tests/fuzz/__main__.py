"""`make fuzz`: some thousands of requests that nobody would think of, against a local stack of its own."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from local.settings import Settings
from local.stack import running_stack
from local.terminal import Terminal
from tests.fuzz.run import ALL, fuzz

CHARGER = "PX-0001"
"""It has two EVSEs."""
AT_LEAST = 2000
EXAMPLES = 100
"""For each operation; with what the other phases add, far more than the cases asked for."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Start a stack, try its API, print what was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--examples", type=int, default=EXAMPLES, help=f"for each operation (default {EXAMPLES})")
    options = parser.parse_args(arguments)
    with TemporaryDirectory() as home:
        settings = Settings(home=Path(home) / "stack", gateway_port=0, mqtt_port=0, web_port=0)
        with running_stack(settings, Terminal()) as stack:
            began = time.monotonic()
            outcome = fuzz(stack, Path(home), CHARGER, ALL, examples=options.examples, seed=options.seed)
    print(outcome.report)
    print(f"{outcome.cases} cases in {time.monotonic() - began:.0f} s, seed {options.seed}")
    return 0 if outcome.passed and outcome.cases >= AT_LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
