"""A broker on loopback that treats its clients badly: it falls silent, hangs up, or refuses them."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from device_agent.paho_link import Broker

CONNACK = b"\x20\x02\x00\x00"
NOT_AUTHORIZED = b"\x20\x02\x00\x05"
LOOPBACK = "127.0.0.1"


class Manner(StrEnum):
    """What it does with a client that has said CONNECT."""

    FALLS_SILENT = "falls silent"
    """It lets it in, and never says another word: a dead peer behind a router that still stands."""
    HANGS_UP = "hangs up"
    REFUSES = "refuses"


@dataclass
class RudeBroker:
    """Mutual TLS as `Broker` describes it, one client after the other."""

    files: Broker
    manner: Manner

    def __enter__(self) -> int:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.files.certificate, self.files.private_key)
        self._listener = socket.create_server((LOOPBACK, 0))
        self._context = context
        self._closing = False
        self._thread = threading.Thread(target=self._serve, name="rude-broker")
        self._thread.start()
        return int(self._listener.getsockname()[1])

    def __exit__(self, *_: object) -> None:
        self._closing = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        while not self._closing:
            with contextlib.suppress(OSError):
                plain, _ = self._listener.accept()
                with plain, self._context.wrap_socket(plain, server_side=True) as client:
                    self._treat(client)

    def _treat(self, client: ssl.SSLSocket) -> None:
        client.recv(1024)
        if self.manner is Manner.REFUSES:
            client.sendall(NOT_AUTHORIZED)
        elif self.manner is Manner.FALLS_SILENT:
            client.sendall(CONNACK)
            while client.recv(1024):
                pass
