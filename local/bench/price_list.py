"""The dated prices of `prices.json`, and what counts of things cost by them. Units: US dollars."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("prices.json")


@cache
def _listed() -> dict[str, Any]:
    listed: dict[str, Any] = json.loads(FILE.read_text())
    return listed


def used(counts: Mapping[str, float]) -> float:
    """What is paid for by use. `counts`: how many of each unit of `per_million`."""
    return sum(number * float(_listed()["per_million"][unit]["usd"]) for unit, number in counts.items()) / 1e6


def had(counts: Mapping[str, float]) -> float:
    """What is paid in a month for what is there, used or not. `counts`: how many of each unit of `per_month`."""
    return sum(number * float(_listed()["per_month"][unit]["usd"]) for unit, number in counts.items())
