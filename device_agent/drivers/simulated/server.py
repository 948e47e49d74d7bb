"""The plant as a process: all simulated chargers of one machine behind one Unix socket (mode 0600).

Shape: one JSON object per line, one answer line per request line, in order within a connection, many connections.
Request `{"charger": "PX-0001", "evse": 1, "op": "observe"}`, plus the operation's own fields and an optional `id`
that the answer repeats. Answers are `{"ok": true, "result": {…}}` or `{"ok": false, "error": "refused" | "bad_request",
"detail": "…"}`.

| op | fields | what happens |
|---|---|---|
| `observe` | | the hardware's sensors: plugged, cable, contactor_closed, power_w, meter_wh, … |
| `start`, `stop` | | contactor commands; `refused` if a fault says so |
| `take_taps` | | the cards shown since it was asked last: `{"cards": [...]}` |
| `show` | `text` | the charger's display |
| `plug`, `unplug`, `press_stop`, `emergency`, `release_emergency` | | what people do at the box |
| `tap` | `card`: its number | somebody holds a card to the reader |
| `power_cut` | | the mains fail for a moment |
| `limit_car` | `power_w`: watts or null | the car takes no more than that; 0 is a pause |
| `meter_reset` | | the register begins at zero again |
| `set_fault` | `name`, `on` | see `plant.Fault` |
| `hold` | `on`: `before`, `after`, `off` | freeze the next `start` or `stop`, see below; `off` releases |
| `describe` | | the observation plus true_wh, contactor_opens, contactor_closes, faults, held, display, log |
| `set_clock_rate` | `rate` | the plant's clock runs that many times as fast (no charger or evse needed) |
| `list` | | ids of all chargers and EVSEs (no charger or evse needed) |

Held `before`: the command has arrived, but is neither carried out nor answered; if its client goes away, it is
dropped. Held `after`: the command is carried out and its answer withheld. While a command is held, `observe` on that
EVSE gets no answer either. `silent` (a fault) leaves what the charger itself asks (`observe` to `show` in the table)
unanswered; tests look with `describe`.
"""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from device_agent.drivers.base import DriverRefused
from device_agent.drivers.simulated.plant import JOULES_PER_WH, Fault, SimulatedEvse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from device_agent.drivers.simulated.chargers import PlantFile

HARDWARE_OPS = frozenset({"observe", "start", "stop", "take_taps", "show"})
"""What the charger itself asks; only these fall silent. Everything else is people and tests."""


class BadRequestError(Exception):
    """The request names something that does not exist."""


@dataclass
class PlantClock:
    """Seconds of the plant's own time, which may run faster than the world's. Units: seconds."""

    monotonic: Callable[[], float]
    rate: float = 1.0
    _plant_s: float = 0.0
    _since_s: float = field(init=False)

    def __post_init__(self) -> None:
        self._since_s = self.monotonic()

    def now_s(self) -> float:
        """The plant's time."""
        return self._plant_s + (self.monotonic() - self._since_s) * self.rate

    def set_rate(self, rate: float) -> None:
        """From now on, run that many times as fast as the world."""
        self._plant_s, self._since_s, self.rate = self.now_s(), self.monotonic(), rate


@dataclass
class Bay:
    """One EVSE with what a test holds back of its answers."""

    evse: SimulatedEvse
    hold: str = "off"
    released: asyncio.Event = field(default_factory=asyncio.Event)
    held: list[str] = field(default_factory=list)
    """The commands that wait right now."""


