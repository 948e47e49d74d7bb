"""The line to the agent: connects, says hello, sends what is to be told, and begins anew when it is gone."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Subprotocol

from local.charge_point.station import Line, Station

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

log = logging.getLogger(__name__)

BACKOFF_FROM_S, BACKOFF_TO_S = 0.2, 3.0
"""Real charge points wait for up to minutes; here somebody watches."""
RETRY_EVERY_S = 5.0
"""A letter without an answer is sent again so often, for ever."""
ERRORS_AT_MOST = 3
"""A letter that is answered with an error is given up after so many times (OCPP 1.6, TransactionMessageAttempts)."""


class Speaker(Line, Protocol):
    """A line that also listens."""

    beat_s: float

    async def route_message(self, message: Any) -> None:
        """Take in one message: a question is answered, an answer reaches whoever asked."""
        ...


Speak = Callable[[Station, "ClientConnection"], Speaker]


async def stay_connected(station: Station, url: str, subprotocol: Subprotocol, speak: Speak) -> None:
    """Hold the line until cancelled."""
    failures, reason = 0, "PowerUp"
    while True:
        try:
            async with connect(
                url, subprotocols=[subprotocol], proxy=None, compression=None, open_timeout=5, close_timeout=1
            ) as socket:
                failures = 0
                log.info("connected")
                await _talk(station, socket, speak(station, socket), reason)
        except* (OSError, WebSocketException, TimeoutError) as gone:
            log.info("not connected: %s", gone.exceptions[0])
        reason = "Unknown"
        # Full jitter: chargers that lost the same line do not come back all at once.
        await asyncio.sleep(random.uniform(0, min(BACKOFF_TO_S, BACKOFF_FROM_S * 2**failures)))  # noqa: S311
        failures += 1


async def _talk(station: Station, socket: ClientConnection, line: Speaker, reason: str) -> None:
    """Everything on one connection; raises when it is gone."""
    async with asyncio.TaskGroup() as group:
        listening = group.create_task(_listen(socket, line, group))
        while (wait_s := await line.boot(reason)) is not None:  # noqa: ASYNC110  (the other side said for how long)
            await asyncio.sleep(wait_s)
        station.line = line
        try:
            group.create_task(_post(station, line))
            group.create_task(_tell_statuses(station, line))
            group.create_task(_beat(line))
            await listening
        finally:
            station.line = None


async def _listen(socket: ClientConnection, line: Speaker, group: asyncio.TaskGroup) -> None:
    """Take every message as it comes; one that takes long keeps no other waiting."""
    while True:
        message = await socket.recv()
        group.create_task(_quietly(line, message))


async def _quietly(line: Speaker, message: Any) -> None:
    with suppress(ConnectionClosed):  # the listening task tells
        await line.route_message(message)


async def _post(station: Station, line: Line) -> None:
    """Send the letters, one after the other, each until it is answered."""
    errors = 0
    while True:
        async with station.news:
            await station.news.wait_for(lambda: station.memory.letters)
        letter = station.memory.letters[0]
        try:
            answer = await line.post(letter)
        except TimeoutError:
            log.warning("no answer to %s", letter.kind)
        else:
            errors = 0 if answer else errors + 1
            if answer or errors >= ERRORS_AT_MOST:
                await station.answered(letter, answer)
                errors = 0
                continue
        await asyncio.sleep(RETRY_EVERY_S)


async def _tell_statuses(station: Station, line: Line) -> None:
    """Tell each connector's status, and every change of it."""
    told: dict[int, tuple[Any, str]] = {}

    def untold() -> list[int]:
        return [
            number
            for number, each in station.outlets.items()
            if each.status and told.get(number) != (each.status, each.error)
        ]

    while True:
        async with station.news:
            await station.news.wait_for(untold)
        for number in untold():
            outlet = station.outlets[number]
            if (status := outlet.status) is None:
                continue
            error = outlet.error
            with suppress(TimeoutError):
                await line.status(number, status, error)
                told[number] = (status, error)


async def _beat(line: Speaker) -> None:
    last = time.monotonic()
    while True:
        await asyncio.sleep(1.0)
        if time.monotonic() - last >= line.beat_s:
            last = time.monotonic()
            with suppress(TimeoutError):
                await line.heartbeat()
