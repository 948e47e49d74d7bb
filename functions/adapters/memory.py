"""The domain's ports in memory: for unit tests, for simulation, and as the readable statement of what the ports mean.

The same contract suites run on these and on the AWS adapters (tests/contract). Writes are atomic under threads.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass, field, replace

from contract.authorisation import AuthorisationAnswer
from contract.intents import Intent
from functions.adapters.positions import (
    LATEST_MS,
    charger_position,
    meter_position,
    owner_position,
    read_charger_position,
    read_meter_position,
    read_owner_position,
)
from functions.domain.accounts import AccountRecord
from functions.domain.open_work import next_due, shard_of
from functions.domain.ports import Creation, Page, StopWrite
from functions.domain.records import (
    CardRecord,
    Charger,
    ChargerRecord,
    EvseRecord,
    IntentRecord,
    MeterSample,
    SessionRecord,
)
from functions.domain.stopping import Verdict, verdict, with_stop


@dataclass(slots=True)
class Memory:
    """The content of the tables, and the lock that makes a write one step."""

    sessions: dict[str, SessionRecord] = field(default_factory=dict)
    postponed: dict[str, int] = field(default_factory=dict)
    samples: dict[str, dict[str, MeterSample]] = field(default_factory=lambda: defaultdict(dict))
    chargers: dict[str, ChargerRecord] = field(default_factory=dict)
    evses: dict[tuple[str, int], EvseRecord] = field(default_factory=dict)
    cards: dict[str, CardRecord] = field(default_factory=dict)
    accounts: dict[str, AccountRecord] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    writes: int = 0


@dataclass(frozen=True, slots=True)
class MemorySessions:
    """`functions.domain.ports.Sessions` in memory."""

    memory: Memory

    def get(self, session_id: str) -> SessionRecord | None:
        """See `Sessions.get`."""
        return self.memory.sessions.get(session_id)

    def request_stop(
        self, session_id: str, *, owner: str, holder: str = "", stop: IntentRecord, resend_before_ms: int
    ) -> StopWrite:
        """See `Sessions.request_stop`."""
        with self.memory.lock:
            session = self.memory.sessions.get(session_id)
            said = verdict(session, owner=owner, holder=holder, resend_before_ms=resend_before_ms)
            if session is None or said is not Verdict.SEND:
                return StopWrite(applied=False, session=session)
            stopped = replace(with_stop(session, stop), revision=session.revision + 1)
            self.memory.sessions[session_id] = stopped
            self.memory.postponed.pop(session_id, None)
            self.memory.writes += 1
            return StopWrite(applied=True, session=stopped)

    def replace(self, old: SessionRecord, new: SessionRecord) -> bool:
        """See `Sessions.replace`."""
        with self.memory.lock:
            if (now := self.memory.sessions.get(old.session_id)) is None or now.revision != old.revision:
                return False
            self.memory.sessions[old.session_id] = replace(new, revision=old.revision + 1)
            self.memory.postponed.pop(old.session_id, None)
            self.memory.writes += 1
            return True

    def create(self, session: SessionRecord, *, evse_before: EvseRecord, evse_after: EvseRecord) -> Creation:
        """See `Sessions.create`."""
        with self.memory.lock:
            if session.session_id in self.memory.sessions:
                return Creation.SESSION_EXISTS
            key = (evse_before.charger_id, evse_before.evse_id)
            now = self.memory.evses.get(key)
            if now is None or now.revision != evse_before.revision:
                return Creation.EVSE_CHANGED
            self.memory.sessions[session.session_id] = replace(session, revision=1)
            self.memory.evses[key] = replace(evse_after, revision=evse_before.revision + 1)
            self.memory.writes += 1
            return Creation.CREATED

    def add(self, session: SessionRecord) -> bool:
        """See `Sessions.add`."""
        with self.memory.lock:
            if session.session_id in self.memory.sessions:
                return False
            self.memory.sessions[session.session_id] = replace(session, revision=1)
            self.memory.writes += 1
            return True

    def of_owner(
        self, owner: str, *, from_ms: int | None, to_ms: int | None, limit: int, cursor: str | None
    ) -> Page[SessionRecord]:
        """See `Sessions.of_owner`."""
        since, until = from_ms or 0, LATEST_MS if to_ms is None else to_ms
        before = read_owner_position(cursor, from_ms=since, to_ms=until) if cursor else None
        mine = sorted(
            (
                session
                for session in self.memory.sessions.values()
                if session.owner == owner
                and since <= session.created_at_ms <= until
                and (before is None or (session.created_at_ms, session.session_id) < before)
            ),
            key=lambda session: (session.created_at_ms, session.session_id),
            reverse=True,
        )
        return Page(
            mine[:limit],
            owner_position(mine[limit - 1].created_at_ms, mine[limit - 1].session_id) if len(mine) > limit else None,
        )

    def due(self, shard: str, *, before_ms: int, limit: int) -> list[str]:
        """See `Sessions.due`."""
        postponed = self.memory.postponed
        found = sorted(
            (max(due.at_ms, postponed.get(session.session_id, 0)), session.session_id)
            for session in list(self.memory.sessions.values())
            if shard_of(session.session_id) == shard and (due := next_due(session))
        )
        return [session_id for at_ms, session_id in found if at_ms <= before_ms][:limit]

    def postpone(self, session_id: str, *, until_ms: int) -> None:
        """See `Sessions.postpone`."""
        self.memory.postponed[session_id] = until_ms

    def add_meter_sample(self, sample: MeterSample) -> None:
        """See `Sessions.add_meter_sample`."""
        self.memory.samples[sample.session_id][meter_position(sample)] = sample

    def meter_samples(self, session_id: str, *, limit: int, cursor: str | None) -> Page[MeterSample]:
        """See `Sessions.meter_samples`."""
        after = read_meter_position(cursor) if cursor else None
        curve = self.memory.samples.get(session_id, {})
        found = [curve[key] for key in sorted(curve) if after is None or read_meter_position(key) > after]
        return Page(found[:limit], meter_position(found[limit - 1]) if len(found) > limit else None)


@dataclass(frozen=True, slots=True)
class MemoryChargers:
    """`functions.domain.ports.Chargers` in memory."""

    memory: Memory

    def add(self, charger: ChargerRecord, evses: list[EvseRecord]) -> None:
        """Put a charger on record, as the installer's back office would."""
        self.memory.chargers[charger.charger_id] = charger
        self.memory.evses.update({(evse.charger_id, evse.evse_id): evse for evse in evses})

    def page(self, *, limit: int, cursor: str | None) -> Page[Charger]:
        """See `Chargers.page`."""
        after = read_charger_position(cursor)[0] if cursor else ""
        ids = [charger_id for charger_id in sorted(self.memory.chargers) if charger_id > after]
        found = [charger for charger_id in ids[:limit] if (charger := self.get(charger_id)) is not None]
        return Page(found, charger_position(ids[limit - 1], "charger") if len(ids) > limit else None)

    def get(self, charger_id: str) -> Charger | None:
        """See `Chargers.get`."""
        record = self.memory.chargers.get(charger_id)
        if record is None:
            return None
        evses = [evse for evse in self.memory.evses.values() if evse.charger_id == charger_id]
        return Charger(charger=record, evses=tuple(sorted(evses, key=lambda evse: evse.evse_id)))

    def record(self, charger_id: str) -> ChargerRecord | None:
        """See `Chargers.record`."""
        return self.memory.chargers.get(charger_id)

    def evse(self, charger_id: str, evse_id: int) -> EvseRecord | None:
        """See `Chargers.evse`."""
        return self.memory.evses.get((charger_id, evse_id))

    def replace_evse(self, old: EvseRecord, new: EvseRecord) -> bool:
        """See `Chargers.replace_evse`."""
        with self.memory.lock:
            key = (old.charger_id, old.evse_id)
            if (now := self.memory.evses.get(key)) is None or now.revision != old.revision:
                return False
            self.memory.evses[key] = replace(new, revision=old.revision + 1)
            self.memory.writes += 1
            return True

    def replace_charger(self, old: ChargerRecord, new: ChargerRecord) -> bool:
        """See `Chargers.replace_charger`."""
        with self.memory.lock:
            if (now := self.memory.chargers.get(old.charger_id)) is None or now.revision != old.revision:
                return False
            self.memory.chargers[old.charger_id] = replace(new, revision=old.revision + 1)
            self.memory.writes += 1
            return True


