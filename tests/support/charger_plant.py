"""The simulated hardware's process, and tests' own way to its socket."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

READY_WITHIN_S = 20.0


@dataclass
class PlantProcess:
    """A running plant with one charger `PX-0001` of two EVSEs, the first with a car plugged in."""

    process: subprocess.Popen[bytes]
    path: Path

    def line(self, request: bytes) -> dict[str, Any]:
        with socket.socket(socket.AF_UNIX) as own:
            own.settimeout(READY_WITHIN_S)
            own.connect(str(self.path))
            own.sendall(request + b"\n")
            answer: dict[str, Any] = json.loads(own.makefile().readline())
            return answer

    def op(self, op: str, evse: int = 1, **fields: Any) -> dict[str, Any]:
        answer = self.line(json.dumps({"charger": "PX-0001", "evse": evse, "op": op} | fields).encode())
        assert answer["ok"], answer
        result: dict[str, Any] = answer["result"]
        return result

    def end(self) -> int:
        self.process.terminate()
        return self.process.wait(READY_WITHIN_S)


def start_plant(folder: Path) -> PlantProcess:
    """Start a plant and wait until it answers."""
    chargers, path = folder / "plant.toml", folder / "plant.sock"
    chargers.write_text(
        '[[chargers]]\nid = "PX-0001"\nevses = [{ id = 1, max_power_w = 11000, plugged = true }, { id = 2 }]\n'
    )
    module = ["-m", "device_agent.drivers.simulated"]
    command = [sys.executable, *module, "--socket", str(path), "--chargers", str(chargers)]
    plant = PlantProcess(subprocess.Popen(command), path)  # noqa: S603  (our own program)
    until_s = time.monotonic() + READY_WITHIN_S
    while not answers(plant):
        assert plant.process.poll() is None
        assert time.monotonic() < until_s
        time.sleep(0.01)
    return plant


def answers(plant: PlantProcess) -> bool:
    try:
        return plant.line(b'{"op":"list"}')["ok"] is True
    except (FileNotFoundError, ConnectionRefusedError):
        return False
