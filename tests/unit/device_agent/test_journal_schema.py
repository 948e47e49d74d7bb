"""A journal written by an earlier release is read by this one; one by a later release is set aside, and said so."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from contract.vocabulary import AckReason, AckStatus, EndReason
from device_agent.journal import LOST, Journal
from device_agent.journal_schema import SCHEMA_VERSION
from device_agent.records import CardRecord, EvseRecord, IntentRecord, Phase, SessionRecord
from tests.support.charger_bench import OTHER_SESSION, SESSION, ulid

if TYPE_CHECKING:
    from pathlib import Path

VERSION_1 = """
CREATE TABLE intents (
  id TEXT NOT NULL, evse_id INTEGER NOT NULL, act TEXT NOT NULL, session_id TEXT NOT NULL, raw TEXT NOT NULL,
  status TEXT NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL, expires_at INTEGER, UNIQUE (evse_id, id));
CREATE TABLE sessions (
  session_id TEXT NOT NULL, evse_id INTEGER NOT NULL, phase TEXT NOT NULL, transaction_id TEXT NOT NULL,
  started_at INTEGER NOT NULL, meter_start_wh INTEGER NOT NULL, meter_wh INTEGER NOT NULL, next_seq INTEGER NOT NULL,
  ended_at INTEGER, end_reason TEXT, newest_keep TEXT NOT NULL, UNIQUE (evse_id, session_id));
CREATE TABLE evses (
  evse_id INTEGER PRIMARY KEY, raw_wh INTEGER, offset_wh INTEGER NOT NULL, finishing INTEGER NOT NULL,
  last_session TEXT NOT NULL, last_intent TEXT NOT NULL);
CREATE TABLE outbox (
  number INTEGER PRIMARY KEY AUTOINCREMENT, evse_id INTEGER NOT NULL, session_id TEXT NOT NULL, type TEXT NOT NULL,
  payload BLOB NOT NULL);
PRAGMA user_version = 1;
"""
"""The tables as the first release made them. Never to be changed: such files are out there."""


def first_release(path: Path) -> None:
    """A file as the first release left it, with a session running, one over, and two events waiting."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(VERSION_1)
        intent = ulid(1), 1, "stop", SESSION, '{"id":"x"}', "executing", "", 1_795_348_800, None
        db.execute("INSERT INTO intents VALUES (?,?,?,?,?,?,?,?,?)", intent)
        over = OTHER_SESSION, 1, "ended", "tx-0", 1_795_340_000, 0, 90, 3, 1_795_341_000, "Remote", ""
        running = SESSION, 1, "active", "tx-1", 1_795_348_000, 100, 150, 3, None, None, ulid(9)
        for session in (over, running):
            db.execute("INSERT INTO sessions VALUES (?,?,?,?,?,?,?,?,?,?,?)", session)
        db.execute("INSERT INTO evses VALUES (1, 40, 110, 0, ?, ?)", (SESSION, ulid(1)))
        for _ in range(41):
            db.execute(
                "INSERT INTO outbox (evse_id, session_id, type, payload) VALUES (1, ?, 'meter', '{}')", (SESSION,)
            )
        db.execute("DELETE FROM outbox WHERE number < 40")
        db.commit()


def test_a_journal_of_the_first_release_is_taken_over_whole_and_numbering_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    first_release(path)
    for _ in range(2):  # and once it is of this release, it stays so
        journal = Journal.open(path)
        assert journal.trouble == ""
        assert journal.current(1) == SessionRecord(
            SESSION, 1, Phase.ACTIVE, "tx-1", 1_795_348_000, 100, 150, 3, newest_keep=ulid(9)
        )
        assert journal.session(1, OTHER_SESSION) == SessionRecord(
            OTHER_SESSION, 1, Phase.ENDED, "tx-0", 1_795_340_000, 0, 90, 3, 1_795_341_000, EndReason.REMOTE
        )
        assert journal.unfinished(1) == IntentRecord(
            ulid(1), 1, "stop", SESSION, {"id": "x"}, AckStatus.EXECUTING, AckReason.NONE, 1_795_348_800
        )
        assert journal.evse(1) == EvseRecord(1, 40, 110, last_session=SESSION, last_intent=ulid(1))
        assert [each.number for each in journal.waiting(9)] == [40, 41]
        journal.write(CardRecord("card", accepted=True, group="g", until=5))
        journal.close()
    again = Journal.open(path)
    assert again.card("card") == CardRecord("card", accepted=True, group="g", until=5)
    again.close()


def test_a_journal_of_a_later_release_is_set_aside_and_that_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    first_release(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    journal = Journal.open(path)
    assert journal.trouble == LOST
    assert journal.current(1) is None
    journal.close()
    assert len(list(tmp_path.glob("*.unreadable-1"))) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"CREATE TABLE intents", b"CREA\xd8E TABLE intents"), (b"payload BLOB", b"pbyload BLOB")],
    ids=["what SQLite says of it is no text", "a table that is only read when events are sent"],
)
def test_a_journal_whose_tables_are_described_in_damaged_words_is_set_aside(
    tmp_path: Path, old: bytes, new: bytes
) -> None:
    path = tmp_path / "journal.sqlite3"
    Journal.open(path).close()
    assert path.read_bytes().count(old) == 1
    path.write_bytes(path.read_bytes().replace(old, new))
    journal = Journal.open(path)
    assert journal.trouble == LOST
    assert journal.waiting(1) == []
    journal.close()
