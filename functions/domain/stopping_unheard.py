"""A stop that its charger has not heard, although it speaks of the session, is sent again, on the same path as a tap.

An EVSE's shadow has one place for an intent: a stop that waits there for a charger without a link is lost if an intent
for another session of that EVSE is written after it.
"""

from __future__ import annotations

from contextlib import suppress

from contract.reports import Reported
from functions.domain.errors import TemporaryError
from functions.domain.ports import Sessions
from functions.domain.records import IntentStatus, SessionRecord
from functions.domain.stopping import Stopping
from functions.domain.transitions import is_running


def send_stop_unheard(stopping: Stopping, session: SessionRecord) -> None:
    """Send the stop of this session again if its charger, which has just spoken of it, owes the first word on it.

    Not one that was sent a moment ago: what the charger says may have been under way then. It is the same intent, so
    that a charger which has heard it does nothing more (docs/architecture.md).
    """
    stop = session.stop
    if session.end is not None or stop is None or stop.status is not IntentStatus.REQUESTED:
        return
    if stopping.clock() - (session.stop_sent_at_ms or 0) <= stopping.patience.resend_after_s * 1000:
        return
    with suppress(TemporaryError):  # then it is on record as not sent, and the sweeper sends it
        stopping.send(session)


def send_stop_of_running(
    stopping: Stopping, sessions: Sessions, report: Reported, answered: SessionRecord | None
) -> None:
    """The same for the session that a report shows as running; `answered` is the one whose intent it copies."""
    if report.session is None or not is_running(report):
        return
    running = report.session[0].session_id
    session = answered if answered is not None and answered.session_id == running else sessions.get(running)
    heard = report.intent[0].get("id") if report.intent else None
    if session is not None and session.stop is not None and session.stop.intent_id != heard:
        send_stop_unheard(stopping, session)
