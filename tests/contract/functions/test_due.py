"""The port `Sessions`: what is due, by shard and deadline; a session in which nothing is due is in no index."""

from __future__ import annotations

from dataclasses import replace

import pytest

from functions.adapters import items
from functions.adapters.dynamodb_sessions import DynamoSessions
from functions.domain.open_work import QUIET_MS, SHARDS, next_due, shard_of
from functions.domain.records import IntentStatus, SessionPhase, SessionRecord
from tests.contract.functions.conftest import CHARGERS, SESSIONS, Aws, World
from tests.support import builders
from tests.support.builders import OWNER, SESSION
from tests.support.clock import NOON_MS

LATE = NOON_MS + 10 * QUIET_MS
OVER = builders.active_session(phase=SessionPhase.ENDED)
REFUSED = builders.pending_session(start=builders.start_intent(status=IntentStatus.REFUSED))


def all_due(world: World, before_ms: int = LATE) -> list[str]:
    return [it for shard in SHARDS for it in world.sessions.due(shard, before_ms=before_ms, limit=100)]


def of_one_shard(count: int) -> list[str]:
    numbered = (f"01JB{number:022d}" for number in range(1000))
    return [it for it in numbered if shard_of(it) == SHARDS[0]][:count]


def test_what_is_due_comes_longest_due_first_as_many_as_asked_for(world: World) -> None:
    ids = of_one_shard(5)
    for place, session_id in enumerate(ids):
        expires_at_s = builders.NOON_S + 60 - place
        world.keep(
            builders.pending_session(session_id=session_id, start=builders.start_intent(expires_at_s=expires_at_s))
        )
    assert world.sessions.due(SHARDS[0], before_ms=LATE, limit=100) == ids[::-1]
    assert world.sessions.due(SHARDS[0], before_ms=LATE, limit=2) == [ids[4], ids[3]]
    assert world.sessions.due(SHARDS[1], before_ms=LATE, limit=100) == []


def test_a_deadline_counts_from_its_very_millisecond_on(world: World) -> None:
    world.keep(builders.pending_session())
    due = next_due(builders.pending_session())
    assert due is not None
    assert all_due(world, due.at_ms - 1) == []
    assert all_due(world, due.at_ms) == [SESSION]


@pytest.mark.parametrize("over", [OVER, REFUSED], ids=["ended", "never began"])
def test_a_session_in_which_nothing_is_due_any_more_leaves_the_index(world: World, over: SessionRecord) -> None:
    world.keep(builders.pending_session())
    assert all_due(world) == [SESSION]
    assert world.sessions.replace(builders.pending_session(), over)
    assert all_due(world) == []


def test_a_session_is_in_the_index_from_its_first_write_on(world: World) -> None:
    world.keep(builders.evse())
    session = builders.pending_session(revision=0)
    world.sessions.create(session, evse_before=builders.evse(), evse_after=builders.evse())
    world.sessions.add(builders.card_session(session_id=builders.OTHER_SESSION))
    assert sorted(all_due(world)) == [SESSION, builders.OTHER_SESSION]


def test_samples_are_not_due(world: World) -> None:
    world.keep(OVER)
    assert all_due(world) == []


def test_a_tap_on_stop_sets_the_deadline_in_its_one_write(world: World) -> None:
    world.keep(builders.active_session())
    world.sessions.request_stop(SESSION, owner=OWNER, stop=builders.stop_intent(), resend_before_ms=NOON_MS)
    assert all_due(world, NOON_MS + 14_999) == []
    assert all_due(world, NOON_MS + 15_000) == [SESSION]


def test_what_is_put_off_is_due_then_until_the_next_write_of_its_session(world: World) -> None:
    world.keep(builders.pending_session())
    due = next_due(builders.pending_session())
    assert due is not None
    world.sessions.postpone(SESSION, until_ms=due.at_ms + 50_000)
    assert (all_due(world, due.at_ms + 49_999), all_due(world, due.at_ms + 50_000)) == ([], [SESSION])
    assert world.sessions.replace(builders.pending_session(), builders.pending_session())
    assert all_due(world, due.at_ms) == [SESSION]


def test_putting_off_brings_nothing_forward_and_what_is_over_not_back(world: World) -> None:
    world.keep(builders.pending_session(), replace(OVER, session_id=builders.OTHER_SESSION))
    due = next_due(builders.pending_session())
    assert due is not None
    for session_id in (SESSION, builders.OTHER_SESSION, "01JB0000000000000000000077"):
        world.sessions.postpone(session_id, until_ms=due.at_ms - 1)
    assert all_due(world, due.at_ms - 1) == []
    assert all_due(world) == [SESSION]


def test_a_record_of_an_older_release_gets_its_deadline_with_its_next_write(aws: Aws) -> None:
    session = builders.active_session()
    item = items.session_to_item(session)
    aws.put(SESSIONS, {name: value for name, value in item.items() if name not in (items.SHARD, items.DUE)})
    sessions = DynamoSessions(aws.dynamodb, SESSIONS, CHARGERS)
    assert sessions.due(shard_of(SESSION), before_ms=LATE, limit=1) == []
    assert sessions.replace(session, session)
    assert sessions.due(shard_of(SESSION), before_ms=LATE, limit=1) == [SESSION]


def test_a_sample_within_the_same_quarter_of_an_hour_does_not_move_the_index() -> None:
    """The index is billed by what changes in it; a charging car sends a sample every minute."""
    first = items.session_to_item(builders.active_session(as_of_ms=NOON_MS + 1))
    later = items.session_to_item(builders.active_session(as_of_ms=NOON_MS + QUIET_MS - 1))
    assert (first[items.SHARD], first[items.DUE]) == (later[items.SHARD], later[items.DUE])
