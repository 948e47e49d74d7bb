"""A charge point at the other end of the wire that says whatever a test wants, in raw frames, and remembers what it was
asked.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

WITHIN_S = 10.0

Answer = dict[str, Any] | None


def eventually(look: Callable[[], object]) -> None:
    """Wait until `look` gives something true."""
    until_s = time.monotonic() + WITHIN_S
    while not look():
        assert time.monotonic() < until_s
        time.sleep(0.005)


class RawCharger:
    """One connection of a charge point. `answers` says what it answers to calls: a payload, or None for silence."""

    def __init__(self, url: str, subprotocol: str = "ocpp1.6", **options: Any) -> None:
        self._open = contextlib.ExitStack()
        connecting = connect(url, subprotocols=[subprotocol], **options)  # type: ignore[list-item]
        self.connection: ClientConnection = self._open.enter_context(connecting)
        self.answers: dict[str, Answer] = {}
        self.errors: dict[str, str] = {}
        """Calls answered with an error, and its code."""
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self._numbers = itertools.count(1)
        self._heard: dict[str, queue.SimpleQueue[list[Any]]] = {}
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def send(self, frame: object) -> None:
        """A frame as it is: text, or JSON."""
        self.connection.send(frame if isinstance(frame, str | bytes) else json.dumps(frame))

    def ask(self, action: object, payload: object) -> queue.SimpleQueue[list[Any]]:
        """Send a call; its answer, the whole frame, comes into the queue."""
        number = f"cp-{next(self._numbers)}"
        heard = self._heard[number] = queue.SimpleQueue()
        self.send([2, number, action, payload])
        return heard

    def call(self, action: str, **payload: Any) -> dict[str, Any]:
        """Send a call and wait for its result."""
        frame = self.ask(action, payload).get(timeout=WITHIN_S)
        assert frame[0] == 3, frame
        result: dict[str, Any] = frame[2]
        return result

    def told(self, action: str) -> list[dict[str, Any]]:
        """What it was asked by this name."""
        return [payload for name, payload in list(self.asked) if name == action]

    def hang_up(self) -> None:
        self._open.close()
        self._reader.join(WITHIN_S)

    def _read(self) -> None:
        try:
            for raw in self.connection:
                frame = json.loads(raw)
                if frame[0] == 2:
                    self.asked.append((frame[2], frame[3]))
                    self._answer(frame[1], frame[2])
                elif isinstance(frame[1], str):
                    self._heard[frame[1]].put(frame)
        except ConnectionClosed:
            pass

    def _answer(self, number: str, action: str) -> None:
        if action in self.errors:
            self.send([4, number, self.errors[action], "", {}])
            return
        answer = self.answers.get(action, {"status": "Accepted"})
        if answer is not None:
            self.send([3, number, answer])
