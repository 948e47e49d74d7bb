"""What the reconciler may ask to be done. Frozen values whose text reads as a sentence; `evse.py` carries them out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from contract.vocabulary import AckReason, AckStatus, EndReason

if TYPE_CHECKING:
    from contract.intents import Intent
    from device_agent.drivers.base import Fact, TransactionBegan, TransactionOver
    from device_agent.records import IntentRecord, SessionRecord

_VERBS = {AckStatus.DONE: "answer", AckStatus.REFUSED: "refuse", AckStatus.FAILED: "fail"}


class Remember(StrEnum):
    """What an answer leaves behind about a session that is not on the EVSE."""

    CANCELLED = "its start will be refused"
    KEPT = "older stops of it are void"


@dataclass(frozen=True, slots=True)
class Accept:
    """Take an intent on, to act as soon as the hardware answers."""

    evse_id: int
    intent: Intent

    def __str__(self) -> str:
        return f"accept {self.intent.act} {self.intent.id} on EVSE {self.evse_id}: the hardware does not answer yet"


@dataclass(frozen=True, slots=True)
class StartSession:
    """Write the session down, then command the contactor to close."""

    evse_id: int
    session_id: str
    intent_id: str
    intent: Intent | None = None
    """None when it is on record already, and the command is given again."""

    def __str__(self) -> str:
        again = "" if self.intent else ", again"
        return f"start session {self.session_id} on EVSE {self.evse_id} for intent {self.intent_id}{again}"


@dataclass(frozen=True, slots=True)
class StopSession:
    """Write the stop down, then command the contactor to open."""

    evse_id: int
    session_id: str
    intent_id: str
    intent: Intent | None = None
    """None when it is on record already, and the command is given again."""

    def __str__(self) -> str:
        again = "" if self.intent else ", again"
        return f"stop session {self.session_id} on EVSE {self.evse_id} for intent {self.intent_id}{again}"


@dataclass(frozen=True, slots=True)
class ConfirmStart:
    """The contactor is closed, or the hardware tells so: the session has begun, and its start is done."""

    evse_id: int
    session: SessionRecord
    intent_id: str
    fact: TransactionBegan | None = None
    """What told so, to be settled; None if it was seen."""

    def __str__(self) -> str:
        began = f"session {self.session.session_id} began on EVSE {self.evse_id}"
        return f"record that {began}: start {self.intent_id} is done"


@dataclass(frozen=True, slots=True)
class GiveUpStart:
    """The start has failed: answer it, and see that the contactor is open."""

    evse_id: int
    session: SessionRecord
    intent_id: str
    status: AckStatus
    reason: AckReason
    because: str

    def __str__(self) -> str:
        return f"give up start {self.intent_id} on EVSE {self.evse_id}: {self.because}"


@dataclass(frozen=True, slots=True)
class Release:
    """Open the contactor of a start that was given up; for no other session."""

    evse_id: int
    session: SessionRecord

    def __str__(self) -> str:
        return f"open the contactor of EVSE {self.evse_id}: the start of session {self.session.session_id} was given up"


@dataclass(frozen=True, slots=True)
class ConfirmRelease:
    """The contactor of a given-up start is open: the EVSE is free."""

    evse_id: int
    session: SessionRecord

    def __str__(self) -> str:
        return f"free EVSE {self.evse_id}: session {self.session.session_id} never began"


@dataclass(frozen=True, slots=True)
class EndSession:
    """The session is over, as measured or as told. With the intent that brought it about, if one did."""

    evse_id: int
    session: SessionRecord
    reason: EndReason
    intent_id: str = ""
    fact: TransactionOver | None = None
    """What told so, to be settled; None if it was seen."""

    def __str__(self) -> str:
        done = f": stop {self.intent_id} is done" if self.intent_id else ""
        return f"end session {self.session.session_id} on EVSE {self.evse_id}, reason {self.reason}{done}"


@dataclass(frozen=True, slots=True)
class BeginSession:
    """Somebody has begun to charge at the charger: write a session down for it, then settle the fact."""

    evse_id: int
    fact: TransactionBegan

    def __str__(self) -> str:
        return f"begin a session for transaction {self.fact.transaction_id} on EVSE {self.evse_id}"


@dataclass(frozen=True, slots=True)
class Settle:
    """The hardware may have its answer to what it told."""

    evse_id: int
    fact: Fact
    accepted: bool
    because: str
    session: SessionRecord | None = None
    """To be written down before, if anything is."""

    def __str__(self) -> str:
        verb = "settle" if self.accepted else "refuse"
        return f"{verb} transaction {self.fact.transaction_id} on EVSE {self.evse_id}: {self.because}"


@dataclass(frozen=True, slots=True)
class Answer:
    """Give an intent its final ack; the hardware is left alone."""

    evse_id: int
    intent_id: str
    act: str
    session_id: str
    status: AckStatus
    reason: AckReason
    because: str
    remember: Remember | None = None

    def __str__(self) -> str:
        what = f"{self.act or 'intent'} {self.intent_id}"
        done = " done" if self.status is AckStatus.DONE else ""
        left = f"; {self.remember}" if self.remember else ""
        return f"{_VERBS[self.status]} {what}{done}: {self.because}{left}"


@dataclass(frozen=True, slots=True)
class RepeatAnswer:
    """Report again what an intent was told before; nothing else happens."""

    evse_id: int
    record: IntentRecord

    def __str__(self) -> str:
        return f"repeat the answer to {self.record.act or 'intent'} {self.record.id}: {self.record.status}"


Action = (
    Accept
    | StartSession
    | StopSession
    | ConfirmStart
    | GiveUpStart
    | Release
    | ConfirmRelease
    | EndSession
    | BeginSession
    | Settle
    | Answer
    | RepeatAnswer
)


def about(action: Action) -> dict[str, str]:
    """The intent and the session an action is about, as far as it is about any: what its log line is found by."""
    intent_id = session_id = ""
    match action:
        case Accept(intent=intent):
            intent_id, session_id = intent.id, intent.session_id
        case StartSession() | StopSession() | Answer():
            intent_id, session_id = action.intent_id, action.session_id
        case ConfirmStart() | GiveUpStart() | EndSession():
            intent_id, session_id = action.intent_id, action.session.session_id
        case RepeatAnswer(record=record):
            intent_id, session_id = record.id, record.session_id
        case Release(session=session) | ConfirmRelease(session=session) | Settle(session=session):
            session_id = session.session_id if session is not None else ""
        case BeginSession():
            pass  # it gets its id while it is written down; its transaction is in the text
    return {name: found for name, found in (("intent", intent_id), ("session", session_id)) if found}
