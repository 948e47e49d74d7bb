"""Finding sessions and chargers, whoever's they are: for operators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from contract.vocabulary import EvseStatus
from functions.domain import outlook
from functions.domain.errors import CallerError
from functions.domain.open_work import SHARDS
from functions.domain.operator_ports import SessionLists
from functions.domain.patience import Patience
from functions.domain.ports import Chargers, Clock, Page, Sessions
from functions.domain.records import Charger, SessionRecord

MOST_PAGES_READ = 8
"""Pages read for one answer when a filter leaves few of them: bounds the cost of a request. An answer may be short,
even empty, and still have a cursor."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The operators' read side, over the ports it needs."""

    sessions: Sessions
    lists: SessionLists
    chargers: Chargers
    clock: Clock
    patience: Patience

    def session(self, session_id: str) -> SessionRecord:
        """Any session.

        Raises:
            CallerError: session_not_found.
        """
        session = self.sessions.get(session_id)
        if session is None:
            raise CallerError("session_not_found", "There is no such session.")
        return session

    def of_owner(self, owner: str, *, limit: int, cursor: str | None) -> Page[SessionRecord]:
        """One page of a driver's sessions, newest first."""
        return self.sessions.of_owner(owner, from_ms=None, to_ms=None, limit=limit, cursor=cursor)

    def of_charger(
        self, charger_id: str, *, evse_id: int | None, limit: int, cursor: str | None
    ) -> Page[SessionRecord]:
        """One page of a charger's sessions, or of one EVSE's, newest first."""
        found: list[SessionRecord] = []
        for _ in range(MOST_PAGES_READ):
            page = self.lists.of_charger(charger_id, limit=limit - len(found), cursor=cursor)
            cursor = page.cursor
            found += [session for session in page.items if evse_id in (None, session.evse_id)]
            if cursor is None or len(found) >= limit:
                break
        return Page(found, cursor)

    def open(self, *, overdue: bool, limit: int, cursor: str | None) -> Page[SessionRecord]:
        """One page of the sessions that are not over; with `overdue`, of those whose stop has no outcome in time.

        Shard by shard, in each by what is due soonest. The cursor is `<shard>|<position in it>`.

        Raises:
            CallerError: invalid_request; the cursor is none of this list.
        """
        shard, _, position = (cursor or f"{SHARDS[0]}|").partition("|")
        if shard not in SHARDS:
            raise CallerError("invalid_request", "cursor: not one of this list.")
        found: list[SessionRecord] = []
        for _ in range(MOST_PAGES_READ):
            page = self.lists.open(shard, limit=limit - len(found), cursor=position or None)
            found += [session for session in page.items if not overdue or self._is_overdue(session)]
            position = page.cursor or ""
            if page.cursor is None:
                following = SHARDS[SHARDS.index(shard) + 1 :]
                if not following:
                    return Page(found, None)
                shard = following[0]
            if len(found) >= limit:
                break
        return Page(found, f"{shard}|{position}")

    def _is_overdue(self, session: SessionRecord) -> bool:
        return outlook.stop_status(session, now_ms=self.clock(), patience=self.patience) in ("overdue", "not_sent")

    def charger(self, charger_id: str) -> Charger:
        """One charger.

        Raises:
            CallerError: charger_not_found.
        """
        charger = self.chargers.get(charger_id)
        if charger is None:
            raise CallerError("charger_not_found", "There is no such charger.")
        return charger

    def chargers_that(self, matches: Callable[[Charger], bool], *, limit: int, cursor: str | None) -> Page[Charger]:
        """One page of the chargers that match."""
        found: list[Charger] = []
        for _ in range(MOST_PAGES_READ):
            page = self.chargers.page(limit=limit - len(found), cursor=cursor)
            cursor = page.cursor
            found += [charger for charger in page.items if matches(charger)]
            if cursor is None or len(found) >= limit:
                break
        return Page(found, cursor)


def matching(
    *, status: EvseStatus | None, connected: bool | None, in_service: bool | None
) -> Callable[[Charger], bool]:
    """A filter over chargers: an EVSE in this state; connected or not (never having been is not); in service or not."""

    def matches(charger: Charger) -> bool:
        record = charger.charger
        return (
            (status is None or any(evse.status is status for evse in charger.evses))
            and connected in (None, bool(record.connected))
            and in_service in (None, record.in_service)
        )

    return matches
