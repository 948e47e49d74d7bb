"""What the driver is told of the sessions that an earlier run of the agent left on the charger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract.vocabulary import Act
from device_agent.drivers.base import Order, Resumed
from device_agent.records import Phase

if TYPE_CHECKING:
    from device_agent.journal import Journal
    from device_agent.records import IntentRecord, SessionRecord


def resumed(journal: Journal, evse_id: int) -> Resumed | None:
    """The session that occupies an EVSE, if one does."""
    session = journal.current(evse_id)
    if session is None:
        return None
    order = Order(session.session_id, _group(journal, session))
    return Resumed(order, session.transaction_id, started=session.phase is Phase.ACTIVE)


def ordered_group(start: IntentRecord) -> str:
    """Whose session a start begins, if the cloud said so."""
    return str(start.raw.get("group", ""))


def _group(journal: Journal, session: SessionRecord) -> str:
    """Whose session it is: the card it began with says so, or its start."""
    card = journal.card(session.id_token_hash)
    if card is not None:
        return card.group
    starts = (i for i in journal.intents(session.evse_id) if i.act == Act.START and i.session_id == session.session_id)
    return next((ordered_group(start) for start in starts), "")
