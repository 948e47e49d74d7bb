"""An intent on record, as the charger's shadow carries it."""

from __future__ import annotations

from contract.intents import Intent
from contract.vocabulary import Act
from functions.domain.cards import group_of
from functions.domain.records import IntentRecord, SessionRecord


def wire_intent(session: SessionRecord, intent: IntentRecord) -> Intent:
    """The document for the shadow; the same record always makes the same document."""
    return Intent(
        id=intent.intent_id,
        act=intent.act,
        session_id=session.session_id,
        issued_at=intent.requested_at_ms // 1000,
        by=intent.by,
        expires_at=intent.expires_at_s,
        group=group_of(session.owner) if intent.act is Act.START else None,
    )
