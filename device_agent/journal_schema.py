"""The journal's tables, and how records become rows. The version is in the file's `user_version`."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from typing import TYPE_CHECKING

from contract.events import SessionEvent
from contract.vocabulary import AckReason, AckStatus, EndReason
from device_agent.records import CardRecord, EvseRecord, IntentRecord, Phase, QueuedEvent, SessionRecord

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMA_VERSION = 3

SYNCHRONOUS = "FULL"
"""Every commit waits for the storage: what the journal says has happened has happened, whenever the power goes."""

LOCK_WAIT_S = 5.0
"""An agent that is being replaced may take this long to let go of the file."""

CHECKPOINT_PAGES = 256
"""The write-ahead log goes into the file after 1 MB of it: some hundred transactions."""

WAL_MAX_BYTES = 2 << 20
"""A log that one large transaction has blown up is cut back to this."""

CACHE_KIB = 128
"""SQLite's own memory of the file. What is read often is mirrored in ours (`journal.Journal`)."""

_TABLES = """
BEGIN IMMEDIATE;
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
COMMIT;
"""

_MIGRATIONS = (
    """
BEGIN IMMEDIATE;
ALTER TABLE sessions ADD COLUMN mark TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN id_token_hash TEXT NOT NULL DEFAULT '';
CREATE TABLE cards (
  id_token_hash TEXT PRIMARY KEY, accepted INTEGER NOT NULL, person TEXT NOT NULL, until INTEGER NOT NULL);
PRAGMA user_version = 2;
COMMIT;
""",
    """
BEGIN IMMEDIATE;
ALTER TABLE sessions ADD COLUMN told_at INTEGER NOT NULL DEFAULT 0;
PRAGMA user_version = 3;
COMMIT;
""",
)
"""What leads from each version to the next; the first one leads from 1 to 2."""

NOT_OURS = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
"""What SQLite says of a damaged file. A locked file or a full disk is not damage."""


class UnreadableError(Exception):
    """The file is damaged, or of a version this release does not know."""


def connect(path: Path) -> sqlite3.Connection:
    """The open file, with its tables there and sound.

    Raises:
        UnreadableError: it is damaged, or of another version.
        sqlite3.OperationalError: another process has it open, or the place cannot be written.
        OSError: the place cannot be used at all.
    """
    path.touch(mode=0o600)
    db = sqlite3.connect(path, timeout=LOCK_WAIT_S, isolation_level=None)
    try:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")  # two agents on one journal would both act
        db.execute("PRAGMA journal_mode = WAL")
        db.execute(f"PRAGMA synchronous = {SYNCHRONOUS}")
        db.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        db.execute(f"PRAGMA cache_size = {-CACHE_KIB}")
        db.execute(f"PRAGMA journal_size_limit = {WAL_MAX_BYTES}")
        prepare(db)
    except UnreadableError:
        db.close()
        raise
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # SQLite's text about it may quote what is damaged
        db.close()
        if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF in NOT_OURS:
            raise UnreadableError(str(error)) from error
        raise
    return db


def prepare(db: sqlite3.Connection) -> None:
    """Bring the tables to this release's version, and see that they are sound.

    Raises:
        UnreadableError: they are damaged, or of a newer version.
    """
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise UnreadableError(f"schema version {version}, not {SCHEMA_VERSION}")
    if version == 0:
        db.executescript(_TABLES)
    for migration in _MIGRATIONS[max(version, 1) - 1 :]:
        db.executescript(migration)
    (sound,) = db.execute("PRAGMA quick_check(1)").fetchone()
    if sound != "ok":
        raise UnreadableError(sound)


Record = IntentRecord | SessionRecord | EvseRecord | CardRecord


