"""The charge point's own wires to the plant: sensors, contactor, card reader and display.

The protocol is described in device_agent/drivers/simulated/server.py. Each request has a connection of its own: a
command whose caller gives up is dropped with its connection, as if the wire had been cut.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

LOOK_WITHIN_S = 0.5
"""A look takes a fraction of a millisecond."""
COMMAND_WITHIN_S = 60.0
"""Tests hold commands for as long as they like; whoever gave the command gives up long before."""


class HardwareRefused(Exception):  # noqa: N818  (reads as the fact it is)
    """The hardware answered, and said no."""


class HardwareSilent(Exception):  # noqa: N818  (as above)
    """No answer in time."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One EVSE as its sensors see it. Units: watts and watt-hours."""

    plugged: bool
    cable: str
    contactor_closed: bool
    power_w: int
    meter_wh: int
    available: bool
    faulted: bool
    error: str
    opened_because: str | None
    """Why the contactor opened last, if not by our command."""


class Hardware:
    """The plant, as far as it belongs to one charger."""

    def __init__(self, socket: Path, charger_id: str) -> None:
        self._socket = socket
        self._charger_id = charger_id

    async def evse_ids(self) -> list[int]:
        """The EVSEs of this charger."""
        listed = await self._ask(0, "list", LOOK_WITHIN_S)
        return [each["evse"] for each in listed["evses"] if each["charger"] == self._charger_id]

    async def observe(self, evse_id: int) -> Seen:
        """What the sensors say."""
        seen = await self._ask(evse_id, "observe", LOOK_WITHIN_S)
        return Seen(**{name: seen[name] for name in Seen.__slots__})

    async def take_taps(self, evse_id: int) -> list[str]:
        """The cards shown since the last call."""
        cards: list[str] = (await self._ask(evse_id, "take_taps", LOOK_WITHIN_S))["cards"]
        return cards

    async def show(self, evse_id: int, text: str) -> None:
        """Tell the person before the charger something."""
        await self._ask(evse_id, "show", LOOK_WITHIN_S, text=text)

    async def start(self, evse_id: int) -> None:
        """Lock the cable and close the contactor."""
        await self._ask(evse_id, "start", COMMAND_WITHIN_S)

    async def stop(self, evse_id: int) -> None:
        """Open the contactor and release the cable."""
        await self._ask(evse_id, "stop", COMMAND_WITHIN_S)

    async def _ask(self, evse_id: int, op: str, within_s: float, **fields: Any) -> dict[str, Any]:
        request = {"charger": self._charger_id, "evse": evse_id, "op": op} | fields
        try:
            async with asyncio.timeout(within_s):
                answer = json.loads(await self._exchange(json.dumps(request).encode() + b"\n"))
        except (OSError, TimeoutError, ValueError) as error:  # ValueError: the plant went away within a line
            raise HardwareSilent(f"{op}: {error or type(error).__name__}") from error
        if not answer["ok"]:
            raise HardwareRefused(answer["detail"])
        result: dict[str, Any] = answer["result"]
        return result

    async def _exchange(self, line: bytes) -> bytes:
        reader, writer = await asyncio.open_unix_connection(self._socket)
        try:
            writer.write(line)
            return await reader.readline()
        finally:
            writer.close()
