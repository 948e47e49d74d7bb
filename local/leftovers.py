"""Processes of an earlier run that ended without tidying up, for example because it was killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from local.waiting import wait_for

if TYPE_CHECKING:
    from local.settings import Settings

GONE_WITHIN_S = 5.0


def end_leftovers(settings: Settings) -> list[str]:
    """End what an earlier run of this stack left running; what was found, in sentences.

    Only processes that this stack recorded and whose command line names its folder: by now an id may be somebody
    else's.
    """
    if not settings.pids_file.exists():
        return []
    recorded: dict[str, int] = {}
    with suppress(ValueError):
        recorded = json.loads(settings.pids_file.read_text())
    ended = []
    for name, pid in reversed(recorded.items()):
        if str(settings.home) not in command_line(pid):
            continue
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
            ended.append(name)
            wait_for(partial(_gone, pid), f"{name} is gone", within_s=GONE_WITHIN_S)
    also = f" Ended what it had left running: {', '.join(ended)}." if ended else ""
    return [f"An earlier run in {settings.home} ended without tidying up; starting afresh.{also}"]


def _gone(pid: int) -> bool:
    return not command_line(pid)


def command_line(pid: int) -> str:
    """A process's command line; empty if it is gone."""
    process = Path("/proc") / str(pid)
    if Path("/proc/self").exists():
        with suppress(OSError):
            return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        return ""
    found = subprocess.run(["ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False)
    return found.stdout.strip()
