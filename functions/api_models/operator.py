"""What operators see and say: anybody's sessions, chargers, dead letters, and the book of what operators did."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from contract.vocabulary import CableState, EvseStatus, RequestedBy
from functions.api_models.base import ApiModel, when, when_known
from functions.api_models.sessions import Session, Stage
from functions.domain.accounts import AccountRecord
from functions.domain.audit import AuditEntry, OperatorAct
from functions.domain.open_work import next_due
from functions.domain.operating import Carried
from functions.domain.operator_ports import DeadLetter, QueueDepth
from functions.domain.patience import Patience
from functions.domain.records import Charger, SessionRecord
from functions.domain.timeline import timeline

BODY_SHOWN = 2000
"""Characters of a dead letter's body: the documents that get there are smaller, or were not written by us."""


class Due(ApiModel):
    """What the sweeper does next in a session, and from when on."""

    work: Literal["expire_start", "send_stop", "note_overdue", "keep_again", "stop_at_target", "look"]
    at: datetime


class OperatorSession(ApiModel):
    """Anybody's session: what its driver is shown, and what a driver need not know.

    `owner` is the account's `sub`, empty for a card that is nobody's; `stopBy` and `stopWhy`: who wants the stop, and
    why unless a driver's tap says it all; `due` is null if nothing is due unless charger or driver speak.
    """

    session: Session
    owner: str
    transaction_id: str | None
    stop_by: RequestedBy | None
    stop_why: str
    due: Due | None

    @classmethod
    def of(cls, record: SessionRecord, *, now_ms: int, patience: Patience) -> OperatorSession:
        """A session as operators see it at this moment."""
        due = next_due(record)
        return cls(
            session=Session.of(record, now_ms=now_ms, patience=patience),
            owner=record.owner,
            transaction_id=record.transaction_id,
            stop_by=record.stop.by if record.stop else None,
            stop_why=record.stop.why if record.stop else "",
            due=Due(work=due.work.value, at=when(due.at_ms)) if due else None,
        )


class OperatorSessionPage(ApiModel):
    """One page of sessions; it may be short, even empty, and still have a cursor."""

    sessions: list[OperatorSession]
    cursor: str | None


class OperatorSessionDetail(ApiModel):
    """One session with its story."""

    found: OperatorSession
    stages: list[Stage]

    @classmethod
    def of(cls, record: SessionRecord, *, now_ms: int, patience: Patience) -> OperatorSessionDetail:
        """A session and its stages."""
        found = OperatorSession.of(record, now_ms=now_ms, patience=patience)
        return cls(found=found, stages=[Stage.of(stage) for stage in timeline(record)])


class OperatorEvse(ApiModel):
    """An EVSE as it was reported last, and the session that holds it on record."""

    evse_id: int
    status: EvseStatus | None
    error: str
    cable: CableState | None
    reported_at: datetime | None
    reported_session_id: str | None
    session_id: str | None
    owner: str | None


class OperatorCharger(ApiModel):
    """A charger with all that is on record about its state. `connected` is null if it never was."""

    charger_id: str
    name: str
    address: str
    in_service: bool
    connected: bool | None
    last_seen_at: datetime | None
    evses: list[OperatorEvse]

    @classmethod
    def of(cls, charger: Charger) -> OperatorCharger:
        """A charger as operators see it."""
        record = charger.charger
        return cls(
            charger_id=record.charger_id,
            name=record.name,
            address=record.address,
            in_service=record.in_service,
            connected=record.connected,
            last_seen_at=when_known(charger.last_seen_at_ms),
            evses=[
                OperatorEvse(
                    evse_id=evse.evse_id,
                    status=evse.status,
                    error=evse.error,
                    cable=evse.cable,
                    reported_at=when_known(evse.reported_at_ms),
                    reported_session_id=evse.reported_session_id,
                    session_id=evse.current_session_id,
                    owner=evse.current_owner,
                )
                for evse in charger.evses
            ],
        )


