"""Ctrl-C and SIGTERM: end everything once, never between starting a process and remembering it."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


class EndRequested(BaseException):
    """Somebody asked us to end. Not an Exception, so that no handler of errors swallows it."""


class Interrupts:
    """Turns the first signal that asks us to end into `EndRequested`, at a moment when that does no harm.

    Later ones are dropped: we are ending already, and each process gets a bounded time for it.
    """

    def __init__(self) -> None:
        self._shields = 0
        self._asked = False
        self._told = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen to SIGINT, SIGTERM and SIGHUP while this lasts."""
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, self._on_signal) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def shielded(self) -> Iterator[None]:
        """Put a request to end off until this is over."""
        self._shields += 1
        try:
            yield
        finally:
            self._shields -= 1
        self._tell()

    def _on_signal(self, _number: int, _frame: Any) -> None:
        self._asked = True
        self._tell()

    def _tell(self) -> None:
        if self._asked and not self._told and not self._shields:
            self._told = True
            raise EndRequested
