"""A TCP proxy on the loopback interface whose link a test can cut, stall and restore."""

from __future__ import annotations

import select
import socket
import threading
from contextlib import suppress

LOOPBACK = "127.0.0.1"


class Cuttable:
    """Stands between a charger's agent and the broker; TLS passes through untouched."""

    def __init__(self, port: int) -> None:
        self._target = (LOOPBACK, port)
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._up = True
        self._closing = False
        self._flowing = threading.Event()
        self._flowing.set()
        self._accepting = threading.Thread(target=self._accept, name=f"cuttable-{self.port}", daemon=True)
        self._accepting.start()

    def cut(self) -> None:
        """Drop every connection, and every new one until `restore`."""
        with self._lock:
            self._up = False
            for end in self._open:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
        self._flowing.set()

    def stall(self) -> None:
        """Keep the connections open and carry nothing: a dead link that nobody has noticed yet."""
        self._flowing.clear()

    def restore(self) -> None:
        """Carry everything again; what was sent during a stall arrives late."""
        with self._lock:
            self._up = True
        self._flowing.set()

    def close(self) -> None:
        """End the proxy and its connections."""
        self._closing = True
        self.cut()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join()

    def _accept(self) -> None:
        while not self._closing:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self._up:
                threading.Thread(target=self._carry, args=(near,), daemon=True).start()
            else:
                near.close()

    def _carry(self, near: socket.socket) -> None:
        with near, suppress(OSError), socket.create_connection(self._target) as far:
            for end in (near, far):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                if not self._up:
                    return
                self._open |= {near, far}
            try:
                self._shovel({near: far, far: near})
            finally:
                with self._lock:
                    self._open -= {near, far}

    def _shovel(self, other: dict[socket.socket, socket.socket]) -> None:
        while True:
            for end in select.select(list(other), [], [])[0]:
                data = end.recv(65536)
                self._flowing.wait()
                if not data:
                    return
                other[end].sendall(data)
