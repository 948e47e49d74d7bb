"""The port `Sessions`: an owner's list and a session's curve, page by page."""

from __future__ import annotations

from dataclasses import replace

import pytest

from functions.adapters import items
from functions.domain.errors import CallerError
from functions.domain.records import MeterSample
from tests.contract.functions.conftest import SESSIONS, World
from tests.support import builders
from tests.support.builders import NEIGHBOUR, OWNER, SESSION
from tests.support.clock import NOON_MS


def owners_list(world: World, limit: int, from_ms: int | None = None, to_ms: int | None = None) -> list[str]:
    seen: list[str] = []
    cursor = None
    while True:
        page = world.sessions.of_owner(OWNER, from_ms=from_ms, to_ms=to_ms, limit=limit, cursor=cursor)
        assert len(page.items) <= limit
        assert all(it.owner == OWNER for it in page.items)
        seen += [it.session_id for it in page.items]
        cursor = page.cursor
        if cursor is None:
            return seen


def seven_sessions(world: World) -> list[str]:
    ids = [f"01JB{number:022d}" for number in range(7)]
    for number, session_id in enumerate(ids):
        world.keep(builders.active_session(session_id=session_id, created_at_ms=NOON_MS + number))
    world.keep(builders.active_session(session_id="01JB" + "9" * 22, owner=NEIGHBOUR))
    return ids[::-1]


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8, 100])
def test_an_owners_sessions_come_newest_first_and_each_once(world: World, limit: int) -> None:
    assert seven_sessions(world) == owners_list(world, limit)


def test_a_session_without_an_owner_is_in_nobodys_list(world: World) -> None:
    world.keep(builders.card_session(owner=""), builders.card_session(session_id=builders.OTHER_SESSION))
    assert owners_list(world, 10) == [builders.OTHER_SESSION]


def test_samples_are_no_sessions(world: World) -> None:
    world.keep(builders.active_session())
    world.sessions.add_meter_sample(sample(0, NOON_MS))
    assert owners_list(world, 10) == [SESSION]


def test_times_bound_a_list_on_both_sides_inclusively(world: World) -> None:
    seven_sessions(world)
    assert owners_list(world, 2, NOON_MS + 2, NOON_MS + 4) == [f"01JB{number:022d}" for number in (4, 3, 2)]
    assert owners_list(world, 2, NOON_MS + 7, None) == []
    assert owners_list(world, 2, None, 0) == []


def test_bounds_the_wrong_way_round_hold_nothing(world: World) -> None:
    seven_sessions(world)
    assert owners_list(world, 2, NOON_MS + 4, NOON_MS + 2) == []


@pytest.mark.parametrize(
    "cursor", ["", "x", f"{NOON_MS}", f"#{SESSION}", f"{NOON_MS}#{SESSION}\n", f"{NOON_MS - 1}#{SESSION}"]
)
def test_a_position_that_is_none_of_the_list_is_the_callers_doing(world: World, cursor: str) -> None:
    seven_sessions(world)
    if cursor == "":
        assert world.sessions.of_owner(OWNER, from_ms=None, to_ms=None, limit=9, cursor=cursor).items
        return
    with pytest.raises(CallerError) as error:
        world.sessions.of_owner(OWNER, from_ms=NOON_MS, to_ms=None, limit=2, cursor=cursor)
    assert error.value.code == "invalid_request"


def test_a_list_goes_on_although_the_session_it_stopped_at_changed(world: World) -> None:
    seven_sessions(world)
    page = world.sessions.of_owner(OWNER, from_ms=None, to_ms=None, limit=3, cursor=None)
    last = page.items[-1]
    assert world.sessions.replace(last, replace(last, power_w=1))
    rest = world.sessions.of_owner(OWNER, from_ms=None, to_ms=None, limit=9, cursor=page.cursor)
    assert [it.session_id for it in rest.items] == [f"01JB{number:022d}" for number in (3, 2, 1, 0)]


def sample(seq: int, at_ms: int, power_w: int | None = 0, session_id: str = SESSION) -> MeterSample:
    return MeterSample(session_id=session_id, seq=seq, at_ms=at_ms, meter_wh=seq, power_w=power_w)


def curve(world: World, limit: int) -> list[MeterSample]:
    seen: list[MeterSample] = []
    cursor = None
    while True:
        page = world.sessions.meter_samples(SESSION, limit=limit, cursor=cursor)
        assert len(page.items) <= limit
        seen += page.items
        cursor = page.cursor
        if cursor is None:
            return seen


@pytest.mark.parametrize("limit", [1, 2, 4, 5, 1000])
def test_a_curve_comes_oldest_first_whatever_order_it_came_in_and_each_point_once(world: World, limit: int) -> None:
    points = [sample(0, NOON_MS, None), sample(1, NOON_MS), sample(2, NOON_MS + 1), sample(12, NOON_MS + 2)]
    for point in [*points[::-1], *points]:
        world.sessions.add_meter_sample(point)
    world.sessions.add_meter_sample(sample(1, NOON_MS, session_id=builders.OTHER_SESSION))
    world.keep(builders.active_session())
    assert curve(world, limit) == points


def test_a_session_without_samples_has_an_empty_curve(world: World) -> None:
    world.keep(builders.active_session())
    assert curve(world, 10) == []


@pytest.mark.parametrize("cursor", ["x", "1#2", f"{NOON_MS:013d}#00000001\n", "charger"])
def test_a_position_that_is_none_of_the_curve_is_the_callers_doing(world: World, cursor: str) -> None:
    with pytest.raises(CallerError) as error:
        world.sessions.meter_samples(SESSION, limit=2, cursor=cursor)
    assert error.value.code == "invalid_request"


@pytest.mark.parametrize("world", ["dynamodb"], indirect=True)
def test_a_sample_expires_four_hundred_days_after_it_was_taken(world: World) -> None:
    assert world.aws is not None
    world.sessions.add_meter_sample(sample(3, NOON_MS))
    stored = world.aws.item(SESSIONS, {"session_id": SESSION, "item": f"{items.METER_PREFIX}{NOON_MS:013d}#00000003"})
    assert stored["expires_at"] == {"N": str(NOON_MS // 1000 + 400 * 86_400)}
