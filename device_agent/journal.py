"""What must survive a power cut: intents, sessions, meters, and the outbox of session events, in one SQLite file.

Everything the reconciler reads is also held in memory, so that a decision costs no query. Every `write` is one
transaction on stable storage (WAL, synchronous=FULL): an intent before it is acted on; its ack, the session's end and
the `ended` event together after. A file that cannot be read is set aside under a new name and a fresh one begun: the
charger goes on, and somebody may look at the old one.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract.vocabulary import EventType
from device_agent import journal_schema
from device_agent.records import CardRecord, EvseRecord, IntentRecord, Memory, QueuedEvent, SessionRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from device_agent.drivers.base import Pace
    from device_agent.records import Pending

log = logging.getLogger(__name__)

KEPT = 1000
"""Finished intents and finished sessions that stay on record, each. At ten sessions a day that is three months, far
longer than any start can be re-delivered; together under 1 MB."""

PRUNE_SLACK = 100
"""How many more may gather before the oldest are deleted, so that it happens once in a hundred writes."""

METERS_WAITING = 500
"""Meter events that may wait in the outbox before they are thinned: four hours offline at one every 30 s, 150 KB."""

Row = IntentRecord | SessionRecord | EvseRecord | CardRecord | QueuedEvent


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One session event in the outbox, with its place in the order."""

    number: int
    evse_id: int
    payload: bytes


