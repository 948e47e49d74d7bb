"""What operators need beyond drivers, in memory: see `functions.adapters.memory`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from functions.adapters.memory import Memory
from functions.adapters.positions import (
    LATEST_MS,
    due_position,
    owner_position,
    read_action_position,
    read_due_position,
    read_owner_position,
)
from functions.domain.audit import AuditEntry, AuditOutcome, AuditRecord
from functions.domain.errors import CallerError
from functions.domain.open_work import next_due, shard_of
from functions.domain.operator_ports import DeadLetter, QueueDepth
from functions.domain.ports import Page
from functions.domain.records import SessionRecord


@dataclass(frozen=True, slots=True)
class MemorySessionLists:
    """`functions.domain.operator_ports.SessionLists` in memory."""

    memory: Memory

    def of_charger(self, charger_id: str, *, limit: int, cursor: str | None) -> Page[SessionRecord]:
        """See `SessionLists.of_charger`."""
        before = read_owner_position(cursor, from_ms=0, to_ms=LATEST_MS) if cursor else None
        found = [
            session
            for session in self.memory.sessions.values()
            if session.charger_id == charger_id
            and (before is None or (session.created_at_ms, session.session_id) < before)
        ]
        found.sort(key=lambda session: (session.created_at_ms, session.session_id), reverse=True)
        return Page(
            found[:limit],
            owner_position(found[limit - 1].created_at_ms, found[limit - 1].session_id) if len(found) > limit else None,
        )

    def open(self, shard: str, *, limit: int, cursor: str | None) -> Page[SessionRecord]:
        """See `SessionLists.open`."""
        after = read_due_position(cursor) if cursor else None
        places = {
            (due.at_ms, session.session_id): session
            for session in self.memory.sessions.values()
            if shard_of(session.session_id) == shard and (due := next_due(session))
        }
        ordered = [place for place in sorted(places) if after is None or place > after]
        more = due_position(*ordered[limit - 1]) if len(ordered) > limit else None
        return Page([places[place] for place in ordered[:limit]], more)


@dataclass(slots=True)
class MemoryAudit:
    """`functions.domain.audit.Audit` in memory; can be made to fail."""

    records: dict[str, AuditRecord] = field(default_factory=dict)
    outcomes: dict[str, AuditOutcome] = field(default_factory=dict)
    failing_with: Exception | None = None

    def begin(self, record: AuditRecord) -> None:
        """See `Audit.begin`."""
        if self.failing_with is not None:
            raise self.failing_with
        self.records.setdefault(record.action_id, record)

    def finish(self, outcome: AuditOutcome) -> None:
        """See `Audit.finish`."""
        if self.failing_with is not None:
            raise self.failing_with
        self.outcomes.setdefault(outcome.action_id, outcome)

    def page(self, *, limit: int, cursor: str | None) -> Page[AuditEntry]:
        """See `Audit.page`."""
        before = read_action_position(cursor) if cursor else None
        ids = [it for it in sorted(self.records, reverse=True) if before is None or it < before]
        found = [AuditEntry(self.records[it], self.outcomes.get(it)) for it in ids[:limit]]
        return Page(found, ids[limit - 1] if len(ids) > limit else None)


@dataclass(slots=True)
class MemoryDeadLetterQueues:
    """`functions.domain.operator_ports.DeadLetterQueues` in memory: letters by queue, and where they go back to."""

    letters: dict[str, list[DeadLetter]]
    back_to: Mapping[str, list[str]]
    """Bodies that went back, by queue; a queue that is missing here has nowhere to send its letters."""

    def depths(self) -> list[QueueDepth]:
        """See `DeadLetterQueues.depths`."""
        return [self.depth(name) for name in sorted(self.letters)]

    def depth(self, name: str) -> QueueDepth:
        """See `DeadLetterQueues.depth`."""
        return QueueDepth(name=name, waiting=len(self._of(name)), in_hand=0, redrivable=name in self.back_to)

    def peek(self, name: str) -> list[DeadLetter]:
        """See `DeadLetterQueues.peek`."""
        return self._of(name)[:10]

    def redrive(self, name: str, *, limit: int) -> int:
        """See `DeadLetterQueues.redrive`."""
        letters = self._of(name)
        if name not in self.back_to:
            raise CallerError("not_redrivable", f"Nobody waits for the letters of {name} any more.")
        moved = letters[:limit]
        self.back_to[name].extend(letter.body for letter in moved)
        del letters[:limit]
        return len(moved)

    def _of(self, name: str) -> list[DeadLetter]:
        try:
            return self.letters[name]
        except KeyError:
            raise CallerError("queue_not_found", f"The queues are {', '.join(sorted(self.letters))}.") from None
