"""The cloud core in memory: every use case over the in-memory ports, with a clock the test sets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from functions.adapters.memory import (
    Memory,
    MemoryAnswers,
    MemoryChargers,
    MemoryDeadLetters,
    MemorySessions,
    MemoryShadows,
    MemoryWatchers,
)
from functions.adapters.memory_operator import MemoryAudit, MemoryDeadLetterQueues, MemorySessionLists
from functions.adapters.memory_people import MemoryAccounts, MemoryCards, MemoryIdentities
from functions.domain.accounts import AccountRecord
from functions.domain.browsing import Browsing
from functions.domain.card_authorisation import CardAuthorisation
from functions.domain.card_keeping import CardKeeping
from functions.domain.finding import Finding
from functions.domain.leaving import Leaving
from functions.domain.lending import Lending
from functions.domain.operating import Operating
from functions.domain.patience import Patience
from functions.domain.ports import StopWrite
from functions.domain.presence import Presence
from functions.domain.reading import Reading
from functions.domain.records import CardRecord, ChargerRecord, EvseRecord, IntentRecord, SessionRecord
from functions.domain.reporting import Reporting
from functions.domain.starting import Starting
from functions.domain.stopping import Stopping
from functions.domain.sweeping import Sweeping
from tests.support import builders
from tests.support.clock import FakeClock


@dataclass(frozen=True, slots=True)
class MeddledSessions(MemorySessions):
    """Somebody else writes just before a replace: each entry is called once, in turn."""

    meddlers: list[Callable[[], object]] = field(default_factory=list)

    def replace(self, old: SessionRecord, new: SessionRecord) -> bool:
        if self.meddlers:
            self.meddlers.pop(0)()
        return MemorySessions.replace(self, old, new)


@dataclass(frozen=True, slots=True)
class RetriedSessions(MemorySessions):
    """The answer to each write is lost once, so that the SDK sends the same write again."""

    def request_stop(
        self, session_id: str, *, owner: str, holder: str = "", stop: IntentRecord, resend_before_ms: int
    ) -> StopWrite:
        for _ in range(2):
            answer = MemorySessions.request_stop(
                self, session_id, owner=owner, holder=holder, stop=stop, resend_before_ms=resend_before_ms
            )
        return answer

    def replace(self, old: SessionRecord, new: SessionRecord) -> bool:
        MemorySessions.replace(self, old, new)
        return MemorySessions.replace(self, old, new)


@dataclass
class Cloud:
    """Everything a test needs of the cloud; `keep` puts records in, the use cases do the rest."""

    clock: FakeClock = field(default_factory=FakeClock)
    patience: Patience = field(default_factory=Patience)
    memory: Memory = field(default_factory=Memory)
    shadows: MemoryShadows = field(default_factory=MemoryShadows)
    watchers: MemoryWatchers = field(default_factory=MemoryWatchers)
    answers: MemoryAnswers = field(default_factory=MemoryAnswers)
    dead_letters: MemoryDeadLetters = field(default_factory=MemoryDeadLetters)
    kind_of_sessions: Callable[[Memory], MemorySessions] = MemorySessions

    def __post_init__(self) -> None:
        self.sessions = self.kind_of_sessions(self.memory)
        self.chargers = MemoryChargers(self.memory)
        self.cards = MemoryCards(self.memory)
        self.accounts = MemoryAccounts(self.memory)
        new_id = builders.ids()
        self.stopping = Stopping(
            sessions=self.sessions,
            shadows=self.shadows,
            clock=self.clock,
            new_id=new_id,
            sleep=self.clock.sleep,
            patience=self.patience,
        )
        self.starting = Starting(
            sessions=self.sessions,
            chargers=self.chargers,
            accounts=self.accounts,
            shadows=self.shadows,
            clock=self.clock,
            new_id=new_id,
            patience=self.patience,
        )
        self.browsing = Browsing(
            sessions=self.sessions, chargers=self.chargers, clock=self.clock, patience=self.patience
        )
        self.reading = Reading(
            sessions=self.sessions,
            chargers=self.chargers,
            watchers=self.watchers,
            clock=self.clock,
            patience=self.patience,
        )
        self.reporting = Reporting(
            sessions=self.sessions,
            chargers=self.chargers,
            cards=self.cards,
            stopping=self.stopping,
            watchers=self.watchers,
        )
        self.card_authorisation = CardAuthorisation(
            cards=self.cards,
            accounts=self.accounts,
            chargers=self.chargers,
            answers=self.answers,
            clock=self.clock,
            patience=self.patience,
            cache_s=3600,
        )
        self.identities = MemoryIdentities({builders.OWNER, builders.NEIGHBOUR})
        self.leaving = Leaving(
            accounts=self.accounts,
            cards=self.cards,
            sessions=self.sessions,
            identities=self.identities,
            clock=self.clock,
            patience=self.patience,
        )
        self.lending = Lending(
            sessions=self.sessions, clock=self.clock, new_id=new_id, new_secret=builders.secrets_in_turn()
        )
        self.card_keeping = CardKeeping(
            cards=self.cards,
            accounts=self.accounts,
            sessions=self.sessions,
            stopping=self.stopping,
            clock=self.clock,
        )
        self.sweeping = Sweeping(
            sessions=self.sessions,
            chargers=self.chargers,
            stopping=self.stopping,
            clock=self.clock,
            silent_after_s=24 * 3600,
        )
        self.presence = Presence(chargers=self.chargers)
        self.audit = MemoryAudit()
        self.letters = MemoryDeadLetterQueues({"reports": [], "sweeper": []}, {"reports": []})
        self.finding = Finding(
            sessions=self.sessions,
            lists=MemorySessionLists(self.memory),
            chargers=self.chargers,
            clock=self.clock,
            patience=self.patience,
        )
        self.operating = Operating(
            finding=self.finding,
            stopping=self.stopping,
            accounts=self.accounts,
            letters=self.letters,
            audit=self.audit,
            new_id=new_id,
        )

    def keep(self, *records: SessionRecord | ChargerRecord | EvseRecord | CardRecord | AccountRecord) -> None:
        for record in records:
            match record:
                case SessionRecord():
                    self.memory.sessions[record.session_id] = record
                case ChargerRecord():
                    self.memory.chargers[record.charger_id] = record
                case CardRecord():
                    self.memory.cards[record.id_token_hash] = record
                case AccountRecord():
                    self.memory.accounts[record.owner] = record
                case EvseRecord():
                    self.memory.evses[(record.charger_id, record.evse_id)] = record

    def session(self, session_id: str = builders.SESSION) -> SessionRecord:
        return self.memory.sessions[session_id]

    def evse(self, evse_id: int = 1) -> EvseRecord:
        return self.memory.evses[(builders.CHARGER, evse_id)]

    def hear(self, *messages: str) -> list[str]:
        return [self.reporting.take(message, received_at_ms=self.clock()).kind for message in messages]

    @property
    def sent(self) -> list[str]:
        """What went to the shadows, as `act intent-id`."""
        return [f"{intent.act.value} {intent.id}" for _, _, intent in self.shadows.sent]
