"""A session that turns up on a blocked card is stopped, on the same path as a tap (ADR 0019)."""

from __future__ import annotations

from contract.vocabulary import CardStatus, RequestedBy
from functions.domain.errors import TemporaryError
from functions.domain.ports import Cards
from functions.domain.records import SessionRecord
from functions.domain.stopping import Stopping


def stop_on_blocked_card(stopping: Stopping, cards: Cards, session: SessionRecord, *, new: bool) -> None:
    """Stop this session if it is nobody's because its card is blocked: lost, or taken back by the operator.

    A charger without a link goes by what it remembers of a card; and a card may be reported lost between its being
    accepted and the first word of its session. Whoever reported it lost finds no such session to stop. `new`: it has
    just been put on record; its card is looked at once more even if it is somebody's, for it may be lost since.

    Raises:
        TemporaryError: the record could not be written; nothing has changed.
    """
    if not session.id_token_hash or session.stop is not None or session.end is not None:
        return
    if session.owner and not new:
        return
    card = cards.get(session.id_token_hash)
    if card is None or card.status is not CardStatus.BLOCKED:
        return
    why = "card_blocked" if card.lost_at_ms is None else "card_lost"
    try:
        stopping.stop(session.session_id, owner=session.owner, by=RequestedBy.AUTOMATIC, why=why)
    except TemporaryError as error:
        if error.code != "not_sent":  # the sweeper sends what is on record
            raise
