"""The port `Chargers`: the list in whole chargers, and conditional writing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from contract.vocabulary import CableState, EvseStatus
from functions.adapters import items
from functions.domain.errors import CallerError
from functions.domain.records import Charger, ChargerRecord, EvseRecord
from tests.contract.functions.conftest import CHARGERS, World
from tests.support import builders
from tests.support.builders import CHARGER, TARIFF
from tests.support.clock import NOON_MS

NEVER = builders.charger(connected=None, presence_at_ms=None, presence_session=None, image_url="", address="")
AWAY = builders.charger(
    connected=False,
    latitude=-33.9,
    longitude=0.0,
    in_service=False,
    accepts_cards=True,
    presence_version=0,
    tariff=TARIFF,
)
BLANK = builders.evse(status=None, cable=None, shadow_version=None, reported_at_ms=None)
FULL = builders.evse(
    status=EvseStatus.FAULTED,
    error="GroundFailure",
    cable=CableState.STUCK,
    reported_session_id="a",
    shadow_version=0,
    reported_at_ms=0,
    unplugged_at_ms=NOON_MS,
    current_session_id="b",
    current_owner="c",
    hold_until_ms=NOON_MS,
    released_session_id="d",
)


def fleet(world: World, chargers: int, evses: int) -> list[str]:
    ids = [f"PX-{number:04d}" for number in range(chargers)]
    for charger_id in ids:
        world.keep(builders.charger(charger_id=charger_id, evse_count=evses))
        world.keep(*(builders.evse(charger_id=charger_id, evse_id=number) for number in range(1, evses + 1)))
    return ids


def listed(world: World, limit: int) -> list[Charger]:
    seen: list[Charger] = []
    cursor = None
    while True:
        page = world.chargers.page(limit=limit, cursor=cursor)
        assert len(page.items) <= limit
        seen += page.items
        cursor = page.cursor
        if cursor is None:
            return seen


@pytest.mark.parametrize(("chargers", "evses"), [(0, 0), (1, 2), (7, 0), (7, 2), (30, 3), (3, 32)])
@pytest.mark.parametrize("limit", [1, 2, 7, 100])
def test_every_charger_is_listed_once_and_whole(world: World, chargers: int, evses: int, limit: int) -> None:
    ids = fleet(world, chargers, evses)
    found = listed(world, limit)
    assert sorted(it.charger.charger_id for it in found) == ids
    for it in found:
        assert [evse.evse_id for evse in it.evses] == list(range(1, evses + 1))


def test_an_evse_without_its_charger_is_not_listed(world: World) -> None:
    world.keep(builders.evse(charger_id="PX-0000"), builders.charger(), builders.evse())
    assert [it.charger.charger_id for it in listed(world, 1)] == [CHARGER]
    assert world.chargers.get("PX-0000") is None


@pytest.mark.parametrize("cursor", ["x", "PX 1|charger", "PX-0001", "PX-0001|evse#1\n", "|charger"])
def test_a_position_that_is_none_is_the_callers_doing(world: World, cursor: str) -> None:
    with pytest.raises(CallerError) as error:
        world.chargers.page(limit=2, cursor=cursor)
    assert error.value.code == "invalid_request"


@pytest.mark.parametrize("record", [builders.charger(), NEVER, AWAY], ids=["usual", "never connected", "away"])
def test_a_charger_comes_back_as_it_was(world: World, record: ChargerRecord) -> None:
    world.keep(record, builders.evse(evse_id=2), builders.evse(evse_id=10), builders.evse())
    assert world.chargers.record(CHARGER) == record
    whole = world.chargers.get(CHARGER)
    assert whole is not None
    assert whole.charger == record
    assert [it.evse_id for it in whole.evses] == [1, 2, 10]


@pytest.mark.parametrize("record", [builders.evse(), BLANK, FULL], ids=["usual", "blank", "full"])
def test_an_evse_comes_back_as_it_was(world: World, record: EvseRecord) -> None:
    world.keep(record)
    assert world.chargers.evse(CHARGER, 1) == record


def test_what_nobody_has_is_none(world: World) -> None:
    assert world.chargers.get(CHARGER) is None
    assert world.chargers.record(CHARGER) is None
    assert world.chargers.evse(CHARGER, 1) is None


@pytest.mark.parametrize(("old", "new"), [(builders.evse(), FULL), (FULL, BLANK), (BLANK, FULL)])
def test_of_two_writers_who_saw_the_same_evse_one_writes(world: World, old: EvseRecord, new: EvseRecord) -> None:
    world.keep(old)
    assert world.chargers.replace_evse(old, new)
    assert world.chargers.evse(CHARGER, 1) == replace(new, revision=2)
    assert not world.chargers.replace_evse(old, builders.evse(error="late"))
    assert world.chargers.evse(CHARGER, 1) == replace(new, revision=2)


@pytest.mark.parametrize(("old", "new"), [(builders.charger(), AWAY), (AWAY, NEVER), (NEVER, AWAY)])
def test_of_two_writers_who_saw_the_same_charger_one_writes(
    world: World, old: ChargerRecord, new: ChargerRecord
) -> None:
    world.keep(old)
    assert world.chargers.replace_charger(old, new)
    assert world.chargers.record(CHARGER) == replace(new, revision=2)
    assert not world.chargers.replace_charger(old, builders.charger(name="late"))
    assert world.chargers.record(CHARGER) == replace(new, revision=2)


def test_what_is_not_there_is_not_written(world: World) -> None:
    assert not world.chargers.replace_evse(builders.evse(revision=0), builders.evse(error="x"))
    assert not world.chargers.replace_charger(builders.charger(revision=0), builders.charger(name="x"))
    assert world.chargers.get(CHARGER) is None


def test_what_the_installer_put_in_without_a_revision_is_written_once(world: World) -> None:
    seeded = builders.evse(revision=0)
    world.keep(seeded)
    if world.aws is not None:
        item = items.to_item(seeded) | items.evse_key(CHARGER, 1)
        del item["revision"]
        world.aws.put(CHARGERS, item)
    assert world.chargers.evse(CHARGER, 1) == seeded
    assert world.chargers.replace_evse(seeded, FULL)
    assert not world.chargers.replace_evse(seeded, BLANK)
    assert world.chargers.evse(CHARGER, 1) == replace(FULL, revision=1)


@pytest.mark.parametrize("world", ["dynamodb"], indirect=True)
@pytest.mark.parametrize(
    "tariff",
    [
        {"currency": "EUR", "per_kwh": Decimal("-0.1")},
        {"currency": "EUR", "per_kwh": Decimal("0.00001")},
        {"currency": "EUR", "start_fee": Decimal(10**9)},
        {"currency": "EUR", "per_minute": "2"},
        {"currency": "euro"},
        {"currency": 978},
        {"per_kwh": Decimal(1)},
        {"currency": "EUR", "per_mile": Decimal(1)},
        "EUR",
    ],
    ids=str,
)
def test_a_tariff_that_cannot_be_is_none_and_its_charger_goes_on(world: World, tariff: object) -> None:
    assert world.aws is not None
    record = builders.charger()
    world.aws.put(CHARGERS, items.to_item(record) | items.charger_key(CHARGER) | {"tariff": tariff})
    assert world.chargers.record(CHARGER) == record