@dataclass(slots=True)
class MemoryAnswers:
    """`functions.domain.ports.Answers` in memory: keeps what was told; can be made to fail."""

    told: list[tuple[str, AuthorisationAnswer]] = field(default_factory=list)
    failing_with: Exception | None = None

    def tell(self, charger_id: str, answer: AuthorisationAnswer) -> None:
        """See `Answers.tell`."""
        if self.failing_with is not None:
            raise self.failing_with
        self.told.append((charger_id, answer))


@dataclass(slots=True)
class MemoryShadows:
    """`functions.domain.ports.Shadows` in memory: keeps what was sent; can be told to fail."""

    sent: list[tuple[str, int, Intent]] = field(default_factory=list)
    failing_with: Exception | None = None

    def send(self, charger_id: str, evse_id: int, intent: Intent) -> None:
        """See `Shadows.send`."""
        if self.failing_with is not None:
            raise self.failing_with
        self.sent.append((charger_id, evse_id, intent))


@dataclass(slots=True)
class MemoryWatchers:
    """`functions.domain.ports.Watchers` in memory."""

    hints: list[tuple[str, int, int]] = field(default_factory=list)
    failing_with: Exception | None = None

    def hint(self, charger_id: str, evse_id: int, until_s: int) -> None:
        """See `Watchers.hint`."""
        if self.failing_with is not None:
            raise self.failing_with
        self.hints.append((charger_id, evse_id, until_s))


@dataclass(slots=True)
class MemoryDeadLetters:
    """`functions.domain.ports.DeadLetters` in memory."""

    letters: list[tuple[str, str]] = field(default_factory=list)

    def put(self, body: str, *, why: str) -> None:
        """See `DeadLetters.put`."""
        self.letters.append((body, why))
