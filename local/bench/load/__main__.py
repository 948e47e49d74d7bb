"""As many chargers as this machine bears, all charging, and drivers who stop: `make load`. Nothing may be lost.

Real: the API, functions, rules and queues as deployed to the emulator; the agents (`crowd`), each with its journal and
its connection over mutual TLS. At the end both sides are counted in full; a loss is an exit status of 1.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from device_agent.metering import METER_EVERY_S
from local.bench.load.crowd import Seen, work
from local.bench.load.losses import losses
from local.bench.load.processors import Spent
from local.bench.load.scene import Taps, kept, register, spread, waiting, watched_queues
from local.settings import Settings
from local.stack import Stack, running_stack
from local.terminal import Terminal
from local.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from device_agent.paho_link import Broker

FILES_EACH = 7
"""Of a charger: socket, paho's pair, journal with its two companions; and one to spare."""
CONNECTED_AT_ONCE = 25
"""A fleet does not come back in one second either: every agent waits a time of its own choice (`link.backoff_s`)."""
SETTLED_S = 600.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Prepare, charge, stop, and count."""
    parser = argparse.ArgumentParser(prog="python -m local.bench.load", description=__doc__)
    parser.add_argument("--chargers", type=int, default=200, help="how many (default 200)")
    parser.add_argument("--minutes", type=float, default=1.0, help="how long sessions are stopped (default 1)")
    parser.add_argument("--stops-per-minute", type=float, default=100.0, help="at what pace (default 100)")
    options = parser.parse_args(arguments)
    _allow_files(options.chargers * FILES_EACH + 500)
    stops = min(options.chargers, round(options.minutes * options.stops_per_minute))
    with TemporaryDirectory() as home:
        settings = Settings(home=Path(home) / "stack", gateway_port=0, mqtt_port=0, web_port=0)
        with running_stack(settings, Terminal()) as stack:
            return _load(stack, Path(home), options.chargers, stops, options.stops_per_minute)


def _load(stack: Stack, home: Path, chargers: int, stops: int, per_minute: float) -> int:
    charger_ids = [f"PX-L{number:04d}" for number in range(1, chargers + 1)]
    broker = register(stack, charger_ids, home / "identity")
    journals = home / "journals"
    journals.mkdir()
    with _crowd(journals, broker) as ask, watched_queues(stack) as depths:
        taps, emulator = Taps(stack), stack.run.pids["emulator"]

        def phase(name: str, what: Callable[[], object]) -> None:
            before, began_s, depths[:] = ask("seen"), time.monotonic(), [0]
            machine = Spent.until_now(emulator)
            what()
            after, took_s = ask("seen"), time.monotonic() - began_s
            rate = (after.messages - before.messages) / took_s
            spent = Spent.until_now(emulator)
            busy = (spent.machine_s - machine.machine_s) / took_s
            own = (spent.emulator_s - machine.emulator_s) / took_s
            functions = (spent.functions_s - machine.functions_s) / took_s
            crowd = (after.cpu_s - before.cpu_s) / took_s
            print(
                f"{name:<44} {took_s:>6.0f} s {rate:>7.0f} messages/s, at most {max(depths):>5} waiting, "
                f"{busy:.1f} processors busy: "
                f"the emulator's {own:.1f}, the functions' {functions:.1f}, the chargers' {crowd:.1f}"
            )

        print()
        phase(f"{chargers} chargers connect", lambda: _connect(ask, charger_ids, stack))
        phase("a session starts at each", lambda: _start(ask, stack, taps, charger_ids))
        phase(f"a minute of charging, a value every {METER_EVERY_S:.0f} s", lambda: time.sleep(60))
        chosen = [taps.sessions[it] for it in charger_ids if it in taps.sessions][:stops]
        phase(f"{len(chosen)} stops, {per_minute:.0f} a minute", lambda: taps.stop(chosen, per_minute))
        phase("what was still on its way arrives", lambda: _settle(ask, stack))
        seen = ask("hush")
        _empty(stack)
        return _count(stack, seen, taps)


def _connect(ask: Callable[..., Seen], charger_ids: Sequence[str], stack: Stack) -> None:
    for first in range(0, len(charger_ids), CONNECTED_AT_ONCE):
        batch = charger_ids[first : first + CONNECTED_AT_ONCE]
        ask("add", list(batch))
        there = first + len(batch)
        wait_for(lambda there=there: ask("seen").connected >= there, "they connect", within_s=SETTLED_S, every_s=0.2)  # type: ignore[misc]  # bound at once
    _settle(ask, stack)


def _start(ask: Callable[..., Seen], stack: Stack, taps: Taps, charger_ids: Sequence[str]) -> None:
    taps.start(charger_ids)
    _settle(ask, stack)


def _empty(stack: Stack) -> None:
    wait_for(lambda: waiting(stack, stack.run.queues.reports) == 0, "all is taken in", within_s=SETTLED_S, every_s=0.5)


def _settle(ask: Callable[..., Seen], stack: Stack) -> None:
    """Until nothing waits at a charger nor in a queue; meter values go on, so a look may find one or two."""

    def settled() -> bool:
        queues = stack.run.queues
        return ask("seen").waiting + waiting(stack, queues.reports) + waiting(stack, queues.presence) <= 2  # noqa: PLR2004

    for _ in range(3):  # what leaves one of them comes into the next
        wait_for(settled, "everything has arrived", within_s=SETTLED_S, every_s=0.5)
        time.sleep(0.5)


def _count(stack: Stack, seen: Seen, taps: Taps) -> int:
    sessions = taps.sessions.values()
    records = kept(stack, sessions)
    told = {session_id: told for session_id, told in seen.told.items() if session_id in set(sessions)}
    queues = stack.run.queues
    dead = (queues.reports_dead_letter, queues.presence_dead_letter, queues.authorisations_dead_letter)
    letters = sum(waiting(stack, queue) for queue in dead)
    lost = [*losses(told, records, taps.stopped), *taps.refused]
    if letters:
        lost.append(f"{letters} dead letters")
    events = sum(len(each.seqs) for each in told.values())
    print(f"\ntap → answer 'ended': {spread(taps.took_ms)} (n={len(taps.took_ms)}); {taps.not_at_once} came later")
    print(f"connections lost meanwhile: {dict(Counter(seen.lost_connections)) or 'none'}")
    print(f"what agents complained of: {seen.complaints or 'nothing'}")
    print(f"{len(records)} sessions, {len(taps.stopped)} stopped, {events} events: {len(lost) or 'nothing'} lost")
    for line in lost[:20]:
        print(f"  {line}")
    return 1 if lost else 0


@contextmanager
def _crowd(folder: Path, broker: Broker) -> Iterator[Callable[..., Seen]]:
    """The crowd's process; what is returned asks it something."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    child = spawn.Process(target=work, args=(folder, broker, theirs))
    child.start()

    def ask(what: str, *given: object) -> Seen:
        ours.send((what, *given))
        seen: Seen = ours.recv()
        return seen

    try:
        yield ask
        ask("end")
    finally:
        _end(child, ours)


def _end(child: multiprocessing.process.BaseProcess, pipe: Connection) -> None:
    pipe.close()
    child.join(30)
    if child.is_alive():
        child.kill()


def _allow_files(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, wanted), hard), hard))


if __name__ == "__main__":
    sys.exit(main())
