"""The agent's side of the simulated hardware: a blocking client with bounded waits."""

from __future__ import annotations

import itertools
import json
import socket
from typing import TYPE_CHECKING, Any

from contract.vocabulary import CableState, EndReason
from device_agent.drivers.base import DriverRefused, DriverUnreachable, Observation

if TYPE_CHECKING:
    from pathlib import Path

OBSERVE_TIMEOUT_S = 0.5
"""A look takes a fraction of a millisecond; half a second of silence is silence. The loop waits that long at most."""

COMMAND_TIMEOUT_S = 2.0
"""Real contactor controllers confirm within a few hundred milliseconds; four times that before we call it silence."""


class SimulatedDriver:
    """`ChargerDriver` over the plant's socket, for the EVSEs of one charger."""

    name = "simulated"

    def __init__(self, path: Path, charger_id: str) -> None:
        self._path = path
        self._charger_id = charger_id
        self._socket: socket.socket | None = None
        self._pending = b""
        self._numbers = itertools.count(1)

    def observe(self, evse_id: int) -> Observation:
        """The EVSE as it is now; power in watts, energy in watt-hours."""
        seen = self._ask(evse_id, "observe", OBSERVE_TIMEOUT_S)
        because = seen.pop("opened_because")
        cable = CableState(seen.pop("cable"))
        return Observation(**seen, cable=cable, opened_because=EndReason(because) if because else None)

    def start(self, evse_id: int) -> None:
        """Lock the cable and close the contactor."""
        self._ask(evse_id, "start", COMMAND_TIMEOUT_S)

    def stop(self, evse_id: int) -> None:
        """Open the contactor and release the cable."""
        self._ask(evse_id, "stop", COMMAND_TIMEOUT_S)

    def close(self) -> None:
        """Let go of the socket; the next call opens it anew."""
        if self._socket is not None:
            self._socket.close()
        self._socket, self._pending = None, b""

    def _ask(self, evse_id: int, op: str, timeout_s: float) -> dict[str, Any]:
        number = next(self._numbers)
        request = {"id": number, "charger": self._charger_id, "evse": evse_id, "op": op}
        try:
            line = self._exchange(json.dumps(request).encode() + b"\n", timeout_s)
        except OSError as error:
            self.close()  # a late answer must never be taken for the next one's
            raise DriverUnreachable(f"{op}: {error or type(error).__name__}") from error
        answer = json.loads(line)
        if answer["ok"]:
            result: dict[str, Any] = answer["result"]
            return result
        if answer["error"] == "refused":
            raise DriverRefused(answer["detail"])
        raise DriverUnreachable(f"{op}: {answer['detail']}")  # no such EVSE: for us, hardware that is not there

    def _exchange(self, line: bytes, timeout_s: float) -> bytes:
        """Send a line and read the one that answers it.

        Raises:
            OSError: nobody listens, nobody answers in time, or the other side went away.
        """
        if self._socket is None:
            fresh = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            fresh.settimeout(timeout_s)
            try:
                fresh.connect(str(self._path))
            except OSError:
                fresh.close()
                raise
            self._socket = fresh
        self._socket.settimeout(timeout_s)
        self._socket.sendall(line)
        while b"\n" not in self._pending:
            received = self._socket.recv(65536)
            if not received:
                raise ConnectionResetError("the hardware closed the connection")
            self._pending += received
        answer, _, self._pending = self._pending.partition(b"\n")
        return answer
