"""Waiting for something to become true, with a deadline."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

POLL_S = 0.02


def wait_for(look: Callable[[], T | None], what: str, *, within_s: float, every_s: float = POLL_S) -> T:
    """What `look` finds, as soon as it finds something (anything but None and False).

    Units: seconds.

    Raises:
        TimeoutError: nothing was found in time; the message says what was waited for.
    """
    deadline = time.monotonic() + within_s
    while True:
        found = look()
        if found is not None and found is not False:
            return found
        if time.monotonic() >= deadline:
            raise TimeoutError(f"{what}: not within {within_s:g} s")
        time.sleep(every_s)
