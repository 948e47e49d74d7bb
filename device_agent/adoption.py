"""A session whose journal is lost, taken on again from what this charger last said of it in its shadow. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import ValidationError

from contract.reports import SessionReport
from contract.vocabulary import SessionState
from device_agent.records import Phase, SessionRecord

if TYPE_CHECKING:
    from device_agent.records import Moment

NEXT_SEQ_AT_MOST = 9_000_000
"""The contract ends at 10 million; after 104 days of one session, the rest is for what it still has to say."""


def live_session(reported: object) -> SessionReport | None:
    """The session a shadow's `reported` section shows as running, if it shows one."""
    try:
        told = SessionReport.read(reported["session"][0]) if isinstance(reported, dict) else None
    except (KeyError, IndexError, TypeError, ValidationError):
        return None
    return told if told is not None and told.state is not SessionState.ENDED else None


def adopted(told: SessionReport, known: SessionRecord, wh: int, now: Moment) -> SessionRecord:
    """The running session as the journal would have it.

    The lost numbers are left behind by a count that is always ahead of them: one for `started`, and at most one meter
    event in two seconds (`metering.METER_AT_MOST_S`), so fewer than the seconds since it started, plus two.

    Args:
        told: what the shadow says of it.
        known: what the journal says of it, which is nothing but perhaps a withdrawn stop.
        wh: the continuous register, not below what the session has drawn.
        now: this instant.
    """
    lasted_s = max(0, max(now.at, told.at) - told.started_at)
    return replace(
        known,
        phase=Phase.ACTIVE,
        transaction_id=told.transaction_id,
        started_at=told.started_at,
        meter_start_wh=wh - told.energy_wh,
        meter_wh=wh,
        next_seq=min(lasted_s + 2, NEXT_SEQ_AT_MOST),
    )
