"""Where the journal's tables are: in their file, and while the storage takes nothing, in memory.

A charger whose disk is full must still stop its cars. So the file holds free pages in reserve; when even those are
used up, the meter samples that wait to be sent are given up first; and when that is not enough, or when the storage
fails, the tables go on in memory, whole, until the storage takes them back. Only a power cut in that time loses
anything, and the reports say so while it lasts. A file that turns out to be damaged, or can no longer be read, is done
without in the same way: the tables are filled anew, with what the journal remembers and the events that can be read.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import sqlite3
from typing import TYPE_CHECKING, Any, TypeVar

from device_agent import journal_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from device_agent.records import QueuedEvent

log = logging.getLogger(__name__)

FULL = "journal_full"
"""The disk has no room; as the reports have it."""

FAILING = "journal_failing"
"""The storage answers with errors, or takes no writes; as the reports have it."""

RESERVE_BYTES = 512 * 1024
"""Free pages kept in the file, and as much in its write-ahead log: some two thousand events. A disk that others have
filled is then no trouble for weeks of sessions."""

RESERVE_PIECE_BYTES = 32 * 1024
"""The reserve is made of pieces, so that making it takes no memory to speak of."""

RETRY_S = 60.0
"""How often the storage is tried again."""

ASIDE_KEPT = 2
"""Files set aside that are kept, the newest: enough to look into, too few to fill a disk."""

_SQLITE_TROUBLES = {
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_IOERR: FAILING,
    sqlite3.SQLITE_READONLY: FAILING,  # a file system that found errors in itself
    sqlite3.SQLITE_CORRUPT: FAILING,
    sqlite3.SQLITE_NOTADB: FAILING,
}
_SYSTEM_TROUBLES = {errno.ENOSPC: FULL, errno.EDQUOT: FULL, errno.EIO: FAILING, errno.EROFS: FAILING}

Result = TypeVar("Result")


class Store:
    """The journal's database. One process at a time may have the file open."""

    def __init__(self, path: Path) -> None:
        """Open the file at `path`, or go on without it while its storage is in trouble.

        Raises:
            UnreadableError: it is damaged, or of a version this release does not know.
            sqlite3.OperationalError: another process has it open, or the place cannot be used at all.
            OSError: the place cannot be used at all.
        """
        self._path = path
        self.trouble = ""
        """What the storage suffers from: `FULL`, `FAILING`, or empty."""
        self._tried_s = 0.0
        self._left_behind = False
        """Whether there may be a file whose content could not be read."""
        self.lost = False
        """Whether a file that was in use turned out to be unreadable: whoever takes note of it sets it back."""
        self.refill: Callable[[sqlite3.Connection, Sequence[QueuedEvent]], None] = lambda _db, _events: None
        """Fills new tables with what the journal remembers, and with these events."""
        self._file: sqlite3.Connection | None = None
        try:
            self._file = self.db = journal_schema.connect(path)
            self._reserve()
        except (OSError, sqlite3.OperationalError) as error:
            if _trouble(error) is None:
                raise
            self._complain(error)
            if self._file is None:
                self.db = self._without_file()

    def close(self) -> None:
        """Let go of the file; what is only in memory gets a last chance."""
        if self.trouble:
            self._recover()
        self.db.close()
        if self._file is not None:
            self._file.close()

    def transact(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Do this whole or not at all; when it returns, it is on stable storage, or in memory if there is none."""
        try:
            return self._once(work)
        except sqlite3.DatabaseError as error:
            self._bear(error)
        if self.trouble is FULL:
            with contextlib.suppress(sqlite3.DatabaseError):
                gone = self._once(_give_up_samples)
                log.warning("meter samples given up for want of room", extra={"samples": gone})
                return self._once(work)
            self._into_memory()
        return self._once(work)

    def read(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        """What the tables answer to this."""
        try:
            return self.db.execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            self._bear(error)
        return self.db.execute(query, values).fetchall()

    def tend(self, now_s: float) -> None:
        """Once a minute of trouble, see whether the storage is well again. Units: monotonic seconds."""
        if self.trouble and now_s - self._tried_s >= RETRY_S:
            self._tried_s = now_s
            self._recover()

    def _once(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        with _transaction(self.db):
            return work(self.db)

    def _complain(self, error: OSError | sqlite3.Error) -> None:
        trouble = _trouble(error) or FAILING
        if trouble != self.trouble:
            log.error("journal cannot be written", extra={"why": str(error), "trouble": trouble})
        self.trouble = trouble

    def _bear(self, error: sqlite3.DatabaseError) -> None:
        """Bring the tables to where they can be used. A full disk is left to the caller: there may be room to make.

        Raises:
            sqlite3.DatabaseError: this one, which is about something else.
        """
        damaged = _code(error) in journal_schema.NOT_OURS
        if _trouble(error) is None or (self.db is not self._file and not damaged):
            raise error
        self._complain(error)
        if damaged:
            self._rebuild()
        elif self.trouble is not FULL:
            self._into_memory()

    def _into_memory(self) -> None:
        if self._file is None:
            return
        memory = _memory()
        try:
            self._file.backup(memory)
        except sqlite3.Error:  # it cannot be read either
            memory.close()
            self._rebuild()
        else:
            self.db = memory
            log.error("journal goes on in memory: a power cut would lose what comes")

    def _rebuild(self) -> None:
        """Go on in memory with what is remembered, and leave the file as it is: it will be set aside."""
        events = journal_schema.readable_events(self.db)
        memory = _memory()
        journal_schema.prepare(memory)
        with _transaction(memory):
            self.refill(memory, events)
        with contextlib.suppress(sqlite3.Error):
            self.db.close()
            if self._file is not None:
                self._file.close()
        self.db, self._file = memory, None
        self._left_behind = self.lost = True
        log.error("journal goes on in memory with what is remembered", extra={"events_kept": len(events)})

    def _without_file(self) -> sqlite3.Connection:
        """What can be read of the file, in memory; else an empty journal, and the file stays as it is."""
        memory = _memory()
        if self._path.exists():
            try:
                with contextlib.closing(sqlite3.connect(self._path)) as file:
                    file.backup(memory)
            except sqlite3.Error as error:
                log.error("journal cannot be read", extra={"why": str(error)})  # noqa: TRY400  (handled)
                self._left_behind = True
                memory = _memory()
        journal_schema.prepare(memory)
        return memory

    def _recover(self) -> None:
        try:
            if self.db is not self._file:
                self._back_into_file()
            self._reserve()
        except (OSError, sqlite3.Error, journal_schema.UnreadableError):
            return
        self.trouble = ""
        log.info("journal is written to its file again")

    def _back_into_file(self) -> None:
        try:
            if self._file is None:
                if self._left_behind:
                    set_aside(self._path)
                self._left_behind = False
                self._file = journal_schema.connect(self._path)
            self.db.backup(self._file)
        except sqlite3.Error as error:
            if _trouble(error) is not FULL and self._file is not None:
                self._file.close()  # the next attempt opens it anew
                self._file = None
            raise
        self.db.close()
        self.db = self._file

    def _reserve(self) -> None:
        """Have the file and its log grow to where they can take `RESERVE_BYTES` without asking the disk for more."""
        with _transaction(self.db):
            self.db.execute("CREATE TABLE IF NOT EXISTS reserve (room BLOB)")
            for _ in range(RESERVE_BYTES // RESERVE_PIECE_BYTES):
                self.db.execute("INSERT INTO reserve VALUES (zeroblob(?))", (RESERVE_PIECE_BYTES,))
        self.db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        with _transaction(self.db):
            self.db.execute("DROP TABLE reserve")


def set_aside(path: Path) -> str:
    """Give a file that cannot be used another name, and delete all but the newest of those; the new name."""
    kept = sorted(path.parent.glob(f"{path.name}.unreadable-*[0-9]"), key=_number_of)
    number = _number_of(kept[-1]) + 1 if kept else 1
    for old in kept[: max(0, len(kept) - ASIDE_KEPT + 1)]:
        for suffix in ("", "-wal", "-shm"):
            old.with_name(old.name + suffix).unlink(missing_ok=True)
    aside = path.with_name(f"{path.name}.unreadable-{number}")
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    return aside.name


def _number_of(aside: Path) -> int:
    return int(aside.name.rpartition("-")[2])


def _trouble(error: OSError | sqlite3.Error) -> str | None:
    """What this error says of the storage; None if it is about something else."""
    if isinstance(error, OSError):
        return _SYSTEM_TROUBLES.get(error.errno or 0)
    return _SQLITE_TROUBLES.get(_code(error))


def _code(error: sqlite3.Error) -> int:
    """SQLite's own number for it; 0 if it is not from SQLite."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _memory() -> sqlite3.Connection:
    return sqlite3.connect(":memory:", isolation_level=None)


def _give_up_samples(db: sqlite3.Connection) -> int:
    return db.execute("DELETE FROM outbox WHERE type = 'meter'").rowcount


@contextlib.contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All of it or none of it, even when the power goes in between."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    finally:
        if db.in_transaction:  # SQLite may have rolled back by itself, as on a full disk
            with contextlib.suppress(sqlite3.Error):  # what went wrong first is what is to be known
                db.execute("ROLLBACK")
