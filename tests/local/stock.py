"""A charger ahead: the next test's is made while this one runs, because making one is mostly waiting too."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from tests.local.support import FreshCharger


class Stock:
    """Hands out chargers that nobody has used."""

    def __init__(self, make: Callable[[], FreshCharger]) -> None:
        self._make = make
        self._pool = ThreadPoolExecutor(1)
        self._ahead: Future[FreshCharger] | None = None

    def take(self, *, more: bool) -> FreshCharger:
        """A charger; with `more`, another one will be asked for."""
        taken = self._ahead or self._pool.submit(self._make)
        self._ahead = self._pool.submit(self._make) if more else None
        return taken.result()

    def clear(self) -> None:
        """Get rid of the one ahead: before a test that uses whatever chargers it finds."""
        if self._ahead and not self._ahead.cancel():
            self._ahead.result().discard()
        self._ahead = None

    def close(self) -> None:
        """Get rid of the one that nobody has asked for, and of the thread."""
        self.clear()
        self._pool.shutdown()
