"""One line of the table of measurements, and the table as it is printed and kept in docs/performance.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from local.settings import REPO

DOCUMENT = REPO / "docs" / "performance.md"
PICTURES = REPO / "docs" / "performance"
HEAD = ("what", "ours", "beside", "ratio", "reach", "command")


@dataclass(frozen=True)
class Row:
    """What was measured, what it was held against in the same run, and how far it should reach."""

    what: str
    ours: str
    beside: str = ""
    ratio: float | None = None
    """`ours` in terms of `beside`."""
    reach: str = ""
    module: str = ""
    """Of `local.bench`: the program that printed it."""

    @property
    def cells(self) -> tuple[str, ...]:
        """The line, cell by cell."""
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        command = f"python -m local.bench.{self.module}" if self.module else ""
        return self.what, self.ours, self.beside, ratio, self.reach, command


def text(rows: Sequence[Row]) -> str:
    """The table for a terminal."""
    lines = [HEAD, *(row.cells for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(it, widths, strict=True)).rstrip() for it in lines
    )


def markdown(rows: Sequence[Row]) -> str:
    """The table for a document."""
    lines = [HEAD, ("---",) * len(HEAD), *((*row.cells[:-1], f"`{row.cells[-1]}`") for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def keep(name: str, content: str, document: Path = DOCUMENT) -> None:
    """Put a text between the two marks of its name in a document.

    Raises:
        ValueError: the document has no such marks.
    """
    begin, end = f"<!-- {name}: written by make bench -->", f"<!-- /{name} -->"
    before, found, rest = document.read_text().partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"{document.name} has no place for {name}")
    document.write_text(f"{before}{begin}\n{content}\n{end}{after}")
