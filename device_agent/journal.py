"""What must survive a power cut: intents, sessions, meters, and the outbox of session events, in one SQLite file.

Everything the reconciler reads is also held in memory, so that a decision costs no query. Every `write` is one
transaction on stable storage (WAL, synchronous=FULL): an intent before it is acted on; its ack, the session's end and
the `ended` event together after. A file that cannot be read is set aside under a new name and a fresh one begun: the
charger goes on, and somebody may look at the old one. What happens while the disk is full: `journal_store`.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from contract.vocabulary import EventType
from device_agent import journal_schema
from device_agent.journal_store import Store, set_aside
from device_agent.records import CardRecord, EvseRecord, IntentRecord, Memory, QueuedEvent, SessionRecord
from device_agent.thinning import thin

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

LOST = "journal_lost"
"""The file could not be read and a fresh one was begun; as the reports have it."""

LOST_SHOWN_S = 3600.0
"""How long the reports say so: long enough for whoever collects alarms, and not for years."""

CARDS_KEPT = 1000
"""Cards remembered for when the cloud cannot be asked: more than a charger's regular drivers have. Under 0.2 MB."""

Row = IntentRecord | SessionRecord | EvseRecord | CardRecord | QueuedEvent


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One session event in the outbox, with its place in the order."""

    number: int
    evse_id: int
    payload: bytes


class Journal:
    """The agent's memory, on disk and mirrored. One process at a time may have it open."""

    def __init__(self, store: Store, *, lost: bool = False) -> None:
        self._store = store
        self._lost = lost
        self._lost_since_s: float | None = None
        self._intents: dict[int, dict[str, IntentRecord]] = {}
        self._sessions: dict[int, dict[str, SessionRecord]] = {}
        self._evses: dict[int, EvseRecord] = {}
        self._occupied: dict[int, str] = {}
        self._cards: dict[str, CardRecord] = {}
        self._newest_read = 0
        """The highest number in the outbox that anybody has heard of."""
        for row in journal_schema.load(store.db):
            self._mirror(row)
        store.refill = self._refill

    @classmethod
    def open(cls, path: Path) -> Journal:
        """The journal at `path`, begun anew if there is none or if it cannot be read.

        Raises:
            sqlite3.OperationalError: another process has it open, or the place cannot be used at all.
            OSError: the place cannot be used at all.
        """
        try:
            return cls._open(path, lost=False)
        except journal_schema.UnreadableError as error:
            log.error("journal set aside", extra={"why": str(error), "aside": set_aside(path)})  # noqa: TRY400  (handled)
        return cls._open(path, lost=True)

    @classmethod
    def _open(cls, path: Path, *, lost: bool) -> Journal:
        store = Store(path)
        try:
            return cls(store, lost=lost)
        except journal_schema.UnreadableError:
            store.close()
            raise

    def close(self) -> None:
        """Let go of the file; what was written is safe either way."""
        self._store.close()

    @property
    def trouble(self) -> str:
        """What is wrong with the journal, as the reports have it; empty if nothing is."""
        return self._store.trouble or (LOST if self._lost else "")

    def tend(self, now_s: float) -> None:
        """Get over troubles as far as they have passed. Units: monotonic seconds."""
        self._store.tend(now_s)
        if self._store.lost:
            self._store.lost, self._lost, self._lost_since_s = False, True, None
        if self._lost:
            self._lost_since_s = now_s if self._lost_since_s is None else self._lost_since_s
            self._lost = now_s - self._lost_since_s < LOST_SHOWN_S

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
        """Put all of these on record, or none. Returns when they are on stable storage, if there is any."""

        def work(db: sqlite3.Connection) -> None:
            for row in rows:
                journal_schema.save(db, row)
            if any(isinstance(row, QueuedEvent) and row.event.type is EventType.METER for row in rows):
                thin(db)

        self._store.transact(work)
        for row in rows:
            self._mirror(row)
        try:
            self._prune()
        except sqlite3.Error:  # what was to be written is: whoever wrote it goes on, and the next write prunes
            log.warning("journal not pruned", exc_info=True)

    def waiting(self, limit: int, after: int = 0) -> list[Outgoing]:
        """The oldest session events still to be sent, in order, from beyond the number `after`."""
        query = "SELECT number, evse_id, payload FROM outbox WHERE number > ? ORDER BY number LIMIT ?"
        found = [Outgoing(*row) for row in self._store.read(query, (after, limit))]
        self._newest_read = max([self._newest_read, *(each.number for each in found)])
        return found

    @property
    def outbox_depth(self) -> int:
        """How many session events wait to be sent."""
        return int(self._store.read("SELECT count(*) FROM outbox")[0][0])

    def sent(self, number: int) -> None:
        """The broker has acknowledged this event: it leaves the outbox."""
        self._store.transact(lambda db: db.execute("DELETE FROM outbox WHERE number = ?", (number,)))

    def newest_stamp(self) -> int:
        """The latest time on record, in epoch seconds; 0 if there is none."""
        stamps = [0]
        for session in (each for known in self._sessions.values() for each in known.values()):
            stamps += [session.started_at, session.told_at]
        stamps += [intent.at for known in self._intents.values() for intent in known.values()]
        return max(stamps)

    def restamp(self, corrected: Callable[[int], int]) -> int:
        """Put every stamp right, on record and in the outbox; how many records were wrong."""
        sessions = (each for known in self._sessions.values() for each in known.values())
        intents = (each for known in self._intents.values() for each in known.values())
        rows: list[SessionRecord | IntentRecord] = []
        rows += [right for each in sessions if (right := _restamped(each, corrected)) != each]
        rows += [replace(each, at=at) for each in intents if (at := corrected(each.at)) != each.at]
        events = []
        for number, payload in self._store.read("SELECT number, payload FROM outbox"):
            event = json.loads(payload)
            if (at := corrected(event["at"])) != event["at"]:
                events.append((json.dumps(event | {"at": at}, separators=(",", ":")).encode(), number))

        def work(db: sqlite3.Connection) -> None:
            for row in rows:
                journal_schema.save(db, row)
            db.executemany("UPDATE outbox SET payload = ? WHERE number = ?", events)

        if rows or events:
            self._store.transact(work)
        for row in rows:
            self._mirror(row)
        return len(rows) + len(events)

    def _refill(self, db: sqlite3.Connection, events: Sequence[QueuedEvent]) -> None:
        """Put all that is remembered into empty tables; no event gets a number that another one had."""
        db.execute("INSERT INTO sqlite_sequence VALUES ('outbox', ?)", (self._newest_read,))
        rows: list[Row] = [row for known in self._intents.values() for row in known.values()]
        rows += [row for known in self._sessions.values() for row in known.values()]
        for row in (*rows, *self._evses.values(), *self._cards.values(), *events):
            journal_schema.save(db, row)

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
            self._cards.pop(row.id_token_hash, None)  # so that the last answered is the last in order
            self._cards[row.id_token_hash] = row

    def _prune(self) -> None:
        """Forget the oldest finished intents and sessions that nothing waits for, and cards asked about longest ago."""
        if len(self._cards) > CARDS_KEPT + PRUNE_SLACK:
            cards = list(self._cards)[:-CARDS_KEPT]
            query = "DELETE FROM cards WHERE id_token_hash = ?"
            self._store.transact(lambda db: db.executemany(query, [(card,) for card in cards]))
            for card in cards:
                del self._cards[card]
        for evse_id, intents in self._intents.items():
            if len(intents) > KEPT + PRUNE_SLACK:
                last = self.evse(evse_id).last_intent
                old = list(intents.values())[:-KEPT]
                self._forget("intents", "id", evse_id, [i.id for i in old if i.status.final and i.id != last])
        for evse_id, sessions in self._sessions.items():
            if len(sessions) > KEPT + PRUNE_SLACK:
                unsent = {row[0] for row in self._store.read("SELECT DISTINCT session_id FROM outbox")}
                needed = unsent | {self.evse(evse_id).last_session}
                gone = [s for s in list(sessions.values())[:-KEPT] if not s.phase.occupies]
                ids = [session.session_id for session in gone if session.session_id not in needed]
                self._forget("sessions", "session_id", evse_id, ids)

    def _forget(self, table: str, key: str, evse_id: int, ids: Sequence[str]) -> None:
        if not ids:
            return
        query = f"DELETE FROM {table} WHERE evse_id = ? AND {key} = ?"  # noqa: S608  (both names are ours, above)
        self._store.transact(lambda db: db.executemany(query, [(evse_id, one) for one in ids]))
        mirror: dict[str, IntentRecord] | dict[str, SessionRecord]
        mirror = self._intents[evse_id] if table == "intents" else self._sessions[evse_id]
        for one in ids:
            del mirror[one]


def _restamped(session: SessionRecord, corrected: Callable[[int], int]) -> SessionRecord:
    """The session with its times put right; one that has not begun has none."""
    return replace(
        session,
        started_at=corrected(session.started_at) if session.started_at else 0,
        told_at=corrected(session.told_at) if session.told_at else 0,
        ended_at=None if session.ended_at is None else corrected(session.ended_at),
    )