class Journal:
    """The agent's memory, on disk and mirrored. One process at a time may have it open."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._intents: dict[int, dict[str, IntentRecord]] = {}
        self._sessions: dict[int, dict[str, SessionRecord]] = {}
        self._evses: dict[int, EvseRecord] = {}
        self._occupied: dict[int, str] = {}
        self._cards: dict[str, CardRecord] = {}
        for row in journal_schema.load(db):
            self._mirror(row)
        self._meters_waiting = self._count("SELECT count(*) FROM outbox WHERE type = 'meter'")

    @classmethod
    def open(cls, path: Path, epoch_s: Callable[[], float]) -> Journal:
        """The journal at `path`, begun anew if there is none or if it cannot be read.

        Raises:
            sqlite3.OperationalError: another process has it open, or the place cannot be written.
        """
        try:
            return cls._open(path)
        except journal_schema.UnreadableError as error:
            aside = path.with_name(f"{path.name}.unreadable-{int(epoch_s())}")
            log.error("journal set aside", extra={"why": str(error), "aside": aside.name})  # noqa: TRY400  (handled)
            for suffix in ("", "-wal", "-shm"):
                part = path.with_name(path.name + suffix)
                if part.exists():
                    part.rename(aside.with_name(aside.name + suffix))
        return cls._open(path)

    @classmethod
    def _open(cls, path: Path) -> Journal:
        path.touch(mode=0o600)
        db = journal_schema.connect(path)
        try:
            return cls(db)
        except journal_schema.UnreadableError:
            db.close()
            raise

    def close(self) -> None:
        """Let go of the file; what was written is safe either way."""
        self._db.close()

    def evse(self, evse_id: int) -> EvseRecord:
        """What is on record about one EVSE itself."""
        return self._evses.get(evse_id) or EvseRecord(evse_id)

    def session(self, evse_id: int, session_id: str) -> SessionRecord | None:
        """One session of one EVSE, if it is on record."""
        return self._sessions.get(evse_id, {}).get(session_id)

    def current(self, evse_id: int) -> SessionRecord | None:
        """The session that occupies an EVSE."""
        occupied_by = self._occupied.get(evse_id)
        return None if occupied_by is None else self._sessions[evse_id][occupied_by]

    def intent(self, evse_id: int, intent_id: str) -> IntentRecord | None:
        """One intent of one EVSE, if it is on record."""
        return self._intents.get(evse_id, {}).get(intent_id)

    def intents(self, evse_id: int) -> list[IntentRecord]:
        """Every intent of one EVSE that is on record, oldest first."""
        return list(self._intents.get(evse_id, {}).values())

    def unfinished(self, evse_id: int) -> IntentRecord | None:
        """The intent that was taken on and has no final answer yet."""
        return next((i for i in reversed(self._intents.get(evse_id, {}).values()) if not i.status.final), None)

    def card(self, id_token_hash: str) -> CardRecord | None:
        """What was last said of a card."""
        return self._cards.get(id_token_hash)

    def memory(self, evse_id: int, pace: Pace, pending: Pending | None, release_tried_s: float | None) -> Memory:
        """Everything the reconciler may know of one EVSE's past."""
        return Memory(
            evse=self.evse(evse_id),
            pace=pace,
            intents=self._intents.get(evse_id, {}),
            sessions=self._sessions.get(evse_id, {}),
            current=self.current(evse_id),
            pending=pending,
            release_tried_s=release_tried_s,
        )

    def write(self, *rows: Row) -> None:
        """Put all of these on record, or none. Returns when they are on stable storage."""
        thin = False
        with _Transaction(self._db):
            for row in rows:
                journal_schema.save(self._db, row)
            meters = sum(isinstance(row, QueuedEvent) and row.event.type is EventType.METER for row in rows)
            if meters and self._meters_waiting + meters > METERS_WAITING:
                thin = True
                self._thin()
        for row in rows:
            self._mirror(row)
        self._meters_waiting += meters
        if thin:
            self._meters_waiting = self._count("SELECT count(*) FROM outbox WHERE type = 'meter'")
            log.warning("meter events thinned", extra={"left": self._meters_waiting})
        self._prune()

    def waiting(self, limit: int, after: int = 0) -> list[Outgoing]:
        """The oldest session events still to be sent, in order, from beyond the number `after`."""
        found = self._db.execute(
            "SELECT number, evse_id, payload FROM outbox WHERE number > ? ORDER BY number LIMIT ?", (after, limit)
        )
        return [Outgoing(*row) for row in found]

    def sent(self, number: int) -> None:
        """The broker has acknowledged this event: it leaves the outbox."""
        with _Transaction(self._db):
            gone = self._db.execute("DELETE FROM outbox WHERE number = ? RETURNING type", (number,)).fetchall()
        self._meters_waiting -= sum(kind == EventType.METER for (kind,) in gone)

    def _mirror(self, row: Row) -> None:
        if isinstance(row, IntentRecord):
            self._intents.setdefault(row.evse_id, {})[row.id] = row
        elif isinstance(row, SessionRecord):
            self._sessions.setdefault(row.evse_id, {})[row.session_id] = row
            if row.phase.occupies:
                self._occupied[row.evse_id] = row.session_id
            elif self._occupied.get(row.evse_id) == row.session_id:
                del self._occupied[row.evse_id]
        elif isinstance(row, EvseRecord):
            self._evses[row.evse_id] = row
        elif isinstance(row, CardRecord):
            self._cards[row.id_token_hash] = row

    def _thin(self) -> None:
        """Every second waiting meter value goes: the curve keeps its whole length at half the detail."""
        self._db.execute(
            "DELETE FROM outbox WHERE number IN (SELECT number FROM (SELECT number, row_number() OVER (ORDER BY number)"
            " AS place FROM outbox WHERE type = 'meter') WHERE place % 2 = 0)"
        )

    def _prune(self) -> None:
        """Forget the oldest finished intents and sessions that nothing waits for."""
        for evse_id, intents in self._intents.items():
            if len(intents) > KEPT + PRUNE_SLACK:
                last = self.evse(evse_id).last_intent
                old = list(intents.values())[:-KEPT]
                self._forget("intents", "id", evse_id, [i.id for i in old if i.status.final and i.id != last])
        for evse_id, sessions in self._sessions.items():
            if len(sessions) > KEPT + PRUNE_SLACK:
                unsent = {row[0] for row in self._db.execute("SELECT DISTINCT session_id FROM outbox")}
                needed = unsent | {self.evse(evse_id).last_session}
                gone = [s for s in list(sessions.values())[:-KEPT] if not s.phase.occupies]
                ids = [session.session_id for session in gone if session.session_id not in needed]
                self._forget("sessions", "session_id", evse_id, ids)

    def _forget(self, table: str, key: str, evse_id: int, ids: Sequence[str]) -> None:
        if not ids:
            return
        with _Transaction(self._db):
            self._db.executemany(
                f"DELETE FROM {table} WHERE evse_id = ? AND {key} = ?",  # noqa: S608  (both names are ours, above)
                [(evse_id, one) for one in ids],
            )
        mirror: dict[str, IntentRecord] | dict[str, SessionRecord]
        mirror = self._intents[evse_id] if table == "intents" else self._sessions[evse_id]
        for one in ids:
            del mirror[one]

    def _count(self, query: str) -> int:
        return int(self._db.execute(query).fetchone()[0])


class _Transaction:
    """All of it or none of it, even when the power goes in between."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._db.execute("COMMIT")
        finally:
            if self._db.in_transaction:  # SQLite may have rolled back by itself, as on a full disk
                with contextlib.suppress(sqlite3.Error):  # what went wrong first is what is to be known
                    self._db.execute("ROLLBACK")
