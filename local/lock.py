"""One `make run` at a time: a lock that the system itself takes back when its holder is gone."""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from local.processes import StepFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.settings import Settings


@contextmanager
def only_one(settings: Settings) -> Iterator[None]:
    """Hold the lock of this stack.

    Raises:
        StepFailed: another process holds it; the sentence says which, since when, and how to use or end it.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    # Opened without truncation: until the lock is ours, the holder's words in it must stay.
    descriptor = os.open(settings.lock_file, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StepFailed(_explain(settings, file.read())) from None
        file.seek(0)
        file.truncate()
        json.dump({"pid": os.getpid(), "since": datetime.now(UTC).isoformat(timespec="seconds")}, file)
        file.flush()
        try:
            yield
        finally:
            file.seek(0)
            file.truncate()


def _explain(settings: Settings, holder: str) -> str:
    who, end = "Another process", "end it with Ctrl-C in its terminal"
    with suppress(ValueError, KeyError):
        words = json.loads(holder)
        who = f"Process {words['pid']} (since {words['since']})"
        end = f"{end}, or with: kill {words['pid']}"
    if settings.run_file.exists():
        use = f"To use it, see {settings.run_file}."
    else:
        use = f"It is still getting ready; {settings.run_file} will tell how to use it."
    return f"{who} already runs the local stack in {settings.home}.\n  {use}\n  To start anew, {end}."
