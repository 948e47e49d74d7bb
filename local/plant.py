"""What a person does at a simulated charger: plug, unplug, press a button, break something, read its true meter.

The protocol is described in device_agent/drivers/simulated/server.py.
"""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

ANSWER_WITHIN_S = 5.0


class PlantRefused(Exception):  # noqa: N818  (reads as the fact it is)
    """The simulated hardware did not do what it was asked; the message is its own."""


@dataclass(frozen=True)
class Plant:
    """The simulated hardware of some chargers, behind its Unix socket."""

    socket: Path

    def ask(self, charger_id: str, evse_id: int, op: str, **fields: Any) -> dict[str, Any]:
        """Perform one operation on one EVSE.

        Raises:
            PlantRefused: it said no.
            OSError: it does not run, or gave no answer in time.
        """
        return self._exchange({"charger": charger_id, "evse": evse_id, "op": op, **fields})

    def describe(self, charger_id: str, evse_id: int) -> dict[str, Any]:
        """Sensors, true energy in watt-hours, counts and log of contactor actions, faults."""
        return self.ask(charger_id, evse_id, "describe")

    def set_clock_rate(self, rate: float) -> None:
        """Let the hardware's time run that many times as fast as the world's."""
        self._exchange({"op": "set_clock_rate", "rate": rate})

    def answers(self) -> bool:
        """Whether it runs and answers."""
        try:
            self._exchange({"op": "list"})
        except OSError:
            return False
        return True

    def _exchange(self, request: dict[str, Any]) -> dict[str, Any]:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(ANSWER_WITHIN_S)
            connection.connect(str(self.socket))
            connection.sendall(json.dumps(request).encode() + b"\n")
            with connection.makefile("rb") as lines:
                line = lines.readline()
        if not line:
            raise ConnectionResetError("the simulated hardware closed the connection")
        answer = json.loads(line)
        if not answer["ok"]:
            raise PlantRefused(answer["detail"])
        result: dict[str, Any] = answer["result"]
        return result
