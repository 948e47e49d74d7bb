"""The one clock of the agent: right from the first answer of the cloud on, whatever the board's own clock says.

Boards without a battery wake up in 1970, and some in a year to come, until NTP sets them, or for ever where NTP is
blocked. The cloud tells the time in every answer; the monotonic clock carries it on. What was stamped before the first
answer of this boot is stamped anew then (`corrected`, `Journal.restamp`). No answer comes while by the board's
clock the broker's certificate is not valid, as in 1970: TLS goes by that clock alone, and NTP has to set it first.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from device_agent.records import Clock, Moment

TRUSTED_S = 10.0
"""A board's clock this near to the cloud's time is the better one: answers are whole seconds, and take up to five."""

CREDIBLE_SINCE_S = 1_767_225_600
"""2026-01-01: older than this software, so no stamp of its own can be right before it."""

CREDIBLE_UNTIL_S = 4_102_444_800
"""2100-01-01: no event may bear a later time (contract/wire.py). A board's clock that is past it was never set."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which stamps went steadily with the monotonic clock. Units: monotonic seconds."""

    ahead_s: float
    """Stamp minus monotonic clock."""
    from_s: float
    until_s: float


class CloudClock:
    """A `Clock` that goes by the cloud's time. Safe to be read from any thread."""

    def __init__(self, board: Clock) -> None:
        self._board = board
        self._began_s = board.now().mono_s
        self._floor_s = 0.0
        """The newest stamp of earlier boots: time has not gone back since."""
        self._told: Moment | None = None
        self._stretches: list[Stretch] = []
        self._lock = threading.Lock()

    @property
    def told(self) -> bool:
        """Whether the cloud has told the time since this boot."""
        return self._told is not None

    def not_before(self, epoch_s: float) -> None:
        """It is later than this, whatever the board says: something was stamped with it at an earlier boot."""
        self._floor_s = epoch_s

    def heard(self, epoch_s: float) -> None:
        """The cloud has just told the time; it may be some seconds old, and it is in whole ones."""
        with self._lock:
            self._told = Moment(epoch_s, self._board.now().mono_s)

    def now(self) -> Moment:
        """This instant, as well as it can be known."""
        board = self._board.now()
        with self._lock:
            if self._told is not None:
                told_s = self._cloud_s(self._told, board.mono_s)
                return board if abs(board.epoch_s - told_s) <= TRUSTED_S else Moment(told_s, board.mono_s)
            board_s = board.epoch_s if board.epoch_s < CREDIBLE_UNTIL_S else 0.0
            stamp_s = max(board_s, self._floor_s + 1 + board.mono_s - self._began_s)
            self._note(stamp_s - board.mono_s, board.mono_s)
            return Moment(stamp_s, board.mono_s)

    def corrected(self, at: int) -> int:
        """What this stamp should have been, in epoch seconds, if it was made before the cloud told the time.

        One of an earlier boot that never heard of the cloud is moved so that the newest of them lies where this boot
        began; that is as late as it can have been, and keeps what lay between them.
        """
        with self._lock:
            if self._told is None:
                return at
            right_s: float = at
            made = [each for each in self._stretches if _first(each) <= at <= each.until_s + each.ahead_s]
            if made:
                right_s = self._cloud_s(self._told, at - made[-1].ahead_s)
            elif not CREDIBLE_SINCE_S <= at <= self._told.epoch_s + TRUSTED_S:
                right_s = at + self._cloud_s(self._told, self._began_s) - self._floor_s
            return at if abs(right_s - at) <= TRUSTED_S else max(0, int(right_s))

    def _note(self, ahead_s: float, mono_s: float) -> None:
        last = self._stretches[-1] if self._stretches else None
        if last is not None and abs(last.ahead_s - ahead_s) < 1:
            self._stretches[-1] = replace(last, until_s=mono_s)
        else:
            self._stretches.append(Stretch(ahead_s, mono_s, mono_s))

    @staticmethod
    def _cloud_s(told: Moment, mono_s: float) -> float:
        return told.epoch_s + mono_s - told.mono_s


def _first(stretch: Stretch) -> int:
    return int(stretch.from_s + stretch.ahead_s)
