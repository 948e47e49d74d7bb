"""The agent's side of the simulated hardware: a blocking client with bounded waits."""

from __future__ import annotations

import itertools
import json
import socket
from typing import TYPE_CHECKING, Any

from contract.vocabulary import CableState, EndReason
from device_agent.drivers.base import DriverRefused, DriverUnreachable, Observation, Pace, answered

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Future
    from pathlib import Path

    from device_agent.drivers.base import DriverInput, Fact, Order, Resumed

OBSERVE_TIMEOUT_S = 0.5
"""A look takes a fraction of a millisecond; half a second of silence is silence. The loop waits that long at most."""

COMMAND_TIMEOUT_S = 2.0
"""Real contactor controllers confirm within a few hundred milliseconds; four times that before we call it silence."""


SETTLE_S = 4.0
"""From a command to the verdict. A car has up to 3 s to stop drawing or to be given power (IEC 61851-1, annex A), and
power meters refresh once a second."""


class SimulatedDriver:
    """`ChargerDriver` over the plant's socket, for the EVSEs of one charger: a bare contactor, without records."""

    def __init__(self, path: Path, charger_id: str) -> None:
        self.name = "simulated"
        self.pace = Pace(SETTLE_S, SETTLE_S)
        self._path = path
        self._charger_id = charger_id
        self._socket: socket.socket | None = None
        self._pending = b""
        self._numbers = itertools.count(1)

    def open(self, tell: Callable[[DriverInput], None], running: Mapping[int, Resumed]) -> None:
        """Nothing: this hardware tells nothing by itself, and is asked anew each time."""

    def observe(self, evse_id: int) -> Observation:
        """The EVSE as it is now; power in watts, energy in watt-hours."""
        seen = self._ask(evse_id, "observe", OBSERVE_TIMEOUT_S)
        because = seen.pop("opened_because")
        cable = CableState(seen.pop("cable"))
        return Observation(**seen, cable=cable, opened_because=EndReason(because) if because else None)

    def start(self, evse_id: int, order: Order) -> Future[None]:  # noqa: ARG002  (a contactor keeps no names)
        """Lock the cable and close the contactor."""
        return answered(lambda: self._ask(evse_id, "start", COMMAND_TIMEOUT_S))

    def stop(self, evse_id: int, transaction_id: str) -> Future[None]:  # noqa: ARG002  (as above)
        """Open the contactor and release the cable."""
        return answered(lambda: self._ask(evse_id, "stop", COMMAND_TIMEOUT_S))

    def settle(self, fact: Fact, *, accepted: bool) -> None:
        """Nothing: it never tells a fact."""

    def refresh(self, evse_id: int) -> None:
        """Nothing: every look measures."""

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