class PlantServer:
    """Serves the plant until its task is cancelled."""

    def __init__(self, plan: PlantFile, clock: PlantClock, wall_clock: Callable[[], float]) -> None:
        self._clock = clock
        self._clients: set[asyncio.Task[None]] = set()
        self._bays = {
            (charger.id, evse.id): Bay(SimulatedEvse(evse.max_power_w, evse.plugged, wall_clock))
            for charger in plan.chargers
            for evse in charger.evses
        }

    async def serve(self, path: Path) -> None:
        """Listen on a Unix socket that only this user may use."""
        old = os.umask(0o177)
        try:
            server = await asyncio.start_unix_server(self._client, str(path))
        finally:
            os.umask(old)
        try:
            await asyncio.Event().wait()  # until cancelled; serve_forever would wait for every client to leave first
        finally:
            server.close()
            for client in self._clients:
                client.cancel()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving = asyncio.current_task()
        if serving is not None:
            self._clients.add(serving)
            serving.add_done_callback(self._clients.discard)
        gone = asyncio.Event()
        lines: asyncio.Queue[bytes] = asyncio.Queue()
        pump = asyncio.create_task(_pump(reader, lines, gone))
        try:
            while line := await lines.get():
                answer = await self._answer(line, gone)
                if answer is not None:
                    writer.write(json.dumps(answer).encode() + b"\n")
                    await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            pass  # the client went away, or the plant ends
        finally:
            pump.cancel()
            writer.close()

    async def _answer(self, line: bytes, gone: asyncio.Event) -> dict[str, Any] | None:
        """The answer to one request line; None if there shall be none."""
        answer: dict[str, Any] = {}
        try:
            request = _request(line)
            answer = {"id": request["id"]} if "id" in request else {}
            result = await self._perform(request, gone)
        except DriverRefused as error:
            return answer | {"ok": False, "error": "refused", "detail": str(error)}
        except (BadRequestError, ValueError, KeyError, TypeError) as error:
            return answer | {"ok": False, "error": "bad_request", "detail": str(error)}
        return None if result is None else answer | {"ok": True, "result": result}

    async def _perform(self, request: dict[str, Any], gone: asyncio.Event) -> dict[str, Any] | None:
        op = request["op"]
        if op == "list":
            return {"evses": [{"charger": charger, "evse": evse} for charger, evse in self._bays]}
        if op == "set_clock_rate":
            self._clock.set_rate(float(request["rate"]))
            return {}
        bay = self._bays.get((request.get("charger", ""), request.get("evse", 0)))
        if bay is None:
            raise BadRequestError(f"no EVSE {request.get('evse')!r} on a charger {request.get('charger')!r}")
        if op not in HARDWARE_OPS:
            return self._by_hand(bay, op, request)
        return None if Fault.SILENT in bay.evse.faults else await self._from_within(bay, op, request, gone)

    async def _from_within(
        self, bay: Bay, op: str, request: dict[str, Any], gone: asyncio.Event
    ) -> dict[str, Any] | None:
        """What the charger asks of its own hardware."""
        if op == "observe":
            return await self._look(bay, gone)
        if op == "take_taps":
            return {"cards": bay.evse.take_taps()}
        if op == "show":
            bay.evse.show(str(request["text"]))
            return {}
        return await self._command(bay, op, gone)

    async def _look(self, bay: Bay, gone: asyncio.Event) -> dict[str, Any] | None:
        if bay.held and not await _first(bay.released, gone):
            return None
        return asdict(bay.evse.observe(self._clock.now_s()))

    async def _command(self, bay: Bay, op: str, gone: asyncio.Event) -> dict[str, Any] | None:
        act = bay.evse.start if op == "start" else bay.evse.stop
        hold = bay.hold
        if hold == "after":
            act(self._clock.now_s())
        if hold != "off":
            bay.held.append(op)
            try:
                stayed = await _first(bay.released, gone)
            finally:
                bay.held.remove(op)
            if not stayed:
                return None
        if hold != "after":
            act(self._clock.now_s())
        return {}

    def _by_hand(self, bay: Bay, op: str, request: dict[str, Any]) -> dict[str, Any]:
        evse, now_s = bay.evse, self._clock.now_s()
        simple: dict[str, Callable[[float], None]] = {
            "plug": evse.plug,
            "unplug": evse.unplug,
            "press_stop": evse.press_stop,
            "emergency": evse.press_emergency,
            "power_cut": evse.cut_power,
            "meter_reset": evse.reset_meter,
        }
        if op in simple:
            simple[op](now_s)
        elif op == "release_emergency":
            evse.release_emergency()
        elif op == "tap":
            evse.tap(str(request["card"]))
        elif op == "limit_car":
            evse.limit_car(now_s, None if request["power_w"] is None else int(request["power_w"]))
        elif op == "set_fault":
            evse.set_fault(now_s, Fault(request["name"]), on=bool(request["on"]))
        elif op == "hold":
            _hold(bay, request["on"])
        elif op != "describe":
            raise BadRequestError(f"no operation {op!r}")
        return self._describe(bay, now_s)

    @staticmethod
    def _describe(bay: Bay, now_s: float) -> dict[str, Any]:
        evse = bay.evse
        return asdict(evse.observe(now_s)) | {
            "true_wh": int(evse.joules(now_s) / JOULES_PER_WH),
            "contactor_opens": evse.opens,
            "contactor_closes": evse.closes,
            "faults": sorted(evse.faults),
            "held": list(bay.held),
            "display": evse.display,
            "log": list(evse.log),
        }


def _request(line: bytes) -> dict[str, Any]:
    request = json.loads(line)
    if not isinstance(request, dict):
        raise BadRequestError("a request is a JSON object")
    return request


def _hold(bay: Bay, how: str) -> None:
    if how not in ("before", "after", "off"):
        raise BadRequestError(f"hold is before, after or off, not {how!r}")
    bay.hold = how
    bay.released.set()
    bay.released = asyncio.Event()


async def _first(released: asyncio.Event, gone: asyncio.Event) -> bool:
    """Wait for a release; False if the client went away first."""
    waits = [asyncio.create_task(released.wait()), asyncio.create_task(gone.wait())]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    return released.is_set() and not gone.is_set()


async def _pump(reader: asyncio.StreamReader, lines: asyncio.Queue[bytes], gone: asyncio.Event) -> None:
    """Read on while a request waits, so that a client's going away is seen at once; an empty line is the end."""
    try:
        while line := await reader.readline():
            lines.put_nowait(line)
    except (ConnectionError, ValueError):
        pass  # gone, or a line longer than the reader's 64 KB
    gone.set()
    lines.put_nowait(b"")
