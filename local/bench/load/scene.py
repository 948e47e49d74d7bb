"""The cloud's side of the load: chargers put on record, sessions started and stopped by their driver, all counted."""

from __future__ import annotations

import queue
import statistics
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from device_agent.paho_link import Broker
from functions.adapters import items
from functions.adapters.table import from_dynamo
from functions.domain.outlook import energy_wh
from functions.domain.records import SessionPhase
from local.bench.load.losses import Kept
from local.client import DriverApi
from local.seed import AC_11_KW, OWNER, Site
from local.stack import Stack

AT_ONCE = 4
"""Drivers who tap at the same moment: twice as many as there are processors here."""

WAIT_S = 5
"""How long the app stays on the line for the outcome of a stop."""


@dataclass
class Taps:
    """Drivers' apps, a few at once, and what became of what they tapped. Units: milliseconds."""

    stack: Stack
    sessions: dict[str, str] = field(default_factory=dict)
    """By charger."""
    stopped: dict[str, str] = field(default_factory=dict)
    """Intent by session."""
    took_ms: list[float] = field(default_factory=list)
    """From the tap to the answer that says `ended`."""
    not_at_once: int = 0
    """Stops whose end was not there yet when the app's wait was over."""
    refused: list[str] = field(default_factory=list)

    def start(self, charger_ids: Iterable[str]) -> None:
        """Start a session at each; returns when all have answered."""
        self._each(charger_ids, self._start)

    def stop(self, session_ids: Sequence[str], per_minute: float) -> None:
        """Stop these sessions, at this pace whatever the answers; returns when all have answered."""
        begun_s = time.monotonic()

        def paced() -> Iterator[str]:
            for number, session_id in enumerate(session_ids):
                time.sleep(max(0.0, begun_s + number * 60 / per_minute - time.monotonic()))
                yield session_id

        self._each(paced(), self._stop, at_once=4 * AT_ONCE)

    def _start(self, api: DriverApi, charger_id: str) -> None:
        answer = api.start(charger_id, 1)
        if answer.status == 202:  # noqa: PLR2004  # Accepted
            self.sessions[charger_id] = answer.body["sessionId"]
        else:
            self.refused.append(f"start at {charger_id}: {answer.status} {answer.body.get('code')}")

    def _stop(self, api: DriverApi, session_id: str) -> None:
        tapped_s = time.monotonic()
        answer = api.stop(session_id, wait_s=WAIT_S)
        took_ms = (time.monotonic() - tapped_s) * 1000
        if answer.status not in (200, 202):
            self.refused.append(f"stop of {session_id}: {answer.status} {answer.body.get('code')}")
            return
        self.stopped[session_id] = answer.body["stop"]["intentId"]
        if answer.body["status"] == "ended":
            self.took_ms.append(took_ms)
        else:
            self.not_at_once += 1

    def _each(self, given: Iterable[str], tap: Callable[[DriverApi, str], None], at_once: int = AT_ONCE) -> None:
        waiting: queue.Queue[str | None] = queue.Queue()

        def work() -> None:
            with DriverApi.of(self.stack.run, OWNER) as api:
                while (one := waiting.get()) is not None:
                    try:
                        tap(api, one)
                    except Exception as error:  # noqa: BLE001  # counted: that the API breaks is what is looked for
                        self.refused.append(f"{one}: {error!r}")

        workers = [threading.Thread(target=work) for _ in range(at_once)]
        for worker in workers:
            worker.start()
        for one in given:
            waiting.put(one)
        for _ in workers:
            waiting.put(None)
        for worker in workers:
            worker.join()


def register(stack: Stack, charger_ids: Sequence[str], folder: Path) -> Broker:
    """Put chargers on record, each a thing of its own; all show one certificate, which is theirs together.

    The policy lets a connection speak for the thing it names, if the certificate is attached to it.
    """
    first, *others = charger_ids
    files = stack.seeder.add_charger(_site(first), folder)
    iot = stack.emulator.client("iot")
    (principal,) = iot.list_thing_principals(thingName=first)["principals"]
    for charger_id in others:
        stack.seeder.register(_site(charger_id))
        iot.create_thing(thingName=charger_id, thingTypeName=stack.run.thing_type)
        iot.attach_thing_principal(thingName=charger_id, principal=principal)
    emulator = stack.emulator
    return Broker("localhost", emulator.mqtt_port, emulator.certificate_authority, files.certificate, files.private_key)


def _site(charger_id: str) -> Site:
    return Site(charger_id, f"Load {charger_id}", "Load Street 1", "53.5", "10.0", (AC_11_KW,))


def kept(stack: Stack, session_ids: Iterable[str]) -> dict[str, Kept]:
    """What is on record of these sessions."""
    wanted = set(session_ids)
    found: dict[str, dict[str, Any]] = {session_id: {"seqs": set()} for session_id in wanted}
    pages = stack.emulator.client("dynamodb").get_paginator("scan")
    for page in pages.paginate(TableName=stack.run.tables.sessions, ConsistentRead=True):
        for item in map(from_dynamo, page["Items"]):
            if item["session_id"] not in wanted:
                continue
            if item["item"] == items.SESSION_ITEM:
                found[item["session_id"]]["session"] = items.session_from_item(item)
            else:
                found[item["session_id"]]["seqs"].add(int(item["seq"]))
    return {session_id: _kept(**each) for session_id, each in found.items() if "session" in each}


def _kept(session: Any, seqs: set[int]) -> Kept:
    return Kept(
        seqs=frozenset(seqs),
        started=session.started_at_ms is not None,
        ended=session.phase is SessionPhase.ENDED,
        reason=session.end.reason.value if session.end else "",
        intent_id=session.stop.intent_id if session.stop else "",
        energy_wh=energy_wh(session),
    )


@contextmanager
def watched_queues(stack: Stack) -> Iterator[list[int]]:
    """How many reports wait in their queue, looked at once a second meanwhile."""
    depths, over = [0], threading.Event()
    watcher = threading.Thread(target=lambda: _watch(stack, depths, over), daemon=True)
    watcher.start()
    yield depths
    over.set()
    watcher.join()


def _watch(stack: Stack, depths: list[int], over: threading.Event) -> None:
    while not over.wait(1.0):
        depths.append(waiting(stack, stack.run.queues.reports))


def waiting(stack: Stack, url: str) -> int:
    """Messages of a queue that nobody has dealt with yet."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    counts = stack.emulator.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(counts[name]) for name in names)


def spread(figures: Sequence[float]) -> str:
    """Median and last percent, for a person."""
    if len(figures) < 2:  # noqa: PLR2004  # no quantiles of fewer
        return "too few to say"
    cuts = statistics.quantiles(figures, n=100, method="inclusive")
    return f"p50 {cuts[49]:.0f} ms, p99 {cuts[98]:.0f} ms"
