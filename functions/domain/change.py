"""Read, decide, write if nobody wrote in between: the way every record changes off the stop path."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from functions.domain.errors import TemporaryError

Record = TypeVar("Record")

ATTEMPTS = 8
"""Tries before giving up; writers of one record are a charger's few messages and a driver's few taps, so even two
collisions in a row are rare. What gives up is delivered again by its queue."""


def change(
    read: Callable[[], Record | None],
    write: Callable[[Record, Record], bool],
    transition: Callable[[Record], Record],
) -> Record | None:
    """Apply a pure transition to a record.

    Returns:
        The record after it (no write happens if the transition changes nothing), or None if there is no record.

    Raises:
        TemporaryError: unavailable; others wrote the record all the time.
    """
    both = before_and_after(read, write, transition)
    return None if both is None else both[1]


def before_and_after(
    read: Callable[[], Record | None],
    write: Callable[[Record, Record], bool],
    transition: Callable[[Record], Record],
) -> tuple[Record, Record] | None:
    """As `change`, for what has to be told once: the record that this very call has replaced, and what by."""
    for _ in range(ATTEMPTS):
        old = read()
        if old is None:
            return None
        new = transition(old)
        if new == old or write(old, new):
            return old, new
    raise TemporaryError("unavailable", "The record kept changing.")
