from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from contract.events import SessionEvent
from contract.vocabulary import AckReason, AckStatus, EndMethod, EndReason, EventType
from device_agent import journal as journal_module
from device_agent import journal_schema
from device_agent.journal import KEPT, PRUNE_SLACK, Journal
from device_agent.records import EvseRecord, IntentRecord, Phase, QueuedEvent, SessionRecord
from device_agent.thinning import METERS_WAITING
from tests.support.charger_bench import NOON, SESSION, ulid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STOP = IntentRecord(
    ulid(1), 1, "stop", SESSION, {"id": ulid(1), "new": [1]}, AckStatus.EXECUTING, AckReason.NONE, int(NOON)
)
ACTIVE = SessionRecord(SESSION, 1, Phase.ACTIVE, "tx-1", int(NOON), 100, 150, 3)


def event(seq: int, kind: EventType = EventType.METER, session_id: str = SESSION) -> QueuedEvent:
    ended = kind is EventType.ENDED
    return QueuedEvent(
        1,
        SessionEvent(
            session_id=session_id,
            seq=seq,
            type=kind,
            at=int(NOON) + seq,
            meter_wh=seq,
            transaction_id="tx-1",
            reason=EndReason.REMOTE if ended else None,
            method=EndMethod.REPORTED if ended else None,
        ),
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite3"


@pytest.fixture
def journal(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Journal]:
    monkeypatch.setattr(journal_schema, "SYNCHRONOUS", "OFF")
    journal = Journal.open(path)
    yield journal
    journal.close()


def reopened(journal: Journal, path: Path) -> Journal:
    journal.close()
    return Journal.open(path)


def test_everything_written_is_there_again_after_a_restart(journal: Journal, path: Path) -> None:
    ended = replace(ACTIVE, phase=Phase.ENDED, ended_at=int(NOON), end_reason=EndReason.REMOTE, newest_keep=ulid(3))
    evse = EvseRecord(1, 40, 110, finishing=True, last_session=SESSION, last_intent=STOP.id)
    journal.write(STOP, ended, evse, event(0, EventType.STARTED), event(1, EventType.ENDED))
    again = reopened(journal, path)
    assert again.intent(1, STOP.id) == STOP
    assert again.session(1, SESSION) == ended
    assert again.evse(1) == evse
    assert [each.number for each in again.waiting(9)] == [1, 2]
    again.close()


def test_a_write_happens_whole_or_not_at_all(journal: Journal, path: Path) -> None:
    with pytest.raises(sqlite3.Error):
        journal.write(STOP, ACTIVE, replace(STOP, id=None))  # type: ignore[arg-type]  # what a defect would do
    assert journal.intent(1, STOP.id) is None
    again = reopened(journal, path)
    assert again.intent(1, STOP.id) is None
    assert again.current(1) is None
    again.close()


def test_a_write_is_done_though_what_is_old_cannot_be_forgotten_yet(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "KEPT", 1)
    monkeypatch.setattr(journal_module, "PRUNE_SLACK", 0)
    journal._store.db.execute(
        "CREATE TEMP TRIGGER keeper BEFORE DELETE ON intents BEGIN SELECT RAISE(ABORT, 'it stays'); END"
    )
    old, new = replace(STOP, status=AckStatus.DONE), replace(STOP, id=ulid(2))
    journal.write(old)
    journal.write(new)
    assert journal.intents(1) == [old, new]
    journal._store.db.execute("DROP TRIGGER keeper")
    journal.write(new)
    assert journal.intents(1) == [new]


def test_a_commit_that_fails_leaves_nothing_behind_and_the_next_write_succeeds(journal: Journal, path: Path) -> None:
    for statement in (
        "PRAGMA foreign_keys = ON",
        "CREATE TEMP TABLE parents (id INTEGER PRIMARY KEY)",
        "CREATE TEMP TABLE children (parent INTEGER REFERENCES parents DEFERRABLE INITIALLY DEFERRED)",
        "CREATE TEMP TRIGGER spoiler AFTER INSERT ON intents BEGIN INSERT INTO children VALUES (7); END",
    ):
        journal._store.db.execute(statement)
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        journal.write(STOP)
    journal._store.db.execute("DROP TRIGGER spoiler")
    journal.write(ACTIVE)
    again = reopened(journal, path)
    assert again.intent(1, STOP.id) is None
    assert again.current(1) == ACTIVE
    again.close()


def test_the_session_and_the_intent_under_way_are_known_after_a_restart(journal: Journal, path: Path) -> None:
    journal.write(STOP, ACTIVE)
    again = reopened(journal, path)
    assert again.current(1) == ACTIVE
    assert again.current(2) is None
    assert again.unfinished(1) == STOP
    again.write(replace(STOP, status=AckStatus.DONE), replace(ACTIVE, phase=Phase.ENDED))
    assert again.current(1) is None
    assert again.unfinished(1) is None
    again.close()


@pytest.mark.parametrize(
    "damage", [b"this is no database at all, whatever its name says", b"SQLite format 3\x00" * 300]
)
def test_a_damaged_file_is_set_aside_and_a_fresh_one_begun(
    path: Path, damage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path.write_bytes(damage)
    journal = Journal.open(path)
    journal.write(STOP)
    assert path.with_name(f"{path.name}.unreadable-1").read_bytes() == damage
    assert "journal set aside" in caplog.text
    journal.close()


def test_a_file_damaged_in_the_middle_is_set_aside(journal: Journal, path: Path) -> None:
    journal.write(*(replace(STOP, id=ulid(n)) for n in range(200)))
    journal.close()
    content = bytearray(path.read_bytes())
    content[8192:20480] = b"\xaa" * (20480 - 8192)
    path.write_bytes(content)
    fresh = Journal.open(path)
    assert fresh.intent(1, ulid(1)) is None
    assert list(path.parent.glob("*.unreadable-*"))
    fresh.close()


def test_a_file_of_an_unknown_version_or_with_unknown_words_is_set_aside(journal: Journal, path: Path) -> None:
    journal.write(STOP)
    journal.close()
    for statement in ("UPDATE intents SET status = 'pondering'", "PRAGMA user_version = 99"):
        with sqlite3.connect(path, isolation_level=None) as db:
            db.execute(statement)
        db.close()
        fresh = Journal.open(path)
        assert fresh.intent(1, STOP.id) is None
        fresh.write(STOP)
        fresh.close()


def test_a_file_another_agent_has_open_is_not_damage(
    journal: Journal, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_schema, "LOCK_WAIT_S", 0.01)
    journal.write(STOP)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        Journal.open(path)
    assert not list(path.parent.glob("*.unreadable-*"))


def test_only_this_user_may_read_the_file(journal: Journal, path: Path) -> None:
    journal.write(STOP)
    assert path.stat().st_mode & 0o077 == 0


def test_events_leave_the_outbox_one_by_one_in_order(journal: Journal) -> None:
    journal.write(event(0), event(1), event(2))
    first, second = journal.waiting(2)
    assert [each.number for each in journal.waiting(9, after=second.number)] == [3]
    journal.sent(first.number)
    assert [each.number for each in journal.waiting(9)] == [2, 3]


def test_numbers_are_never_used_twice(journal: Journal) -> None:
    journal.write(event(0))
    journal.sent(journal.waiting(1)[0].number)
    journal.write(event(1))
    assert journal.waiting(1)[0].number == 2


def test_meter_events_that_cannot_be_sent_are_thinned_and_starts_and_ends_are_not(journal: Journal) -> None:
    journal.write(event(0, EventType.STARTED))
    for first in range(1, 3 * METERS_WAITING, 50):
        journal.write(*(event(seq) for seq in range(first, first + 50)))
    journal.write(event(4 * METERS_WAITING, EventType.ENDED))
    kinds = [b'"type":"meter"' in each.payload for each in journal.waiting(10_000)]
    assert METERS_WAITING / 2 - 1 <= sum(kinds) <= METERS_WAITING
    assert kinds[0] is kinds[-1] is False
    assert len(kinds) - sum(kinds) == 2


def test_finished_intents_and_sessions_are_forgotten_but_not_what_is_still_needed(
    journal: Journal, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "KEPT", 10)
    monkeypatch.setattr(journal_module, "PRUNE_SLACK", 2)
    shown, unsent = "01JD0000000000000000000901", "01JD0000000000000000000902"
    old = [replace(ACTIVE, session_id=each, phase=Phase.ENDED) for each in (shown, unsent)]
    running = replace(ACTIVE, session_id="01JD0000000000000000000903")
    journal.write(*old, running, EvseRecord(1, last_session=shown, last_intent=ulid(1)), STOP)
    journal.write(event(9, EventType.ENDED, unsent), replace(STOP, id=ulid(2), status=AckStatus.EXECUTING))
    for number in range(100, 160):
        session_id = f"01JD0000000000000000000{number}"
        done = replace(STOP, id=ulid(number), status=AckStatus.DONE)
        journal.write(done, replace(ACTIVE, session_id=session_id, phase=Phase.ENDED))
    again = reopened(journal, path)
    assert again.session(1, shown)
    assert again.session(1, unsent)
    assert again.current(1) == running
    assert again.intent(1, ulid(1))
    assert again.intent(1, ulid(2))
    assert again.intent(1, ulid(159))
    assert again.intent(1, ulid(100)) is None
    assert again.session(1, "01JD0000000000000000000100") is None
    again.close()


def test_the_bound_is_generous() -> None:
    assert KEPT >= 1000
    assert PRUNE_SLACK < KEPT
