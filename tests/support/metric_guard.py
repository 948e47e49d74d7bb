"""Keeps what the functions measure bounded: every name and every value of a dimension is a metric that is paid for."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import Any

FUNCTIONS = Path(__file__).resolve().parents[2] / "functions"
DIMENSIONS = [["service"]]
"""The function; which charger, session or driver it was about is in the log."""


@cache
def names_in_source() -> frozenset[str]:
    """Every text in the code of the functions that may name a metric; a name that is put together is not among them."""
    found: set[str] = set()
    for path in FUNCTIONS.rglob("*.py"):
        text = path.read_text()
        if "MetricUnit" in text:
            constants = (node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant))
            found |= {it for it in constants if isinstance(it, str) and re.fullmatch(r"(?:[A-Z][a-z]+){2,}", it)}
    return frozenset(found)


def unbounded(line: dict[str, Any]) -> list[str]:
    """What is wrong with a line in the embedded metric format."""
    wrong = []
    for group in line["_aws"]["CloudWatchMetrics"]:
        if group["Dimensions"] != DIMENSIONS:
            wrong.append(f"dimensions {group['Dimensions']}")
        wrong += [f"name {it['Name']}" for it in group["Metrics"] if it["Name"] not in names_in_source()]
    return wrong
