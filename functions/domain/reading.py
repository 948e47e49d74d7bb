"""Reading sessions as their driver may see them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from functions.domain import outlook
from functions.domain.curve import thinned
from functions.domain.errors import CallerError, PolarisError
from functions.domain.patience import Patience
from functions.domain.ports import Chargers, Clock, Page, Sessions, Watchers
from functions.domain.records import MeterSample, SessionRecord
from functions.domain.watching import send_hint, with_hint

MOST_PAGES_READ = 4
"""Pages of an owner's sessions read for one answer when a filter leaves few of them: bounds the cost of a request."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The read side, over the ports it needs."""

    sessions: Sessions
    chargers: Chargers
    watchers: Watchers
    clock: Clock
    patience: Patience

    def session(self, session_id: str, *, owner: str) -> SessionRecord:
        """A session of this owner.

        Raises:
            CallerError: session_not_found, for a missing session and for somebody else's alike.
        """
        session = self.sessions.get(session_id)
        if session is None or session.owner != owner:
            raise CallerError("session_not_found", "There is no such session of yours.")
        return session

    def connected(self, session: SessionRecord) -> bool | None:
        """Whether the session's charger is connected; asked only where it explains something, to save the read."""
        if outlook.stop_status(session, now_ms=self.clock(), patience=self.patience) != "overdue":
            return None
        charger = self.chargers.record(session.charger_id)
        return charger.connected if charger else None

    def watch(self, session: SessionRecord) -> None:
        """Tell the charger that somebody looks at this live session, at most once per `watch_s`."""
        hinted = with_hint(session, now_ms=self.clock(), patience=self.patience)
        with suppress(PolarisError):  # a hint, not state: the card goes on with slower samples
            # If somebody else wrote at this moment, the next look asks again.
            if hinted is not session and self.sessions.replace(session, hinted):
                send_hint(self.watchers, hinted, self.patience)

    def sessions_of(
        self, owner: str, *, status: str | None, from_ms: int | None, to_ms: int | None, limit: int, cursor: str | None
    ) -> Page[SessionRecord]:
        """One page of an owner's sessions, newest first; with a filter a page may be short and still have a cursor."""
        found: list[SessionRecord] = []
        for _ in range(MOST_PAGES_READ):
            page = self.sessions.of_owner(owner, from_ms=from_ms, to_ms=to_ms, limit=limit - len(found), cursor=cursor)
            cursor = page.cursor
            found += [session for session in page.items if status is None or self._status(session) == status]
            if cursor is None or len(found) >= limit:
                break
        return Page(found, cursor)

    def _status(self, session: SessionRecord) -> str:
        return outlook.session_status(session, now_ms=self.clock(), patience=self.patience)

    def meter_samples(
        self,
        session_id: str,
        *,
        owner: str,
        limit: int,
        cursor: str | None,
        every_ms: int | None = None,
        after_ms: int | None = None,
    ) -> tuple[SessionRecord, Page[MeterSample]]:
        """One page of a session's curve, with the session it belongs to.

        `limit` is how many samples are read; with `every_ms` fewer are in the page (see `thinned`).

        Raises:
            CallerError: session_not_found.
        """
        session = self.session(session_id, owner=owner)
        page = self.sessions.meter_samples(session_id, limit=limit, cursor=cursor)
        if every_ms is None:
            return session, page
        at_end = page.cursor is None
        return session, Page(thinned(page.items, every_ms=every_ms, after_ms=after_ms, at_end=at_end), page.cursor)
