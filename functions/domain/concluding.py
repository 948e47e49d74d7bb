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
    """Put a conclusion on record and let its EVSE go; False if somebody has written the session since it was read.

    Who wrote it may be this very call, whose first answer was lost, or another that died before it let the EVSE go.
    """
    written = sessions.replace(session, conclusion)
    if not written:
        current = sessions.get(session.session_id)
        if current is None or current.end is None or not current.end.concluded:
            return False
    let_go(chargers, session)
    return written


def let_go(chargers: Chargers, session: SessionRecord) -> None:
    """Free the EVSE of a session that is over, unless another is on it by now."""
    change(
        lambda: chargers.evse(session.charger_id, session.evse_id),
        chargers.replace_evse,
        lambda current: released(current, session.session_id),
    )


def let_go_if_over(sessions: Sessions, chargers: Chargers, evse: EvseRecord) -> None:
    """Free an EVSE whose charger shows no session on it, if the one on record is over.

    Whoever concluded that may have died between the two writes, and nothing is due in a session that is over.
    """
    held = evse.current_session_id if evse.hold_until_ms is None else None
    session = sessions.get(held) if held else None
    if session is not None and session.end is not None:
        let_go(chargers, session)
