"""Looking at chargers, and at one's own session on one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from functions.domain import outlook
from functions.domain.errors import CallerError
from functions.domain.patience import Patience
from functions.domain.ports import Chargers, Clock, Sessions
from functions.domain.records import Charger, SessionRecord


@dataclass(frozen=True, slots=True)
class Browsing:
    """The chargers as a driver sees them, over the ports that it needs."""

    sessions: Sessions
    chargers: Chargers
    clock: Clock
    patience: Patience

    def charger(self, charger_id: str, *, owner: str) -> tuple[Charger, Mapping[int, SessionRecord]]:
        """A charger, and this owner's own live sessions on it by EVSE.

        Raises:
            CallerError: charger_not_found.
        """
        charger = self.chargers.get(charger_id)
        if charger is None:
            raise CallerError("charger_not_found", "There is no such charger.")
        mine = {
            evse.evse_id: session
            for evse in charger.evses
            if evse.current_session_id and evse.current_owner == owner
            if (session := self.sessions.get(evse.current_session_id)) is not None
            and not outlook.is_over(session, now_ms=self.clock(), patience=self.patience)
        }
        return charger, mine
