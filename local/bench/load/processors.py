"""Who has the processors under load, so that it shows what is at its limit first. Linux only: reads /proc."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True)
class Spent:
    """Processor time so far. Units: seconds."""

    emulator_s: float
    functions_s: float
    """Of the processes in which the emulator runs functions, those that have ended included."""
    machine_s: float
    """Of anything on this machine."""

    @classmethod
    def until_now(cls, emulator_pid: int) -> Self:
        """Since each of them began."""
        own, ended = _of(Path(f"/proc/{emulator_pid}/stat"))[1:]
        children = (_of(file) for file in Path("/proc").glob("[0-9]*/stat"))
        alive = sum(spent for parent, spent, _ in children if parent == emulator_pid)
        user, nice, system, _idle, _waiting, *rest = map(
            int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
        )
        ticks = os.sysconf("SC_CLK_TCK")
        return cls(own / ticks, (alive + ended) / ticks, (user + nice + system + sum(rest[:2])) / ticks)


def _of(stat: Path) -> tuple[int, int, int]:
    """A process's parent, its own ticks and those of its ended children; nobody's and none if it has just ended."""
    try:
        numbers = stat.read_text().rpartition(")")[2].split()
    except OSError:
        return 0, 0, 0
    return int(numbers[1]), int(numbers[11]) + int(numbers[12]), int(numbers[13]) + int(numbers[14])
