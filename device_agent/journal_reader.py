"""A look into the journal from outside, also while the agent runs.

The agent holds its file locked (two agents on one would both act), so nobody else can open it. What can be done is to
copy the file and its write-ahead log and open the copy. That is sound as long as the log is the same one throughout:
whatever is copied while it changes is in the log as well, and a log's half-written end fails its checksums. The log's
head carries salts that change when it is begun anew; a copy during which they changed is made again.
"""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from device_agent import journal_schema
from device_agent.journal_schema import UnreadableError
from device_agent.records import CardRecord, EvseRecord, IntentRecord, SessionRecord

WAL_HEAD_BYTES = 32
"""Of the log's head; its salts are in it (https://www.sqlite.org/fileformat2.html#walformat)."""

LOCKED_FROM, LOCK_BYTES = 0x40000002, 510
"""What SQLite locks of a file while it is open for writing (https://www.sqlite.org/fileformat2.html#the_lock_byte_page;
`SHARED_FIRST` in its source)."""

COPIES_AT_MOST = 10
"""The log is begun anew at most every hundred transactions; to miss twice in a row is already bad luck."""


@dataclass(frozen=True)
class Contents:
    """What a journal holds."""

    intents: list[IntentRecord]
    sessions: list[SessionRecord]
    evses: list[EvseRecord]
    cards: list[CardRecord]
    outbox: list[tuple[int, int, str, str]]
    """Number, EVSE, session and type of each event that waits, oldest first."""


def in_use(path: Path) -> bool:
    """Whether an agent has the journal open.

    Asks by a lock held for an instant; to open it as a database would leave files behind.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB, LOCK_BYTES, LOCKED_FROM)
        except BlockingIOError:
            return True
    return False


def read(path: Path) -> Contents:
    """What the journal at `path` holds at this moment.

    Raises:
        OSError: it cannot be read or copied.
        UnreadableError: it is damaged, or of another version.
    """
    with tempfile.TemporaryDirectory(prefix="charger-agent-") as folder:
        copy = Path(folder) / path.name
        _copy(path, copy)
        with contextlib.closing(journal_schema.connect(copy)) as db:
            records = list(journal_schema.load(db))
            waiting = db.execute("SELECT number, evse_id, session_id, type FROM outbox ORDER BY number").fetchall()
    return Contents(
        intents=[each for each in records if isinstance(each, IntentRecord)],
        sessions=[each for each in records if isinstance(each, SessionRecord)],
        evses=[each for each in records if isinstance(each, EvseRecord)],
        cards=[each for each in records if isinstance(each, CardRecord)],
        outbox=waiting,
    )


def _copy(path: Path, copy: Path) -> None:
    log, log_copy = (each.with_name(f"{each.name}-wal") for each in (path, copy))
    for _ in range(COPIES_AT_MOST):
        before = _head(log)
        shutil.copyfile(path, copy)
        with contextlib.suppress(FileNotFoundError):  # an agent that ended has put all of it into the file
            shutil.copyfile(log, log_copy)
        if before == _head(log) == _head(log_copy):
            return
        log_copy.unlink(missing_ok=True)
    raise UnreadableError("it changes faster than it can be copied")


def _head(log: Path) -> bytes:
    try:
        with log.open("rb") as file:
            return file.read(WAL_HEAD_BYTES)
    except FileNotFoundError:
        return b""
