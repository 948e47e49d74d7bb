"""Asking a charger for samples every two seconds for a while: because somebody looks, or because a target is near.

A mark on the session's record keeps all who ask from asking oftener than every `watch_s`. Times in epoch milliseconds.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from functions.domain.errors import PolarisError
from functions.domain.patience import Patience
from functions.domain.ports import Watchers
from functions.domain.records import SessionPhase, SessionRecord


def with_hint(session: SessionRecord, *, now_ms: int, patience: Patience) -> SessionRecord:
    """The session with a hint on record that is to be sent now; as it is while one lasts, or if it is not live."""
    if session.phase is not SessionPhase.ACTIVE or now_ms < (session.watch_until_ms or 0):
        return session
    return replace(session, watch_until_ms=now_ms + patience.watch_s * 1000)


def hinted_at(session: SessionRecord, *, at_ms: int, patience: Patience) -> bool:
    """Whether the hint on record is from this very time."""
    return session.watch_until_ms == at_ms + patience.watch_s * 1000


def send_hint(watchers: Watchers, session: SessionRecord, patience: Patience) -> None:
    """Send the hint on record. It may get lost: that only means slower samples, so no failure is told."""
    with suppress(PolarisError):
        until_s = (session.watch_until_ms or 0) // 1000 + patience.watch_overlap_s
        watchers.hint(session.charger_id, session.evse_id, until_s)
