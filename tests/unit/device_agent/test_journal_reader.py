"""The journal seen from outside, with an agent's process beside."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from device_agent import journal_reader
from device_agent.journal import Journal
from device_agent.journal_schema import UnreadableError
from device_agent.records import EvseRecord, Phase, SessionRecord

BUSY = """
import sys
from pathlib import Path
from device_agent.journal import Journal
from device_agent.records import EvseRecord, Phase, SessionRecord

journal = Journal.open(Path(sys.argv[1]))
for number in range(10**9):
    journal.write(SessionRecord(f"S{number}", 1, Phase.ENDED), EvseRecord(1, raw_wh=number))
    if number == 0:
        print("open", flush=True)
"""


@contextmanager
def busy_agent(path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that has the journal open and writes to it as fast as it can."""
    with subprocess.Popen([sys.executable, "-c", BUSY, str(path)], stdout=subprocess.PIPE, text=True) as agent:  # noqa: S603  (ours)
        assert agent.stdout is not None
        agent.stdout.readline()
        yield agent
        agent.kill()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite3"


def test_while_an_agent_writes_every_look_is_whole_and_none_is_older_than_the_one_before(path: Path) -> None:
    with busy_agent(path):
        newest = 0
        for _ in range(40):
            contents = journal_reader.read(path)
            (evse,) = contents.evses
            assert contents.sessions[-1].session_id == f"S{evse.raw_wh}"
            assert evse.raw_wh is not None
            assert evse.raw_wh >= newest
            newest = evse.raw_wh
    assert newest > 0


def test_whether_an_agent_has_it_open_is_seen_without_a_trace(path: Path) -> None:
    with busy_agent(path):
        assert journal_reader.in_use(path)
    for part in path.parent.glob("*-wal"):
        part.unlink()
    assert not journal_reader.in_use(path)
    assert list(path.parent.iterdir()) == [path]


def test_after_a_power_cut_what_only_the_log_holds_is_read(path: Path) -> None:
    with busy_agent(path) as agent:
        agent.kill()
    assert path.with_name(f"{path.name}-wal").exists()
    contents = journal_reader.read(path)
    assert contents.sessions[-1].session_id == f"S{contents.evses[0].raw_wh}"


def test_reading_changes_nothing(path: Path) -> None:
    journal = Journal.open(path)
    journal.write(SessionRecord("S1", 1, Phase.ACTIVE), EvseRecord(1))
    journal.close()
    before = {each.name: each.read_bytes() for each in path.parent.iterdir()}
    journal_reader.read(path)
    assert {each.name: each.read_bytes() for each in path.parent.iterdir()} == before


def test_a_damaged_journal_and_none_are_told_apart(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        journal_reader.read(path)
    path.write_bytes(b"this is not a database" * 1000)
    with pytest.raises(UnreadableError):
        journal_reader.read(path)
