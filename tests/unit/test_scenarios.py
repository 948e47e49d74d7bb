"""Every failure of docs/scenarios.md has its test, and the table says which."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "scenarios.md"

_ROW = re.compile(r"^\| (\d+) \|.*\| \[([^\]]+)\]\(\.\./([^)]+)\) \|$", re.MULTILINE)
_NUMBERS = re.compile(r"\bScenarios? (\d+(?:(?:, | and )\d+)*)")


@cache
def named_tests() -> dict[int, set[tuple[str, str]]]:
    """By scenario: files and names of the tests whose docstring has its number."""
    found: dict[int, set[tuple[str, str]]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                said = _NUMBERS.search(ast.get_docstring(node) or "")
                for number in re.findall(r"\d+", said.group(1)) if said else ():
                    found.setdefault(int(number), set()).add((str(path.relative_to(ROOT)), node.name))
    return found


def rows() -> dict[int, tuple[str, str]]:
    """By scenario: file and name of the test in the table."""
    written = _ROW.findall(PAGE.read_text())
    return {int(number): (path, "test_" + words.replace(" ", "_")) for number, words, path in written}


def test_the_table_has_every_scenario() -> None:
    assert list(rows()) == list(range(1, 26))


@pytest.mark.parametrize("number", range(1, 26))
def test_a_scenario_has_the_test_that_the_table_names(number: int) -> None:
    assert rows()[number] in named_tests()[number]


def test_no_test_speaks_of_a_scenario_that_is_not_in_the_table() -> None:
    assert named_tests().keys() <= rows().keys()
