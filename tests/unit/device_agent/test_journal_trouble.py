"""The journal's storage is full, fails, or is found damaged: nothing stops, nothing is lost, and it is said."""

from __future__ import annotations

import contextlib
import resource
import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from contract.vocabulary import AckStatus, EventType
from device_agent import journal_schema, journal_store
from device_agent.journal import LOST, LOST_SHOWN_S, Journal
from device_agent.journal_store import ASIDE_KEPT, FAILING, FULL, RETRY_S
from device_agent.records import Phase
from tests.unit.device_agent.test_journal import ACTIVE, STOP, event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(journal_schema, "SYNCHRONOUS", "OFF")
    return tmp_path / "journal.sqlite3"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    journal = Journal.open(path)
    yield journal
    journal.close()


@contextlib.contextmanager
def failing_disk() -> Iterator[None]:
    """No file of this process may be written: every write is an I/O error."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def fill_disk(journal: Journal) -> None:
    """The file may not grow by a single page any more, and its reserve is used up."""
    db = journal._store.db
    db.execute("CREATE TABLE others (content BLOB)")
    db.execute("PRAGMA max_page_count = 1")  # SQLite takes it as: no more than there are
    for size in (65_536, 4_096, 512):
        with contextlib.suppress(sqlite3.OperationalError):
            while True:
                db.execute("INSERT INTO others VALUES (zeroblob(?))", (size,))


def free_disk(journal: Journal) -> None:
    file = journal._store._file
    assert file is not None
    file.execute("PRAGMA max_page_count = 100000")


def waiting(journal: Journal) -> list[str]:
    return ["meter" if b'"meter"' in each.payload else "fact" for each in journal.waiting(10_000)]


def test_the_reserve_in_the_file_takes_many_events_when_the_disk_is_full(journal: Journal) -> None:
    journal._store.db.execute("PRAGMA max_page_count = 1")
    for number in range(1_000):
        journal.write(replace(ACTIVE, next_seq=number), event(number, EventType.STARTED))
    assert journal.trouble == ""


def test_on_a_full_disk_meter_samples_go_first_and_the_facts_stay_in_the_file(
    journal: Journal, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal.write(ACTIVE, event(0, EventType.STARTED), *(event(seq) for seq in range(1, 400)))
    fill_disk(journal)
    for seq in range(400, 500):
        journal.write(event(seq, EventType.STARTED))
    assert journal.trouble == FULL
    assert waiting(journal) == ["fact"] * 101
    assert [each.message for each in caplog.records].count("journal cannot be written") == 1
    assert "meter samples given up" in caplog.text
    journal.close()
    again = Journal.open(path)
    assert waiting(again) == ["fact"] * 101
    again.close()


def test_with_no_room_at_all_it_goes_on_in_memory_and_comes_back_with_everything(
    journal: Journal, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal.write(ACTIVE, event(0, EventType.STARTED))
    fill_disk(journal)
    huge = replace(STOP, raw={"id": "x" * 10_000})
    journal.write(huge, event(1, EventType.ENDED))
    assert "goes on in memory" in caplog.text
    journal.write(replace(huge, status=AckStatus.DONE), replace(ACTIVE, phase=Phase.ENDED))
    journal.sent(1)
    journal.tend(0.0)
    assert journal.trouble == FULL
    free_disk(journal)
    journal.tend(RETRY_S - 1)
    assert journal.trouble == FULL
    caplog.set_level("INFO")
    journal.tend(RETRY_S)
    assert journal.trouble == ""
    assert [each.message for each in caplog.records].count("journal is written to its file again") == 1
    journal.close()
    again = Journal.open(path)
    assert again.intent(1, STOP.id) == replace(huge, status=AckStatus.DONE)
    assert again.current(1) is None
    assert [each.number for each in again.waiting(9)] == [2]
    again.write(event(2))
    assert [each.number for each in again.waiting(9)] == [2, 3]
    again.close()


def test_a_disk_that_fails_is_gone_without_and_taken_up_again(journal: Journal, path: Path) -> None:
    journal.write(ACTIVE, event(0, EventType.STARTED), event(1))
    with failing_disk():
        journal.write(STOP, event(2, EventType.ENDED))
        journal.sent(1)
        journal.tend(0.0)
        assert journal.trouble == FAILING
        assert waiting(journal) == ["meter", "fact"]
    journal.tend(RETRY_S)
    assert journal.trouble == ""
    journal.close()
    again = Journal.open(path)
    assert again.intent(1, STOP.id) == STOP
    assert waiting(again) == ["meter", "fact"]
    again.close()


def test_what_is_only_in_memory_gets_a_last_chance_when_the_agent_ends(journal: Journal, path: Path) -> None:
    with failing_disk():
        journal.write(STOP)
    journal.close()
    again = Journal.open(path)
    assert again.intent(1, STOP.id) == STOP
    again.close()


def test_an_agent_that_begins_on_a_failing_disk_knows_what_it_knew(path: Path) -> None:
    first = Journal.open(path)
    first.write(ACTIVE, event(0, EventType.STARTED))
    first.close()
    with failing_disk():
        journal = Journal.open(path)
        assert journal.trouble == FAILING
        assert journal.current(1) == ACTIVE
        journal.write(replace(ACTIVE, next_seq=4), event(3))
    journal.tend(RETRY_S)
    journal.close()
    again = Journal.open(path)
    assert again.current(1) == replace(ACTIVE, next_seq=4)
    assert waiting(again) == ["fact", "meter"]
    again.close()


def test_an_agent_that_begins_where_no_file_can_be_made_works_and_makes_it_later(path: Path) -> None:
    with failing_disk():
        journal = Journal.open(path)
        journal.write(ACTIVE)
        assert journal.trouble == FAILING
    journal.tend(RETRY_S)
    assert journal.trouble == ""
    journal.close()
    again = Journal.open(path)
    assert again.current(1) == ACTIVE
    again.close()


def test_a_lost_journal_is_reported_for_an_hour(path: Path) -> None:
    path.write_bytes(b"this is no database")
    journal = Journal.open(path)
    journal.tend(5_000.0)
    assert journal.trouble == LOST
    journal.tend(5_000.0 + LOST_SHOWN_S)
    assert journal.trouble == ""
    journal.close()


def test_files_set_aside_cannot_fill_the_disk(path: Path) -> None:
    for damage in range(5):
        path.write_bytes(b"damage %d" % damage)
        Journal.open(path).close()
    kept = sorted(path.parent.glob("*.unreadable-*"))
    assert [each.read_bytes() for each in kept] == [b"damage 3", b"damage 4"]
    assert len(kept) == ASIDE_KEPT


def test_file_and_log_stay_bounded_through_years_of_sessions(
    journal: Journal, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("device_agent.journal.KEPT", 20)
    monkeypatch.setattr("device_agent.journal.PRUNE_SLACK", 5)
    sizes = []
    for number in range(300):
        session_id = f"01JD0000000000000000000{number:03d}"
        journal.write(replace(ACTIVE, session_id=session_id), event(0, EventType.STARTED, session_id))
        journal.write(*(event(seq, session_id=session_id) for seq in range(1, 20)))
        journal.write(replace(ACTIVE, session_id=session_id, phase=Phase.ENDED))
        for each in journal.waiting(100):
            journal.sent(each.number)
        sizes.append(path.stat().st_size)
    log = path.with_name(path.name + "-wal").stat().st_size
    assert sizes[-1] == sizes[0] < 2 * journal_store.RESERVE_BYTES
    assert log < 4 * journal_store.RESERVE_BYTES
