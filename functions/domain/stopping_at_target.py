"""A target that is reached stops its session, on the same path as a tap."""

from __future__ import annotations

from contract.vocabulary import RequestedBy
from functions.domain.automatic import reached
from functions.domain.errors import TemporaryError
from functions.domain.records import SessionRecord
from functions.domain.stopping import Stopping


def stop_at_target(stopping: Stopping, session: SessionRecord, *, now_ms: int) -> str:
    """Stop this session if its target is reached.

    Returns:
        Why it was stopped, or empty if it was not. The stop is on record then; if it could not be sent, the sweeper
        sends it.

    Raises:
        TemporaryError: the record could not be written; nothing has changed.
    """
    why = reached(session, now_ms=now_ms)
    if not why:
        return ""
    try:
        stopping.stop(
            session.session_id,
            owner=session.owner,
            by=RequestedBy.AUTOMATIC,
            why=why,
            wanted=lambda current: bool(reached(current, now_ms=now_ms)),
        )
    except TemporaryError as error:
        if error.code != "not_sent":
            raise
    return why
