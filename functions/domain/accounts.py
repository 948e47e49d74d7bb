"""What an account may do: an account nobody has said anything about may do everything.

Only what begins something new asks (a start, a card at a charger, registering a card). Stopping, reading and taking a
stop back never do: a person whose account is suspended can always end what is running (ADR 0019).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from functions.domain.change import change
from functions.domain.errors import CallerError


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRecord:
    """What is on record of one account. Units: `_at_ms` epoch milliseconds, `expires_at` epoch seconds, UTC."""

    owner: str
    """The account's `sub`, as on sessions and cards."""
    suspended_at_ms: int | None = None
    suspended_why: str = ""
    """In the operator's words; the driver is not told."""
    deletion_asked_at_ms: int | None = None
    deleted_at_ms: int | None = None
    expires_at: int | None = None
    """When this record itself goes: once nothing signed for the deleted account can still be valid."""
    revision: int = 0
    """0: nothing is on record yet."""


class Accounts(Protocol):
    """What is on record of accounts; most have no record."""

    def get(self, owner: str) -> AccountRecord:
        """The account, read consistently; of one without a record, what that means."""

    def replace(self, old: AccountRecord, new: AccountRecord) -> bool:
        """Write what differs, if nobody has written since `old` was read; False if somebody has."""


def why_not_begin(account: AccountRecord) -> str:
    """The reason code that speaks against beginning something new with this account, or empty."""
    if account.deletion_asked_at_ms is not None:
        return "account_deleted"
    return "account_suspended" if account.suspended_at_ms is not None else ""


def require_may_begin(account: AccountRecord) -> None:
    """Let an account pass that may begin something new.

    Raises:
        CallerError: account_suspended, account_deleted.
    """
    if code := why_not_begin(account):
        raise CallerError(code, "This account can't begin anything new.")


def suspend(accounts: Accounts, owner: str, *, why: str, now_ms: int) -> None:
    """Suspend an account, for a reason that stays on its record; one that is suspended stays as it is.

    Raises:
        TemporaryError: unavailable.
    """

    def suspended(account: AccountRecord) -> AccountRecord:
        known = account.suspended_at_ms is not None
        return account if known else replace(account, suspended_at_ms=now_ms, suspended_why=why)

    change(lambda: accounts.get(owner), accounts.replace, suspended)


def restore(accounts: Accounts, owner: str) -> None:
    """End an account's suspension; one that is not suspended stays as it is.

    Raises:
        TemporaryError: unavailable.
    """
    change(
        lambda: accounts.get(owner),
        accounts.replace,
        lambda account: replace(account, suspended_at_ms=None, suspended_why=""),
    )
