"""The local end of OCPP-J: a WebSocket server for one charger, on a thread and an event loop of its own."""

from __future__ import annotations

import asyncio
import binascii
import hmac
import logging
import ssl
import threading
from base64 import b64decode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from websockets.asyncio.server import ServerConnection, serve

from device_agent.drivers.ocpp.chores import Chores

if TYPE_CHECKING:
    from pathlib import Path

    from websockets.asyncio.server import Server
    from websockets.http11 import Request, Response

    from device_agent.drivers.ocpp.desk import Desk
    from device_agent.drivers.ocpp.station import Station

log = logging.getLogger(__name__)

MESSAGE_AT_MOST_BYTES = 1_048_576
"""The largest messages of use here are ends with all the meter values of a long session: 250 bytes a minute, for days.
One that is refused would be repeated for ever."""

LISTEN_AGAIN_S = 5.0
"""How often an address that cannot be listened at is tried: a network interface may come up after the agent."""

CLOSE_S = 2.0
"""How long a charger may take to say goodbye."""

READY_S = 3.0
"""How long the agent's start may wait for the first attempt to listen."""

SILENT = logging.getLogger(f"{__name__}.frames")
"""For the library: its debug log has every frame, card numbers included, and it calls each port scan an error."""

SILENT.setLevel(logging.CRITICAL + 1)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the charger connects, and how it proves who it is."""

    host: str
    port: int
    charge_points: Sequence[str]
    """The ids that may connect: the last part of the address a charger connects to."""
    password: str = field(default="", repr=False)
    """Of HTTP Basic authentication, with the id as the user; empty if none is asked for."""
    certificate: Path | None = None
    private_key: Path | None = None

    def tls(self) -> ssl.SSLContext | None:
        """What TLS needs, if it is wanted.

        Raises:
            OSError: the files cannot be read, or do not belong together.
        """
        if self.certificate is None:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.certificate, self.private_key)
        return context


class OcppServer:
    """Lets one charger in at a time, and keeps its connection."""

    def __init__(
        self, desk: Desk, endpoint: Endpoint, subprotocol: str, make: Callable[[ServerConnection], Station]
    ) -> None:
        self.port = endpoint.port
        """As bound: another one than wanted if that was 0."""
        self.station: Station | None = None
        """The charger that is connected."""
        self.since_s = 0.0
        """Since when, in monotonic seconds."""
        self.why = "no charger is connected"
        """Why there is no charger."""
        self._desk, self._endpoint, self._make, self._subprotocol = desk, endpoint, make, subprotocol
        self._tls = endpoint.tls()
        self._ready = threading.Event()
        self._closing: asyncio.Event
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to listen; waits a moment for that to have worked."""
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="ocpp", daemon=True)
        self._thread.start()
        self._ready.wait(READY_S)

    def close(self) -> None:
        """End the connection. What runs at the charger goes on."""
        if self._thread is not None and self._desk.loop is not None and self._thread.is_alive():
            self._desk.loop.call_soon_threadsafe(self._closing.set)
            self._thread.join(2 * CLOSE_S)

    async def _run(self) -> None:
        self._closing = asyncio.Event()
        self._desk.loop = asyncio.get_running_loop()
        server = await self._listening()
        if server is not None:
            self.port = server.sockets[0].getsockname()[1]
            where = {"host": self._endpoint.host, "port": self.port, "subprotocol": self._subprotocol}
            log.info("listening for the charger", extra=where)
            self._ready.set()
            await self._closing.wait()
            server.close()
            await server.wait_closed()

    async def _listening(self) -> Server | None:
        """The server, as soon as its address can be listened at; None if the driver is closed before."""
        while not self._closing.is_set():
            try:
                return await self._serve()
            except OSError as error:
                self.why = f"cannot listen at {self._endpoint.host}:{self._endpoint.port}: {error.strerror or error}"
                self._desk.once(self.why)
                self._ready.set()
            try:
                await asyncio.wait_for(self._closing.wait(), LISTEN_AGAIN_S)
            except TimeoutError:
                continue
        return None

    async def _serve(self) -> Server:
        ping_s = self._desk.patience.ping_s
        return await serve(
            self._connected,
            self._endpoint.host,
            self._endpoint.port,
            subprotocols=[self._subprotocol],  # type: ignore[list-item]  # websockets wants its own NewType of str
            process_request=self._admit,
            compression=None,
            server_header=None,
            ping_interval=ping_s,
            ping_timeout=ping_s,
            close_timeout=CLOSE_S,
            max_size=MESSAGE_AT_MOST_BYTES,
            logger=SILENT,
            ssl=self._tls,
        )

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Whether this may be our charger: None, or what is answered instead."""
        name = charge_point_of(request.path)
        known = name in self._endpoint.charge_points
        if self._endpoint.password:
            if not proves(request.headers.get("Authorization", ""), name, self._endpoint.password) or not known:
                self._desk.once(
                    "a charger was refused: its id or password is not the configured one", charge_point=name
                )
                answer = connection.respond(HTTPStatus.UNAUTHORIZED, "Who are you?\n")
                answer.headers["WWW-Authenticate"] = 'Basic realm="charger"'
                return answer
        elif not known:
            self._desk.once("a charger was refused: its id is not in driver.charge_points", charge_point=name)
            return connection.respond(HTTPStatus.NOT_FOUND, "No such charge point.\n")
        if self.station is not None and _name(self.station) != name:
            self._desk.once("a second charger was refused: this agent serves one", charge_point=name)
            return connection.respond(HTTPStatus.CONFLICT, "Another charge point is connected.\n")
        return None

    async def _connected(self, connection: ServerConnection) -> None:
        """One connection, from its handshake to its end. The newest one counts: the one before is half-open."""
        station, before = self._make(connection), self.station
        now_s = monotonic()
        with self._desk.at_all() as bays:
            for bay in bays:
                bay.reconnected(now_s)
        self.since_s, self.station = now_s, station
        log.info("charger connected", extra={"charge_point": _name(station), "again": before is not None})
        if before is not None:
            station.spawn(before.connection.close())
        station.spawn(Chores(station).run())
        try:
            await station.serve()
        finally:
            if self.station is station:
                self.station, self.why = None, "no charger is connected"
                log.info("charger gone", extra={"charge_point": _name(station)})
                for evse_id in self._desk.connectors:
                    self._desk.look(evse_id)


def charge_point_of(path: str) -> str:
    """The id in the address that a charger connects to: its last part."""
    return unquote(urlsplit(path).path.rstrip("/").rpartition("/")[2])[:64]


def proves(header: str, name: str, password: str) -> bool:
    """Whether this is the Basic authorization of that user with that password. Takes as long for any wrong one."""
    scheme, _, credentials = header.partition(" ")
    try:
        told = b64decode(credentials.strip(), validate=True)
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(told, f"{name}:{password}".encode()) and scheme.lower() == "basic"


def _name(station: Station) -> str:
    request = station.connection.request
    return charge_point_of(request.path) if request is not None else ""
