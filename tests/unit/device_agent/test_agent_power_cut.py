"""The power goes at every single write of a session, and in the middle of it: whatever the storage holds then, the
agent that boots on it ends up with one session, told once, and the right answers."""

from __future__ import annotations

import copy
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from contract.vocabulary import EventType
from device_agent import journal_schema
from device_agent.journal_store import Store
from tests.support.charger_bench import CHARGER, SESSION, Bench

if TYPE_CHECKING:
    from pathlib import Path

    from device_agent.drivers.simulated.plant import SimulatedEvse

NAMES = "journal.sqlite3", "journal.sqlite3-wal"

Files = tuple[bytes, bytes]
"""What the storage holds: the file and its write-ahead log."""


@dataclass(frozen=True)
class Snapshot:
    """The world at one write of the journal."""

    files: tuple[Files, ...]
    """What the storage may hold when the power goes at this write."""
    evses: dict[int, SimulatedEvse]
    shadows: dict[Any, Any]
    published: list[Any]
    epoch_s: float
    mono_s: float


def torn(before: bytes, after: bytes) -> bytes:
    """Half of what has changed has reached the storage."""
    padded = before.ljust(len(after), b"\0")
    changed = [n for n, (old, new) in enumerate(zip(padded, after, strict=False)) if old != new]
    middle = (changed[0] + changed[-1]) // 2 if changed else len(after)
    return after[:middle] + before[middle:]


class Recorder:
    """Takes a snapshot at every write."""

    def __init__(self, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        self.snapshots: list[Snapshot] = []
        self._bench = bench
        write = Store.transact

        def transact(store: Store, work: Any) -> Any:
            before = self._read()
            try:
                return write(store, work)
            finally:
                self._take(before, self._read())

        monkeypatch.setattr(Store, "transact", transact)

    def _read(self) -> Files:
        main, log = (self._bench.folder / name for name in NAMES)
        return main.read_bytes(), log.read_bytes()

    def _take(self, before: Files, after: Files) -> None:
        bench = self._bench
        mixed = (before[0], torn(before[1], after[1])), (torn(before[0], after[0]), after[1])
        self.snapshots.append(
            Snapshot(
                (before, *mixed, after) if before[0] != after[0] else (before, mixed[0], after),
                copy.deepcopy(bench.hardware.evses),
                copy.deepcopy(bench.cloud._shadows),
                list(bench.cloud.published),
                bench.clock.epoch_s,
                bench.clock.mono_s,
            )
        )


@pytest.fixture(params=["as configured", "the log goes into the file at every write"])
def snapshots(request: pytest.FixtureRequest, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> list[Snapshot]:
    with monkeypatch.context() as patched:
        if request.param != "as configured":
            patched.setattr(journal_schema, "CHECKPOINT_PAGES", 1)
        bench.restart()
        recorder = Recorder(bench, patched)
        bench.charge(seconds=35)
        bench.want("stop")
        bench.pass_s(2)
    return recorder.snapshots


def boot(folder: Path, snapshot: Snapshot, files: Files) -> Bench:
    """A charger whose storage, hardware and cloud are as they were, but for time that has passed in the dark."""
    folder.mkdir()
    for name, content in zip(NAMES, files, strict=True):
        (folder / name).write_bytes(content)
    bench = Bench(folder)
    bench.boots = 0xB007
    bench._transactions, bench._numbers = itertools.count(500), itertools.count(500)
    bench.clock.epoch_s, bench.clock.mono_s = snapshot.epoch_s + 20, snapshot.mono_s + 20
    bench.cloud._shadows = copy.deepcopy(snapshot.shadows)
    bench.cloud.published = list(snapshot.published)
    bench.hardware.evses = copy.deepcopy(snapshot.evses)
    return bench


def desired_act(bench: Bench) -> str:
    (intent,) = bench.cloud._shadows[CHARGER, "evse-1"].state["desired"]["intent"]
    return str(intent["act"])


def assert_told_once(bench: Bench) -> None:
    """Every fact has one number, every number one fact, and none is missing."""
    facts = {event["seq"]: event for event in bench.events()}
    assert all(facts[event["seq"]] == event for event in bench.events())
    assert sorted(facts) == list(range(len(facts)))
    kinds = [facts[seq]["type"] for seq in sorted(facts)]
    assert kinds[0] == EventType.STARTED
    assert kinds[-1] == EventType.ENDED
    assert set(kinds[1:-1]) <= {EventType.METER}
    for earlier, later in itertools.pairwise(facts[seq] for seq in sorted(facts)):
        assert earlier["meterWh"] <= later["meterWh"]
        assert earlier["at"] <= later["at"]
    assert {event["transactionId"] for event in facts.values()} == {facts[0]["transactionId"]}


def test_the_agent_that_boots_after_a_power_cut_at_any_write_carries_the_session_through(
    snapshots: list[Snapshot], tmp_path: Path
) -> None:
    cuts = [(snapshot, files) for snapshot in snapshots for files in snapshot.files]
    assert len(cuts) >= 30
    for number, (snapshot, files) in enumerate(cuts):
        bench = boot(tmp_path / f"cut{number}", snapshot, files)
        bench.turn_on()
        bench.pass_s(5)
        stopped = bench.want("stop") if desired_act(bench) == "start" else bench.answer()[0]
        bench.pass_s(2)
        assert bench.answer() == (stopped, "done", "")
        assert bench.events()[-1]["reason"] == "Remote"
        assert_told_once(bench)
        assert (bench.evse.closes, bench.evse.opens) == (1, 1)
        delivered_wh = int(bench.evse.joules(bench.clock.mono_s) / 3600)
        assert bench.events()[-1]["meterWh"] - bench.events()[0]["meterWh"] == delivered_wh
        bench.lose_power()


def test_a_cut_that_opens_the_contactor_too_ends_the_session_once_with_the_last_good_meter(
    snapshots: list[Snapshot], tmp_path: Path
) -> None:
    charging = [each for each in snapshots if each.evses[1].contactor_closed]
    cuts = [(snapshot, files) for snapshot in charging for files in snapshot.files]
    reasons = set()
    for number, (snapshot, files) in enumerate(cuts):
        bench = boot(tmp_path / f"cut{number}", snapshot, files)
        bench.evse.stop(snapshot.mono_s)
        bench.turn_on()
        bench.pass_s(2)
        if bench.evse.contactor_closed:  # the start had not been confirmed before: it was carried out again
            bench.want("stop")
        bench.pass_s(2)
        assert_told_once(bench)
        assert bench.events()[-1]["meterWh"] == int(bench.evse.joules(bench.clock.mono_s) / 3600)
        assert bench.journal.current(1) is None
        assert bench.journal.session(1, SESSION) is not None
        reasons.add(bench.events()[-1]["reason"])
        bench.lose_power()
    assert reasons == {"PowerLoss", "Remote"}
