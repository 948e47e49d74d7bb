"""What operators do: on record before they do it, and what became of it after; never changed (ADR 0020)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from functions.domain.ports import Page


class OperatorAct(StrEnum):
    """What an operator may do that changes something."""

    STOP = "stop_session"
    CLOSE = "close_session"
    TAKE_OUT_OF_SERVICE = "take_out_of_service"
    PUT_IN_SERVICE = "put_in_service"
    SUSPEND = "suspend_account"
    RESTORE = "restore_account"
    REDRIVE = "redrive_dead_letters"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """One act, as it was about to be done. `at_ms` in epoch milliseconds UTC."""

    action_id: str
    """A ULID: later acts sort after earlier ones."""
    at_ms: int
    operator: str
    """The `sub` of the operator's token."""
    act: OperatorAct
    target: str
    """The session, the charger, the account, or the queue."""
    effect: str
    """What was to happen, as a dry run says it."""
    reason: str
    """The operator's own words."""
    correlation_id: str
    """Of the request: finds its log lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditOutcome:
    """What became of an act."""

    action_id: str
    at_ms: int
    outcome: str


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An act and its outcome; None: it is being done, or whoever did it broke off: look at its target."""

    record: AuditRecord
    outcome: AuditOutcome | None


class Audit(Protocol):
    """The book of what operators did: it is written and read, and nothing in it is changed or deleted."""

    def begin(self, record: AuditRecord) -> None:
        """Put an act on record.

        Raises:
            PolarisError: it is not on record, so the act must not happen.
        """

    def finish(self, outcome: AuditOutcome) -> None:
        """Put its outcome on record, once.

        Raises:
            PolarisError: it is not on record.
        """

    def page(self, *, limit: int, cursor: str | None) -> Page[AuditEntry]:
        """One page of it, newest first."""
