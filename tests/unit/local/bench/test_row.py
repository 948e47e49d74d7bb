"""The table of measurements, printed and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local.bench.row import Row, keep, markdown, text

if TYPE_CHECKING:
    from pathlib import Path

ROW = Row("a stop", "2 ms", "1 ms empty", 2.0, "≤ 3 ms", "own_time")


def test_a_line_says_what_it_is_held_against_and_the_command_that_measured_it() -> None:
    assert text([ROW]).splitlines()[1].split("  ")[0] == "a stop"
    assert markdown([ROW]).splitlines()[2] == (
        "| a stop | 2 ms | 1 ms empty | 2.00 | ≤ 3 ms | `python -m local.bench.own_time` |"
    )


def test_a_table_is_kept_between_its_marks_and_nowhere_else(tmp_path: Path) -> None:
    document = tmp_path / "page.md"
    document.write_text("before\n<!-- table: written by make bench -->\nold\n<!-- /table -->\nafter\n")
    keep("table", "new", document)
    keep("table", "newer", document)
    assert document.read_text() == ("before\n<!-- table: written by make bench -->\nnewer\n<!-- /table -->\nafter\n")
    with pytest.raises(ValueError, match="no place for plot"):
        keep("plot", "new", document)
