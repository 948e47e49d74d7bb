"""A clock that tests set."""

from __future__ import annotations

from dataclasses import dataclass

NOON_MS = 1_795_348_800_000  # 2026-11-22 12:00:00 UTC


@dataclass
class FakeClock:
    now_ms: int = NOON_MS

    def __call__(self) -> int:
        return self.now_ms

    def pass_s(self, seconds: float) -> None:
        self.now_ms += int(seconds * 1000)

    sleep = pass_s
