"""The one conditional write of a stop: in every state there is it grants exactly what `stopping.verdict` calls SEND."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest

from contract.vocabulary import RequestedBy
from functions.domain.ports import StopWrite
from functions.domain.records import IntentStatus, SessionPhase, SessionRecord
from functions.domain.stop_right import StopRight, guest_name
from functions.domain.stopping import Verdict, verdict, with_stop
from tests.contract.functions.conftest import World
from tests.support import builders
from tests.support.builders import NEIGHBOUR, OWNER, SESSION
from tests.support.clock import NOON_MS

NEW_STOP = builders.stop_intent(
    intent_id="01JC0000000000000000000001", requested_at_ms=NOON_MS + 10_000, by=RequestedBy.OPERATOR, why="zombie"
)
RESEND_BEFORE_MS = NOON_MS + 8000
SENT = [RESEND_BEFORE_MS - 1, RESEND_BEFORE_MS, RESEND_BEFORE_MS + 1, None]


def starts(phase: SessionPhase) -> list[IntentStatus]:
    if phase is SessionPhase.PENDING:
        return [IntentStatus.REQUESTED, IntentStatus.DONE, IntentStatus.REFUSED, IntentStatus.FAILED]
    return [IntentStatus.DONE, IntentStatus.REFUSED] if phase is SessionPhase.ACTIVE else [IntentStatus.DONE]


def stops() -> list[dict[str, Any]]:
    states: list[dict[str, Any]] = [{"stop": None}]
    for status in IntentStatus:
        if status.in_force:
            states += [
                {"stop": builders.stop_intent(status=status), "stop_sent_at_ms": sent_at_ms, "stop_not_sent": not_sent}
                for sent_at_ms, not_sent in itertools.product(SENT, (True, False))
            ]
        else:
            settled = builders.stop_intent(status=status, settled_at_ms=NOON_MS)
            states += [
                {"stop": it, "stop_sent_at_ms": NOON_MS} for it in (settled, replace(settled, reason="never_started"))
            ]
    return states


def every_state() -> list[SessionRecord]:
    return [
        builders.pending_session(
            phase=phase,
            start=builders.start_intent(status=start),
            started_at_ms=None if phase is SessionPhase.PENDING else NOON_MS,
            **stop,
        )
        for phase in SessionPhase
        for start in starts(phase)
        for stop in stops()
    ] + [
        builders.card_session(phase=phase, started_at_ms=started_at_ms, **stop)
        for phase in (SessionPhase.ACTIVE, SessionPhase.ENDED)
        for started_at_ms in (NOON_MS, None)
        for stop in stops()
    ]


@pytest.mark.parametrize("owner", [OWNER, NEIGHBOUR])
def test_in_every_state_the_write_applies_exactly_when_the_verdict_is_send(world: World, owner: str) -> None:
    granted = 0
    for session in every_state() if owner == OWNER else every_state()[::10]:
        world.keep(session)
        expected = verdict(session, owner=owner, resend_before_ms=RESEND_BEFORE_MS)
        write = world.sessions.request_stop(SESSION, owner=owner, stop=NEW_STOP, resend_before_ms=RESEND_BEFORE_MS)
        now = world.sessions.get(SESSION)
        if expected is Verdict.SEND:
            stopped = with_stop(session, NEW_STOP)
            granted += 1
            assert write.applied, session
            assert now is not None
            assert now.revision == session.revision + 1
            assert (now.stop, now.stop_sent_at_ms) == (stopped.stop, NEW_STOP.requested_at_ms)
            assert not now.stop_not_sent
            assert write.session == now
        else:
            assert write == StopWrite(applied=False, session=session), session
            assert now == session
    assert (granted > 0) is (owner == OWNER)


GUEST, STRANGER = guest_name(SESSION, NEIGHBOUR), guest_name(SESSION, "stranger-sub")


@pytest.mark.parametrize(
    ("right", "holder"),
    [
        (builders.stop_right(), GUEST),
        (builders.stop_right(), STRANGER),
        (builders.stop_right(holder=""), GUEST),
        (None, GUEST),
    ],
    ids=["held", "held by another", "offered", "none"],
)
def test_in_every_state_the_holder_of_the_right_may_stop_what_its_driver_may_and_nobody_else(
    world: World, right: StopRight | None, holder: str
) -> None:
    holds = right is not None and right.holder == holder
    granted = 0
    for bare in every_state() if holds else every_state()[::10]:
        session = replace(bare, stop_right=right)
        world.keep(session)
        expected = verdict(session, owner="", holder=holder, resend_before_ms=RESEND_BEFORE_MS)
        write = world.sessions.request_stop(
            SESSION, owner="", holder=holder, stop=NEW_STOP, resend_before_ms=RESEND_BEFORE_MS
        )
        of_its_driver = verdict(session, owner=OWNER, resend_before_ms=RESEND_BEFORE_MS)
        assert write.applied is (expected is Verdict.SEND) is (holds and of_its_driver is Verdict.SEND), session
        granted += write.applied
    assert (granted > 0) is holds


def test_a_session_of_nobodys_card_is_stopped_in_nobodys_name_and_in_no_drivers(world: World) -> None:
    world.keep(builders.card_session(owner=""))
    foreign = world.sessions.request_stop(SESSION, owner=OWNER, stop=NEW_STOP, resend_before_ms=RESEND_BEFORE_MS)
    assert not foreign.applied
    write = world.sessions.request_stop(SESSION, owner="", stop=NEW_STOP, resend_before_ms=RESEND_BEFORE_MS)
    assert write.applied
    assert write.session is not None
    assert write.session.stop == NEW_STOP


def test_a_drivers_session_is_not_stopped_in_nobodys_name(world: World) -> None:
    world.keep(builders.active_session())
    write = world.sessions.request_stop(SESSION, owner="", stop=NEW_STOP, resend_before_ms=RESEND_BEFORE_MS)
    assert write == StopWrite(applied=False, session=builders.active_session())


@pytest.mark.parametrize("owner", [OWNER, ""])
def test_a_session_nobody_has_is_not_made_by_stopping_it(world: World, owner: str) -> None:
    write = world.sessions.request_stop(SESSION, owner=owner, stop=NEW_STOP, resend_before_ms=RESEND_BEFORE_MS)
    assert write == StopWrite(applied=False, session=None)
    assert world.sessions.get(SESSION) is None
