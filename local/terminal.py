"""What the person at the terminal sees: aligned lines; colour on a terminal only, never if NO_COLOR."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator

BOLD, DIM, RED, GREEN, CYAN, YELLOW = "1", "2", "31", "32", "36", "33"


class Terminal:
    """Lines for a person."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        # An empty NO_COLOR does not count (no-color.org).
        self._colour = self._out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        self._started = time.monotonic()

    def paint(self, text: str, *styles: str) -> str:
        """The text in these styles, where the terminal shows them."""
        return f"\x1b[{';'.join(styles)}m{text}\x1b[0m" if self._colour and styles else text

    def line(self, text: str = "") -> None:
        """One line."""
        print(text, file=self._out, flush=True)

    def heading(self, text: str) -> None:
        """A line that opens a section."""
        self.line()
        self.line(self.paint(text, BOLD))

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """One step of the preparation; its line tells how long it took, and everything so far."""
        begun = time.monotonic()
        if self._colour:
            print(f"    … {what}", end="\r", file=self._out, flush=True)
        try:
            yield
        except BaseException:
            self.line(f"  {self.paint('failed', RED)}  {what}")
            raise
        now = time.monotonic()
        took, total = f"{now - begun:5.1f} s", f"{now - self._started:5.1f} s"
        self.line(f"  {self.paint('✓', GREEN)} {what:<66} {took}   {self.paint(total, DIM)}")


def milliseconds(seconds: float) -> str:
    """A duration as a person reads it: `42 ms`, `1.3 s`."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
