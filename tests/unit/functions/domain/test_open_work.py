"""What is due next in a session, and when."""

from __future__ import annotations

import pytest

from functions.domain.open_work import QUIET_MS, SHARDS, Work, next_due, shard_of
from functions.domain.records import IntentStatus, SessionPhase, SessionRecord
from tests.support import builders
from tests.support.clock import NOON_MS


def due(session: SessionRecord) -> tuple[str, int] | None:
    """What is due, and how many seconds after noon."""
    found = next_due(session)
    return None if found is None else (found.work.value, (found.at_ms - NOON_MS) // 1000)


@pytest.mark.parametrize(
    "session",
    [
        builders.active_session(phase=SessionPhase.ENDED),
        builders.pending_session(start=builders.start_intent(status=IntentStatus.REFUSED)),
        builders.pending_session(start=builders.start_intent(status=IntentStatus.FAILED)),
        builders.pending_session(stop=builders.stop_intent(status=IntentStatus.DONE, reason="never_started")),
        builders.pending_session(start_expired_at_ms=NOON_MS + 80_000),
    ],
)
def test_nothing_is_due_in_a_session_in_which_nothing_can_happen_any_more(session: SessionRecord) -> None:
    assert due(session) is None


@pytest.mark.parametrize("status", [IntentStatus.REQUESTED, IntentStatus.ACCEPTED, IntentStatus.EXECUTING])
def test_a_start_without_an_outcome_is_given_up_when_the_api_calls_it_expired(status: IntentStatus) -> None:
    session = builders.pending_session(start=builders.start_intent(status=status))
    assert due(session) == ("expire_start", 75)


def test_a_start_that_was_done_is_no_longer_waited_for_but_its_session_is_looked_at() -> None:
    start = builders.start_intent(status=IntentStatus.DONE, settled_at_ms=NOON_MS + 1)
    assert due(builders.pending_session(start=start)) == ("look", 900)


def test_a_stop_that_was_not_sent_is_due_at_once() -> None:
    """Scenario 15: an unconfirmed stop was sent once and never retried."""
    assert due(builders.stopping_session(stop_not_sent=True)) == ("send_stop", 2)


@pytest.mark.parametrize("status", [IntentStatus.REQUESTED, IntentStatus.ACCEPTED, IntentStatus.EXECUTING])
def test_a_stop_without_an_outcome_is_overdue_when_the_api_says_so(status: IntentStatus) -> None:
    session = builders.stopping_session(stop=builders.stop_intent(status=status))
    assert due(session) == ("note_overdue", 15)
    again = builders.stopping_session(stop_sent_at_ms=NOON_MS + 60_000)
    assert due(again) == ("note_overdue", 75)


def test_a_stop_that_was_done_is_owed_its_end() -> None:
    done = builders.stop_intent(status=IntentStatus.DONE, settled_at_ms=NOON_MS + 5000)
    assert due(builders.stopping_session(stop=done)) == ("note_overdue", 20)


def test_an_overdue_stop_is_due_once_and_then_the_session_is_looked_at() -> None:
    session = builders.stopping_session(looked_at_ms=NOON_MS + 15_000)
    assert due(session) == ("look", 1800)
    assert due(builders.stopping_session(looked_at_ms=NOON_MS + 15_000, stop_sent_at_ms=NOON_MS + 20_000)) == (
        "note_overdue",
        35,
    )


def test_a_stop_that_was_taken_back_is_due_to_be_told_once_more() -> None:
    withdrawn = builders.stop_intent(status=IntentStatus.WITHDRAWN, settled_at_ms=NOON_MS + 5000)
    assert due(builders.stopping_session(stop=withdrawn)) == ("keep_again", 20)
    told = builders.stop_intent(status=IntentStatus.WITHDRAWN, settled_at_ms=NOON_MS + 5000, kept_at_ms=NOON_MS)
    assert due(builders.stopping_session(stop=told)) == ("look", 900)


@pytest.mark.parametrize("status", [IntentStatus.REFUSED, IntentStatus.FAILED])
def test_a_stop_that_was_settled_otherwise_is_due_for_nothing(status: IntentStatus) -> None:
    assert due(builders.stopping_session(stop=builders.stop_intent(status=status))) == ("look", 900)


def test_a_stop_of_a_start_that_was_given_up_is_still_sent() -> None:
    session = builders.pending_session(
        start_expired_at_ms=NOON_MS, stop=builders.stop_intent(), stop_sent_at_ms=NOON_MS, stop_not_sent=True
    )
    assert due(session) == ("send_stop", 2)


def test_a_live_session_is_looked_at_a_quarter_to_half_an_hour_after_it_was_heard_of() -> None:
    for heard_s in (0, 1, 899, 900):
        found = next_due(builders.active_session(as_of_ms=NOON_MS + heard_s * 1000))
        assert found is not None
        assert found.work is Work.LOOK
        assert QUIET_MS <= found.at_ms - (NOON_MS + heard_s * 1000) < 2 * QUIET_MS


def test_a_stop_that_was_done_gives_its_end_a_quarter_of_an_hour_before_anything_is_concluded() -> None:
    """However long ago the last sample came."""
    done_at_ms = NOON_MS + 880_000
    done = builders.stop_intent(status=IntentStatus.DONE, settled_at_ms=done_at_ms)
    found = next_due(builders.stopping_session(stop=done, looked_at_ms=done_at_ms + 15_000))
    assert found is not None
    assert found.work is Work.LOOK
    assert found.at_ms - done_at_ms >= QUIET_MS


def test_sessions_are_spread_over_every_shard() -> None:
    assert {shard_of(f"01JB{number:022d}") for number in range(64)} == set(SHARDS)
