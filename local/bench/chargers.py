"""Chargers for measurements, several in one process of their own: agents, or in their place echoes.

Not in a thread of the measuring process, whose own work they would wait for. Everything of an agent is the real one:
its journal on disk, its link over mutual TLS, the simulated hardware in another process; it is only watched. An echo
has the same link, which is paho's client, and answers with an agent's words (`echo`).
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from ulid import ULID

from contract.topics import shadow_topic
from device_agent.agent import Agent
from device_agent.clock import CloudClock
from device_agent.drivers.simulated.driver import SimulatedDriver
from device_agent.journal import Journal
from device_agent.link import LinkInput, Message, Subscribed, Up
from device_agent.outside import Outside
from device_agent.paho_link import Broker, PahoLink
from device_agent.wiring import SystemClock
from local.bench.echo import Words
from local.bench.load.scene import register
from local.bench.watch import DELTA, Watch, WatchedDriver, WatchedLink
from local.seed import AC_22_KW, Site
from local.stack import Stack

WITHIN_S = 60.0
EVSE_ID = 1


@dataclass(frozen=True)
class Board:
    """A charger as its process needs it."""

    charger_id: str
    broker: Broker
    folder: Path


@dataclass(frozen=True)
class Chargers:
    """A process of them."""

    ids: Sequence[str]
    pipe: Connection

    def watched(self) -> list[Watch]:
        """What was noted of each up to now."""
        self.pipe.send("tell")
        found: list[Watch] = self.pipe.recv()
        return found


@contextmanager
def agents(stack: Stack, name: str, count: int) -> Iterator[Chargers]:
    """So many chargers with agents, a car plugged in at each, named after `name`."""
    boards = _boards(stack, name, count)
    sites = [Site(board.charger_id, name, name, "53.5", "10.0", (AC_22_KW,)) for board in boards]
    plant, _ = stack.fleet.start_plant(f"plant-{name.lower()}", sites)
    with _process(_run_agents, boards, plant.socket) as chargers:
        yield chargers


@contextmanager
def echoes(stack: Stack, name: str, count: int, words: Words, *, writing: bool = False) -> Iterator[Chargers]:
    """So many chargers that say these words to every delta at once, or as soon as a line of it is on the disk."""
    with _process(_run_echoes, _boards(stack, name, count), (words, writing)) as chargers:
        yield chargers


def _boards(stack: Stack, name: str, count: int) -> list[Board]:
    """So many chargers on record, each with a folder of its own."""
    charger_ids = [f"{name}-{number:02}" for number in range(1, count + 1)]
    broker = register(stack, charger_ids, stack.fleet.folder(name))
    boards = [Board(charger_id, broker, stack.fleet.folder(charger_id)) for charger_id in charger_ids]
    for board in boards:
        board.folder.mkdir()
    return boards


@contextmanager
def _process(work: Callable[..., None], boards: Sequence[Board], given: Any) -> Iterator[Chargers]:
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    child = spawn.Process(target=work, args=(boards, given, theirs))
    child.start()
    theirs.close()  # so that its end is noticed
    try:
        if not ours.poll(WITHIN_S):
            raise TimeoutError(f"{boards[0].charger_id} and its like are not connected within {WITHIN_S:g} s")
        ours.recv()
        yield Chargers([board.charger_id for board in boards], ours)
    finally:
        child.terminate()  # as by a power cut, which agents are made for
        child.join()


def _run_agents(boards: Sequence[Board], socket: Path, pipe: Connection) -> None:
    watches = [Watch() for _ in boards]
    for board, watch in zip(boards, watches, strict=True):
        threading.Thread(target=_live, args=(board, socket, watch), daemon=True).start()
    pipe.send("begun")
    _tell_when_asked(pipe, watches)


def _live(board: Board, socket: Path, watch: Watch) -> None:
    """One agent's life; the journal belongs to the thread that has opened it."""
    link = WatchedLink(PahoLink(board.charger_id, board.broker, random.random), watch)
    driver = WatchedDriver(SimulatedDriver(socket, board.charger_id), watch)
    outside = Outside(CloudClock(SystemClock()), "beec", lambda: str(ULID()), lambda: str(ULID()))
    journal = Journal.open(board.folder / "journal.sqlite3")
    Agent(board.charger_id, [EVSE_ID], driver, journal, link, outside).run()


class Echo:
    """One charger without an agent: paho's thread hands a delta to one that says the words."""

    def __init__(self, board: Board, words: Words, watch: Watch, *, writing: bool) -> None:
        self.listening = threading.Event()
        self._file = (board.folder / "deltas").open("ab") if writing else None
        self._words, self._watch, self._id = words, watch, board.charger_id
        self._deltas: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._link = PahoLink(board.charger_id, board.broker, random.random)
        threading.Thread(target=self._speak, daemon=True).start()
        self._link.start(self._received)

    def _received(self, item: LinkInput) -> None:
        self._watch.received(item)
        match item:
            case Up():
                self._link.subscribe([shadow_topic(self._id, EVSE_ID, DELTA.removeprefix("/"))])
            case Subscribed():
                self.listening.set()
            case Message(payload=delta):
                self._deltas.put(delta)

    def _speak(self) -> None:
        while True:
            delta = self._deltas.get()
            if self._file is not None:
                self._file.write(delta)
                self._file.flush()
                os.fsync(self._file.fileno())
            self._watch.command()
            for topic, payload in self._words.again(self._id, delta):
                self._link.publish(topic, payload)


def _run_echoes(boards: Sequence[Board], given: tuple[Words, bool], pipe: Connection) -> None:
    words, writing = given
    watches = [Watch() for _ in boards]
    for echo in [Echo(board, words, watch, writing=writing) for board, watch in zip(boards, watches, strict=True)]:
        echo.listening.wait()
    pipe.send("listening")
    _tell_when_asked(pipe, watches)


def _tell_when_asked(pipe: Connection, watches: Sequence[Watch]) -> None:
    while pipe.recv():
        pipe.send(watches)
