"""The other side of a charge point, played by a test: takes what it says, answers as told, and says things itself."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

WITHIN_S = 10.0
CALL = 2

NOW = "2026-11-22T12:00:00Z"
BOOTED = {"currentTime": NOW, "interval": 300, "status": "Accepted"}
ACCEPTED_16: dict[str, Any] = {"idTagInfo": {"status": "Accepted"}}
ACCEPTED_201: dict[str, Any] = {"idTokenInfo": {"status": "Accepted"}}
ANSWERS: dict[str, dict[str, Any]] = {
    "1.6": {
        "BootNotification": BOOTED,
        "Heartbeat": {"currentTime": NOW},
        "StatusNotification": {},
        "MeterValues": {},
        "Authorize": ACCEPTED_16,
        "StartTransaction": ACCEPTED_16 | {"transactionId": 7},
        "StopTransaction": {},
    },
    "2.0.1": {
        "BootNotification": BOOTED,
        "Heartbeat": {"currentTime": NOW},
        "StatusNotification": {},
        "MeterValues": {},
        "Authorize": ACCEPTED_201,
        "TransactionEvent": {},
    },
}


@dataclass
class Csms:
    """A central system for one charge point. An answer may also be a function of the request; None is silence."""

    answers: dict[str, Any]
    said: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Everything the charge point has told or asked, as action and payload."""
    port: int = 0
    credentials: str = ""
    _socket: ServerConnection | None = None
    _waiting: dict[str, asyncio.Future[Any]] = field(default_factory=dict)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def until(self, look: Callable[[], object], what: str) -> None:
        """Wait until something has been said."""
        async with self._news:
            try:
                await asyncio.wait_for(self._news.wait_for(look), WITHIN_S)
            except TimeoutError as error:
                raise AssertionError(f"{what}: not said within {WITHIN_S} s; said: {self.said}") from error

    def all(self, action: str) -> list[dict[str, Any]]:
        """Every payload of this action."""
        return [payload for name, payload in self.said if name == action]

    async def first(self, action: str, number: int = 1, **wanted: Any) -> dict[str, Any]:
        """The first (second, …) message of this action with these values, as soon as it has been said."""

        def found() -> list[dict[str, Any]]:
            return [each for each in self.all(action) if wanted.items() <= each.items()]

        await self.until(lambda: len(found()) >= number, f"{action} {wanted} (number {number})")
        return found()[number - 1]

    async def call(self, action: str, payload: dict[str, Any]) -> Any:
        """Ask the charge point; its answer, or the code of its error."""
        name = uuid.uuid4().hex
        self._waiting[name] = asyncio.get_running_loop().create_future()
        await self.until(lambda: self._socket, "the charge point is connected")
        assert self._socket
        await self._socket.send(json.dumps([2, name, action, payload]))
        return await asyncio.wait_for(self._waiting[name], WITHIN_S)

    async def hang_up(self) -> None:
        """End the connection; the charge point may come again."""
        assert self._socket
        await self._socket.close()

    async def take(self, socket: ServerConnection) -> None:
        """Serve one connection."""
        self._socket = socket
        assert socket.request
        self.credentials = socket.request.headers.get("Authorization", "")
        with suppress(ConnectionClosed):
            async for message in socket:
                kind, name, *rest = json.loads(message)
                if kind == CALL:
                    await self._answer(socket, name, *rest)
                else:
                    self._waiting.pop(name).set_result(rest[0])
        self._socket = None

    async def _answer(self, socket: ServerConnection, name: str, action: str, payload: dict[str, Any]) -> None:
        answer = self.answers[action]
        answer = answer(payload) if callable(answer) else answer
        if answer is not None:
            await socket.send(json.dumps([3, name, answer]))
        async with self._news:
            self.said.append((action, payload))
            self._news.notify_all()


@asynccontextmanager
async def serving(csms: Csms, version: str) -> AsyncIterator[None]:
    """The central system while it listens; on the same port if it has had one."""
    async with serve(csms.take, "127.0.0.1", csms.port, subprotocols=[Subprotocol(f"ocpp{version}")]) as server:
        csms.port = server.sockets[0].getsockname()[1]
        yield
