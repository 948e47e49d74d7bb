"""A file that is damaged in use, or can no longer be read, is done without: what is remembered goes on."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from contract.vocabulary import AckStatus, EventType
from device_agent import journal_schema
from device_agent.journal import LOST, Journal
from device_agent.journal_store import FAILING, RETRY_S
from device_agent.records import CardRecord, EvseRecord
from tests.support.charger_bench import SESSION
from tests.unit.device_agent.test_journal import ACTIVE, STOP, event
from tests.unit.device_agent.test_journal_trouble import waiting

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


def spoil(journal: Journal, path: Path) -> None:
    """Bad flash: every page of the file but the first, and but the outbox's, reads as junk from now on."""
    db = journal._store.db
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    kept = {root for (root,) in db.execute("SELECT rootpage FROM sqlite_master WHERE name IN ('outbox', 'evses')")}
    size = db.execute("PRAGMA page_size").fetchone()[0]
    with path.open("r+b") as file:
        for page in range(2, path.stat().st_size // size + 1):
            if page not in kept:
                file.seek((page - 1) * size)
                file.write(b"\xa5" * size)
    db.execute("PRAGMA shrink_memory")


class DeadStorage:
    """A connection to a file whose storage answers neither reads nor writes any more."""

    in_transaction = False

    def execute(self, *_: object) -> None:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR
        raise error

    backup = execute

    def close(self) -> None:
        pass


def die(journal: Journal) -> None:
    """The storage is gone for good: the file cannot even be read."""
    store = journal._store
    store.db.close()
    store._file = store.db = DeadStorage()  # type: ignore[assignment]


def test_a_file_that_is_damaged_in_use_is_gone_without_and_begun_anew_with_all_that_is_remembered(
    journal: Journal, path: Path
) -> None:
    evse, card = EvseRecord(1, 40, 110, last_session=SESSION), CardRecord("card", accepted=True, group="g", until=5)
    journal.write(ACTIVE, STOP, evse, card, event(0, EventType.STARTED), event(1))
    assert [each.number for each in journal.waiting(9)] == [1, 2]
    spoil(journal, path)
    journal.write(replace(STOP, status=AckStatus.DONE), event(2, EventType.ENDED))
    assert journal.trouble == FAILING
    assert waiting(journal) == ["fact", "meter", "fact"]
    assert journal.waiting(9)[0].number > 2  # whoever waits for the acknowledgement of 1 or 2 means another event
    journal.tend(RETRY_S)
    assert journal.trouble == LOST
    journal.close()
    assert len(list(path.parent.glob("*.unreadable-1"))) == 1
    again = Journal.open(path)
    assert (again.current(1), again.evse(1), again.card("card")) == (ACTIVE, evse, card)
    assert again.intent(1, STOP.id) == replace(STOP, status=AckStatus.DONE)
    assert waiting(again) == ["fact", "meter", "fact"]
    again.close()


def test_an_outbox_that_is_found_damaged_when_it_is_read_costs_its_events_and_nothing_else(
    journal: Journal, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal.write(ACTIVE, *(event(seq) for seq in range(1, 200)))
    root = journal._store.read("SELECT rootpage FROM sqlite_master WHERE name = 'outbox'")[0][0]
    journal._store.read("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.seek((root - 1) * 4096)
        file.write(b"\xa5" * 4096)
    journal._store.read("PRAGMA shrink_memory")
    assert waiting(journal) == []
    assert caplog.records[-1].__dict__["events_kept"] == 0
    journal.write(event(200, EventType.ENDED))
    assert waiting(journal) == ["fact"]
    assert journal.current(1) == ACTIVE


def test_a_storage_that_cannot_even_be_read_any_more_is_gone_without(journal: Journal, path: Path) -> None:
    journal.write(ACTIVE, event(0, EventType.STARTED))
    die(journal)
    journal.write(STOP, event(1, EventType.ENDED))
    assert journal.trouble == FAILING
    assert (journal.current(1), journal.intent(1, STOP.id)) == (ACTIVE, STOP)
    assert waiting(journal) == ["fact"]
    journal.tend(RETRY_S)
    journal.close()
    again = Journal.open(path)
    assert (again.current(1), again.intent(1, STOP.id)) == (ACTIVE, STOP)
    again.close()
