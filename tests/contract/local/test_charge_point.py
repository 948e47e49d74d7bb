"""What the simulated charge point does when it is asked, and what people do at it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.support.charge_point_world import World

pytestmark = pytest.mark.anyio

CARD, OTHER = "04A22B", "04FFFF"


async def test_it_says_hello_and_then_the_status_of_every_connector(world: World) -> None:
    await world.csms.first("StatusNotification", 2)

    assert world.csms.said[0][0] == "BootNotification"
    key = "status" if world.version == "1.6" else "connectorStatus"
    told = {each.get("evseId", each["connectorId"]): each[key] for each in world.csms.all("StatusNotification")}
    assert told == {1: "Preparing" if world.version == "1.6" else "Occupied", 2: "Available"}


async def test_it_starts_and_stops_as_ordered_and_tells_both_with_the_meter(world: World) -> None:
    before = await world.do("describe")
    transaction = await world.charging()
    began = await world.began()
    assert (began["token"], began["meter"]) == ("PX01", before["meter_wh"])
    await world.do("set_clock_rate", rate=900)
    await world.plant_until(power_w=11000)

    assert await world.stop(transaction) == "Accepted"

    ended = await world.ended()
    meter = await world.do("describe")
    assert (ended["reason"], ended["meter"], ended["token"]) == ("Remote", meter["meter_wh"], None)
    assert (meter["contactor_closes"], meter["contactor_opens"]) == (1, 1)
    assert meter["meter_wh"] > 0


async def test_a_stop_of_a_transaction_it_does_not_know_is_rejected(world: World) -> None:
    await world.charging()
    assert await world.stop(8 if world.version == "1.6" else "8") == "Rejected"
    assert (await world.do("describe"))["contactor_closed"]


async def test_an_order_without_a_car_waits_for_the_plug(world: World) -> None:
    await world.csms.first("StatusNotification", 2)
    assert await world.start(2) == "Accepted"
    assert world.letters() == []

    await world.do("plug", 2)

    assert (await world.began())["token"] == "PX01"


async def test_hardware_that_refuses_makes_it_reject(world: World) -> None:
    await world.csms.first("StatusNotification", 2)
    await world.do("set_fault", name="refuses_to_close", on=True)
    assert await world.start() == "Rejected"
    await world.do("set_fault", name="refuses_to_close", on=False)
    transaction = await world.charging()
    await world.do("set_fault", name="refuses_to_open", on=True)
    assert await world.stop(transaction) == "Rejected"
    assert world.letters() == ["began"]


async def test_a_welded_contactor_is_accepted_without_effect(world: World) -> None:
    transaction = await world.charging()
    await world.do("set_fault", name="contactor_welded", on=True)

    assert await world.stop(transaction) == "Accepted"

    assert world.letters() == ["began"]
    await world.do("set_fault", name="contactor_welded", on=False)
    assert await world.stop(transaction) == "Accepted"
    assert (await world.ended())["reason"] == "Remote"


async def test_power_that_keeps_flowing_is_told_when_asked_and_so_is_its_end(world: World) -> None:
    transaction = await world.charging()
    await world.do("set_clock_rate", rate=100)
    await world.plant_until(power_w=11000)
    await world.do("set_fault", name="power_keeps_flowing", on=True)
    assert await world.stop(transaction) == "Accepted"
    assert (await world.ended())["reason"] == "Remote"

    where = {"connectorId": 1} if world.version == "1.6" else {"evse": {"id": 1}}
    answer = await world.csms.call("TriggerMessage", {"requestedMessage": "MeterValues"} | where)

    assert answer == {"status": "Accepted"}
    assert power(await world.csms.first("MeterValues")) == 11000
    await world.do("set_fault", name="power_keeps_flowing", on=False)
    assert power(await world.csms.first("MeterValues", 2)) == 0


def power(payload: dict[str, Any]) -> float:
    [value] = payload["meterValue"]
    return float(value["sampledValue"][1]["value"])


async def test_silent_hardware_makes_a_silent_charge_point(world: World) -> None:
    transaction = await world.charging()
    await world.do("set_fault", name="silent", on=True)

    answer = asyncio.create_task(world.stop(transaction))
    done, _ = await asyncio.wait([answer], timeout=0.3)

    assert not done
    answer.cancel()


async def test_the_meter_is_told_at_the_interval_that_was_set(world: World) -> None:
    if world.version == "1.6":
        call = ("ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "1"})
        assert await world.csms.call(*call) == {"status": "Accepted"}
        assert await world.csms.call("ChangeConfiguration", {"key": "Colour", "value": "1"}) == {
            "status": "NotSupported"
        }
        told = await world.csms.call("GetConfiguration", {"key": ["MeterValueSampleInterval", "Colour"]})
        known = {"key": "MeterValueSampleInterval", "readonly": False, "value": "1"}
        assert told == {"configurationKey": [known], "unknownKey": ["Colour"]}
        await world.charging()
        assert (await world.csms.first("MeterValues"))["transactionId"] == 7
    else:
        names = {"component": {"name": "SampledDataCtrlr"}, "variable": {"name": "TxUpdatedInterval"}}
        answer = await world.csms.call("SetVariables", {"setVariableData": [names | {"attributeValue": "1"}]})
        assert answer["setVariableResult"][0]["attributeStatus"] == "Accepted"
        await world.charging()
        await world.csms.first("TransactionEvent", eventType="Updated", triggerReason="MeterValuePeriodic")


@pytest.mark.parametrize(
    ("op", "reason"), [("unplug", "EVDisconnected"), ("emergency", "EmergencyStop"), ("press_stop", "Local")]
)
async def test_what_people_do_at_the_box_ends_the_transaction_with_its_reason(
    world: World, op: str, reason: str
) -> None:
    await world.charging()

    await world.do(op)

    assert (await world.ended())["reason"] == reason
    if op == "emergency":
        key = "status" if world.version == "1.6" else "connectorStatus"
        wanted: dict[str, Any] = {key: "Faulted"}
        await world.csms.first("StatusNotification", **wanted)


async def test_a_card_begins_and_the_same_card_ends(world: World) -> None:
    world.know_cards({CARD: "ANNE"})
    await world.csms.first("StatusNotification", 2)
    await world.do("tap", card=CARD)
    assert (await world.began())["token"] == CARD
    await world.plant_until(display="card accepted")

    await world.do("tap", card=CARD)

    ended = await world.ended()
    assert (ended["reason"], ended["token"]) == ("Local", CARD)


async def test_another_card_ends_it_only_if_it_is_of_the_same_group(world: World) -> None:
    world.know_cards({CARD: "ANNE", "04A22C": "ANNE", OTHER: "BEN"})
    await world.csms.first("StatusNotification", 2)
    await world.do("tap", card=CARD)
    await world.began()

    await world.do("tap", card=OTHER)
    await world.plant_until(display="card refused")
    assert world.letters() == ["began"]
    await world.do("tap", card="04A22C")

    ended = await world.ended()
    assert (ended["reason"], ended["token"]) == ("Local", "04A22C")


async def test_a_card_that_is_not_known_begins_nothing(world: World) -> None:
    world.know_cards({})
    await world.csms.first("StatusNotification", 2)

    await world.do("tap", card=CARD)

    await world.plant_until(display="card refused", contactor_closes=0)


async def test_a_transaction_that_is_not_accepted_is_ended(world: World) -> None:
    world.know_cards({})
    await world.csms.first("StatusNotification", 2)
    assert await world.start() == "Accepted"

    assert (await world.ended())["reason"] == "DeAuthorized"
    assert not (await world.do("describe"))["contactor_closed"]


async def test_a_reset_ends_what_runs_and_begins_anew(world: World) -> None:
    await world.charging()
    kind = "Soft" if world.version == "1.6" else "Immediate"

    assert await world.csms.call("Reset", {"type": kind}) == {"status": "Accepted"}

    reason = "SoftReset" if world.version == "1.6" else "ImmediateReset"
    await world.csms.first("BootNotification", 2)
    assert (await world.ended())["reason"] == reason


async def test_an_unlock_lets_go_of_the_cable_unless_it_is_stuck(world: World) -> None:
    await world.csms.first("StatusNotification", 2)
    where = {"connectorId": 1} | ({} if world.version == "1.6" else {"evseId": 1})
    assert await world.csms.call("UnlockConnector", where) == {"status": "Unlocked"}
    transaction = await world.charging()
    await world.do("set_fault", name="cable_stuck", on=True)
    assert await world.stop(transaction) == "Accepted"
    await world.ended()

    assert await world.csms.call("UnlockConnector", where) == {"status": "UnlockFailed"}