class OperatorChargerPage(ApiModel):
    """One page of chargers; it may be short, even empty, and still have a cursor."""

    chargers: list[OperatorCharger]
    cursor: str | None


class OperatorAccount(ApiModel):
    """What is on record of an account, named by its `sub`; nothing is of most."""

    owner: str
    suspended_at: datetime | None
    suspended_why: str
    deletion_asked_at: datetime | None
    deleted_at: datetime | None

    @classmethod
    def of(cls, account: AccountRecord) -> OperatorAccount:
        """An account as operators see it."""
        return cls(
            owner=account.owner,
            suspended_at=when_known(account.suspended_at_ms),
            suspended_why=account.suspended_why,
            deletion_asked_at=when_known(account.deletion_asked_at_ms),
            deleted_at=when_known(account.deleted_at_ms),
        )


class Act(ApiModel):
    """An act: what it means, as a dry run says it, and what became of it.

    `actionId` finds it in the audit; null if it was a dry run, which changes and records nothing. `outcome` is null
    then, too. `recorded`: whether the outcome is in the audit; that the act was done is in any case.
    """

    act: OperatorAct
    target: str
    dry_run: bool
    effect: str
    action_id: str | None
    outcome: str | None
    recorded: bool

    @classmethod
    def of(cls, carried: Carried) -> Act:
        """An act as the API tells it."""
        return cls(
            act=carried.act,
            target=carried.target,
            dry_run=not carried.action_id,
            effect=carried.effect,
            action_id=carried.action_id or None,
            outcome=carried.outcome or None,
            recorded=carried.recorded,
        )


class AuditItem(ApiModel):
    """An act on record. `outcome` is null while it is being done, and for ever if that broke off: see its target."""

    action_id: str
    at: datetime
    operator: str
    act: OperatorAct
    target: str
    effect: str
    reason: str
    correlation_id: str
    outcome: str | None
    outcome_at: datetime | None

    @classmethod
    def of(cls, entry: AuditEntry) -> AuditItem:
        """An entry of the book."""
        record, outcome = entry.record, entry.outcome
        return cls(
            action_id=record.action_id,
            at=when(record.at_ms),
            operator=record.operator,
            act=record.act,
            target=record.target,
            effect=record.effect,
            reason=record.reason,
            correlation_id=record.correlation_id,
            outcome=outcome.outcome if outcome else None,
            outcome_at=when(outcome.at_ms) if outcome else None,
        )


class AuditPage(ApiModel):
    """One page of what operators did, newest first."""

    acts: list[AuditItem]
    cursor: str | None


class DeadLetterQueue(ApiModel):
    """A dead-letter queue: letters waiting and in hand, about. `redrivable`: they have a queue to go back to."""

    name: str
    waiting: int
    in_hand: int
    redrivable: bool

    @classmethod
    def of(cls, depth: QueueDepth) -> DeadLetterQueue:
        """A queue as the API shows it."""
        return cls(name=depth.name, waiting=depth.waiting, in_hand=depth.in_hand, redrivable=depth.redrivable)


class DeadLetterQueues(ApiModel):
    """All of them."""

    queues: list[DeadLetterQueue]


class Letter(ApiModel):
    """A dead letter: `why` is empty if its function failed on it five times; `body` is cut at 2,000 characters."""

    letter_id: str
    sent_at: datetime
    received: int
    why: str
    body: str

    @classmethod
    def of(cls, letter: DeadLetter) -> Letter:
        """A letter as the API shows it."""
        return cls(
            letter_id=letter.letter_id,
            sent_at=when(letter.sent_at_ms),
            received=letter.received,
            why=letter.why,
            body=letter.body[:BODY_SHOWN],
        )


class DeadLetters(ApiModel):
    """A queue and some of its letters, ten at most; they stay where they are."""

    queue: DeadLetterQueue
    letters: list[Letter]
