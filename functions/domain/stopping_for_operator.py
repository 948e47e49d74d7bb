"""A stop that an operator asks for, on the same path as a tap; a stop in force becomes theirs as well (ADR 0020)."""

from __future__ import annotations

from dataclasses import replace

from contract.vocabulary import RequestedBy
from functions.domain.change import ATTEMPTS, change
from functions.domain.errors import TemporaryError
from functions.domain.outlook import is_wanted_by_operator
from functions.domain.records import SessionRecord
from functions.domain.stopping import Stopping


def stop_for_operator(stopping: Stopping, session_id: str, *, owner: str, why: str) -> SessionRecord:
    """Stop this session so that its driver cannot take it back.

    A stop in force stays the intent that it is, and the record says first that an operator wants it too: if it then
    cannot be sent, it is theirs all the same.

    Raises:
        CallerError: session_not_found.
        TemporaryError: not_sent, the stop is on record; unavailable.
    """
    for _ in range(ATTEMPTS):
        change(
            lambda: stopping.sessions.get(session_id),
            stopping.sessions.replace,
            lambda current: _joined(current, why, now_ms=stopping.clock()),
        )
        session = stopping.stop(session_id, owner=owner, by=RequestedBy.OPERATOR, why=why)
        if session == _joined(session, why, now_ms=stopping.clock()):
            return session
        # Its driver's first tap came in between.
    raise TemporaryError("unavailable", "The record kept changing.")


def _joined(session: SessionRecord, why: str, *, now_ms: int) -> SessionRecord:
    """The session with its stop in force wanted by an operator, if none wants it yet."""
    stop = session.stop
    if session.end is not None or stop is None or not stop.status.in_force or is_wanted_by_operator(stop):
        return session
    return replace(session, stop=replace(stop, operator_at_ms=now_ms, operator_why=why))
