"""A session that is over without its charger having said so: what its end rests on, and how it gets on record.

The rules are `closing`'s (ADR 0016); the sweeper goes by its signs, an operator by what they know.
"""

from __future__ import annotations

from functions.domain.change import change
from functions.domain.closing import Sign, closed, follower_of
from functions.domain.ports import Chargers, Sessions
from functions.domain.records import EvseRecord, SessionRecord
from functions.domain.transitions import released


def concluded(
    sessions: Sessions, session: SessionRecord, evse: EvseRecord | None, sign: Sign, *, now_ms: int, why: str = ""
) -> SessionRecord:
    """The session as it would be on record; only reads. `why`: an operator's words, if it is their conclusion."""
    follower_id = follower_of(session, evse)
    follower = sessions.get(follower_id) if follower_id else None
    power_w = evse.max_power_w if evse is not None else 0
    return closed(session, sign, follower=follower, max_power_w=power_w, now_ms=now_ms, why=why)


def conclude(sessions: Sessions, chargers: Chargers, session: SessionRecord, conclusion: SessionRecord) -> bool:
    """Put a conclusion on record and let its EVSE go; False if somebody has written the session since it was read."""
    if not sessions.replace(session, conclusion):
        return False
    change(
        lambda: chargers.evse(session.charger_id, session.evse_id),
        chargers.replace_evse,
        lambda current: released(current, session.session_id),
    )
    return True