def load(db: sqlite3.Connection) -> Iterator[Record]:
    """Every record of the file, oldest first.

    Raises:
        UnreadableError: a row is not what this release writes.
    """
    try:
        for intent_id, evse_id, act, session_id, raw, status, reason, at, expires_at in db.execute(
            "SELECT id, evse_id, act, session_id, raw, status, reason, at, expires_at FROM intents ORDER BY rowid"
        ):
            ack = AckStatus(status), AckReason(reason)
            yield IntentRecord(intent_id, evse_id, act, session_id, json.loads(raw), *ack, at, expires_at)
        for row in db.execute(
            "SELECT session_id, evse_id, phase, transaction_id, started_at, meter_start_wh, meter_wh, next_seq,"
            " ended_at, end_reason, newest_keep, mark, id_token_hash, told_at FROM sessions ORDER BY rowid"
        ):
            values = list(row)
            values[2], values[9] = Phase(row[2]), EndReason(row[9]) if row[9] else None
            yield SessionRecord(*values)
        for evse_id, raw_wh, offset_wh, finishing, last_session, last_intent in db.execute(
            "SELECT evse_id, raw_wh, offset_wh, finishing, last_session, last_intent FROM evses"
        ):
            yield EvseRecord(evse_id, raw_wh, offset_wh, bool(finishing), last_session, last_intent)
        for id_token_hash, accepted, group, until in db.execute(
            "SELECT id_token_hash, accepted, person, until FROM cards ORDER BY rowid"
        ):
            yield CardRecord(id_token_hash, bool(accepted), group, until)
        db.execute("SELECT number, evse_id, session_id, type, payload FROM outbox LIMIT 1").fetchall()
    except (ValueError, sqlite3.DatabaseError) as error:
        raise UnreadableError(str(error)) from error


def readable_events(db: sqlite3.Connection) -> list[QueuedEvent]:
    """The events that wait to be sent, up to the first one that a damaged file no longer gives."""
    events = []
    with contextlib.suppress(sqlite3.Error, ValueError, TypeError):
        for evse_id, payload in db.execute("SELECT evse_id, payload FROM outbox ORDER BY number"):
            events.append(QueuedEvent(int(evse_id), SessionEvent.model_validate_json(payload)))
    return events


def save(db: sqlite3.Connection, row: Record | QueuedEvent) -> None:
    """Put one record into its table; a newer form of the same record replaces the older in its place."""
    if isinstance(row, IntentRecord):
        raw = json.dumps(row.raw)
        values = (row.id, row.evse_id, row.act, row.session_id, raw, row.status, row.reason, row.at, row.expires_at)
        db.execute(
            "INSERT INTO intents VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET session_id = excluded.session_id,"
            " raw = excluded.raw, status = excluded.status, reason = excluded.reason, at = excluded.at",
            values,
        )
    elif isinstance(row, SessionRecord):
        db.execute(
            "INSERT INTO sessions VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET"
            " phase = excluded.phase, transaction_id = excluded.transaction_id, started_at = excluded.started_at,"
            " meter_start_wh = excluded.meter_start_wh, meter_wh = excluded.meter_wh, next_seq = excluded.next_seq,"
            " ended_at = excluded.ended_at, end_reason = excluded.end_reason, newest_keep = excluded.newest_keep,"
            " mark = excluded.mark, id_token_hash = excluded.id_token_hash, told_at = excluded.told_at",
            (
                row.session_id,
                row.evse_id,
                row.phase,
                row.transaction_id,
                row.started_at,
                row.meter_start_wh,
                row.meter_wh,
                row.next_seq,
                row.ended_at,
                row.end_reason,
                row.newest_keep,
                row.mark,
                row.id_token_hash,
                row.told_at,
            ),
        )
    elif isinstance(row, EvseRecord):
        db.execute(
            "INSERT OR REPLACE INTO evses VALUES (?,?,?,?,?,?)",
            (row.evse_id, row.raw_wh, row.offset_wh, row.finishing, row.last_session, row.last_intent),
        )
    elif isinstance(row, CardRecord):
        db.execute(
            "INSERT OR REPLACE INTO cards VALUES (?,?,?,?)", (row.id_token_hash, row.accepted, row.group, row.until)
        )
    else:
        payload = json.dumps(row.event.to_wire(), separators=(",", ":")).encode()
        db.execute(
            "INSERT INTO outbox (evse_id, session_id, type, payload) VALUES (?,?,?,?)",
            (row.evse_id, row.event.session_id, row.event.type, payload),
        )
