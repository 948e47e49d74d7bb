"""What the running agent last said of itself, as others read it. `pulse` writes it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from device_agent.pulse import STATUS_EVERY_S

FRESH_S = 10 * STATUS_EVERY_S
"""An agent that has said nothing for so long does not run, or does not get round to it."""


@dataclass(frozen=True)
class Said:
    """The content of the status file (`Agent.status`)."""

    content: dict[str, Any]
    age_s: float
    """How long ago it was written, by the board's clock."""
    clock_off_s: float
    """How far the board's clock was behind the cloud's time, if the agent had been told that."""

    @property
    def fresh(self) -> bool:
        """Whether it is about now."""
        return self.age_s < FRESH_S

    @property
    def troubles(self) -> list[str]:
        """What is not as it should be."""
        content = self.content
        found = [] if self.fresh else [f"the agent has said nothing for {self.age_s:.0f} s"]
        found += [] if content["link"] else ["not connected to the cloud"]
        found += [content["journal"]] if content["journal"] else []
        found += [f"EVSE {each['id']}: {each['evse'][0]['error']}" for each in content["evses"] if evse_error(each)]
        return found


def evse_error(evse: dict[str, Any]) -> str:
    """What is wrong with one EVSE; empty if nothing is."""
    error: str = evse["evse"][0]["error"]
    return error


def read(file: Path, now_s: float) -> Said | None:
    """What the agent said last; None if it does not run.

    Args:
        file: where it says it.
        now_s: the board's clock, in epoch seconds.

    Raises:
        OSError: it cannot be read.
    """
    try:
        content = json.loads(file.read_text())
        written_s = file.stat().st_mtime
    except FileNotFoundError:
        return None
    return Said(content, now_s - written_s, content["at"] - written_s if content["told"] else 0.0)
