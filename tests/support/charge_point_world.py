"""A simulated charge point at work between its plant and a central system that the test plays."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from device_agent.drivers.simulated.chargers import PlantFile
from device_agent.drivers.simulated.server import PlantClock, PlantServer
from local.charge_point.__main__ import VERSIONS
from local.charge_point.connection import stay_connected
from local.charge_point.hardware import Hardware
from local.charge_point.memory import Memory
from local.charge_point.station import Station
from tests.support.csms import ANSWERS, Csms, serving

PLAN = {"chargers": [{"id": "PX-0001", "evses": [{"id": 1, "max_power_w": 11000, "plugged": True}, {"id": 2}]}]}


@dataclass
class World:
    """A plant and a charge point, and the central system that both versions are compared on."""

    version: str
    csms: Csms
    path: Path
    memory: Path
    point: asyncio.Task[Any] | None = None

    async def do(self, op: str, evse: int = 1, **fields: Any) -> dict[str, Any]:
        reader, writer = await asyncio.open_unix_connection(self.path)
        writer.write(json.dumps({"charger": "PX-0001", "evse": evse, "op": op} | fields).encode() + b"\n")
        answer = json.loads(await reader.readline())
        writer.close()
        assert answer["ok"], answer
        result: dict[str, Any] = answer["result"]
        return result

    async def plant_until(self, evse: int = 1, **wanted: Any) -> dict[str, Any]:
        until_s = time.monotonic() + 10
        while not wanted.items() <= (seen := await self.do("describe", evse)).items():
            assert time.monotonic() < until_s, f"wanted {wanted}, seen {seen}"
            await asyncio.sleep(0.01)
        return seen

    def switch_on(self) -> None:
        station = Station(Hardware(self.path, "PX-0001"), Memory(self.memory, [1, 2]))
        url = f"ws://127.0.0.1:{self.csms.port}/ocpp/PX-0001"
        subprotocol, speak = VERSIONS[self.version]

        async def work() -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(station.work())
                group.create_task(stay_connected(station, url, subprotocol, speak))

        self.point = asyncio.create_task(work())

    async def switch_off(self) -> None:
        assert self.point
        self.point.cancel()
        with suppress(asyncio.CancelledError):
            await self.point

    async def start(self, evse: int = 1) -> str:
        """Order a start; the charge point's answer."""
        if self.version == "1.6":
            call = ("RemoteStartTransaction", {"idTag": "PX01", "connectorId": evse})
        else:
            token = {"idToken": "PX01", "type": "Central"}
            call = ("RequestStartTransaction", {"idToken": token, "remoteStartId": 5, "evseId": evse})
        return str((await self.csms.call(*call))["status"])

    async def stop(self, transaction: Any) -> str:
        name = "RemoteStopTransaction" if self.version == "1.6" else "RequestStopTransaction"
        return str((await self.csms.call(name, {"transactionId": transaction}))["status"])

    async def began(self, number: int = 1) -> dict[str, Any]:
        """What the charge point tells of a transaction's beginning: `id`, `meter`, `token`."""
        if self.version == "1.6":
            told = await self.csms.first("StartTransaction", number)
            return {"id": 7, "meter": told["meterStart"], "token": told["idTag"]}
        told = await self.csms.first("TransactionEvent", number, eventType="Started")
        value = told["meterValue"][0]["sampledValue"][0]["value"]
        info = told["transactionInfo"]
        return {"id": info["transactionId"], "meter": value, "token": told["idToken"]["idToken"]}

    async def ended(self, number: int = 1) -> dict[str, Any]:
        """What the charge point tells of a transaction's end: `reason`, `meter`, `token`."""
        if self.version == "1.6":
            told = await self.csms.first("StopTransaction", number)
            return {"reason": told["reason"], "meter": told["meterStop"], "token": told.get("idTag")}
        told = await self.csms.first("TransactionEvent", number, eventType="Ended")
        value = told["meterValue"][0]["sampledValue"][0]["value"]
        token = told.get("idToken", {}).get("idToken")
        return {"reason": told["transactionInfo"]["stoppedReason"], "meter": value, "token": token}

    async def charging(self) -> Any:
        """A transaction by order; its id."""
        await self.csms.first("StatusNotification", 2)
        assert await self.start() == "Accepted"
        return (await self.began())["id"]

    def letters(self) -> list[str]:
        """Beginnings and ends as they arrived."""
        kinds = {"StartTransaction": "began", "StopTransaction": "ended", "Started": "began", "Ended": "ended"}
        names = [payload.get("eventType", action) for action, payload in self.csms.said]
        return [kinds[name] for name in names if name in kinds]

    def group(self, of: dict[str, str]) -> Callable[[dict[str, Any]], dict[str, Any]]:
        """Answers cards with their owner's group; unknown ones are refused."""

        def answer(payload: dict[str, Any]) -> dict[str, Any]:
            token = payload.get("idTag") or payload.get("idToken", {}).get("idToken", "")
            status = "Accepted" if token in of else "Invalid"
            if self.version == "1.6":
                number = {"transactionId": 7} if "meterStart" in payload else {}
                return {"idTagInfo": {"status": status, "parentIdTag": of.get(token, "")}} | number
            group = {"groupIdToken": {"idToken": of[token], "type": "Central"}} if token in of else {}
            return {"idTokenInfo": {"status": status} | group} if token else {}

        return answer

    def know_cards(self, of: dict[str, str]) -> None:
        answer = self.group(of)
        names = ("Authorize", "StartTransaction" if self.version == "1.6" else "TransactionEvent")
        self.csms.answers |= dict.fromkeys(names, answer)


@asynccontextmanager
async def running(version: str, folder: Path) -> AsyncIterator[World]:
    plant = PlantServer(PlantFile.model_validate(PLAN), PlantClock(time.monotonic), time.time)
    world = World(version, Csms(dict(ANSWERS[version])), folder / "plant.sock", folder / "memory.json")
    hardware = asyncio.create_task(plant.serve(world.path))
    while not world.path.exists():  # noqa: ASYNC110  (a file tells nobody that it is there)
        await asyncio.sleep(0)
    async with serving(world.csms, version):
        world.switch_on()
        try:
            yield world
        finally:
            await world.switch_off()
            hardware.cancel()
