"""The simulated charge point when its line breaks, nobody answers, or it loses its power."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from tests.support.charge_point_world import World, running

pytestmark = pytest.mark.anyio


async def test_what_nobody_answers_is_repeated_in_order(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    module = "v16" if world.version == "1.6" else "v201"
    monkeypatch.setattr(f"local.charge_point.{module}.ANSWER_WITHIN_S", 0.1)
    await world.csms.first("StatusNotification", 2)
    await world.csms.hang_up()  # the next connection has the shorter patience
    name = "StartTransaction" if world.version == "1.6" else "TransactionEvent"
    answer = world.csms.answers[name]
    world.csms.answers[name] = None
    await world.csms.first("BootNotification", 2)
    assert await world.start() == "Accepted"
    await world.csms.first(name, 3)
    await world.do("unplug")
    assert set(world.letters()) == {"began"}

    world.csms.answers[name] = answer

    await world.ended()
    assert world.letters()[-2:] == ["began", "ended"]


async def test_what_happens_while_nobody_listens_is_told_afterwards_even_over_a_restart(world: World) -> None:
    transaction = await world.charging()
    await world.switch_off()
    world.switch_on()
    await world.csms.first("BootNotification", 2)
    name = "StopTransaction" if world.version == "1.6" else "TransactionEvent"
    answer = world.csms.answers[name]
    world.csms.answers[name] = lambda told: answer if told.get("eventType") == "Started" else None

    await world.do("unplug")
    await world.ended()
    await world.switch_off()
    world.csms.answers[name] = answer
    world.switch_on()

    ended = await world.ended(2)
    assert ended["reason"] == "EVDisconnected"
    if world.version == "1.6":
        assert world.csms.all("StopTransaction")[1]["transactionId"] == transaction
    else:
        told = world.csms.all("TransactionEvent")
        assert {each["transactionInfo"]["transactionId"] for each in told} == {transaction}
        assert told[-1]["offline"] is True


async def test_a_transaction_goes_on_over_its_restart_and_ends_with_the_power(world: World) -> None:
    transaction = await world.charging()
    await world.switch_off()
    world.switch_on()
    await world.csms.first("BootNotification", 2)
    assert world.letters() == ["began"]
    await world.switch_off()

    await world.do("power_cut")
    world.switch_on()

    assert (await world.ended())["reason"] == "PowerLoss"
    assert await world.stop(transaction) == "Rejected"


async def test_a_command_that_is_under_way_when_the_line_breaks_is_dropped(world: World) -> None:
    transaction = await world.charging()
    await world.do("hold", on="before")
    stopping = asyncio.create_task(world.stop(transaction))
    await world.plant_until(held=["stop"])

    await world.csms.hang_up()
    await world.plant_until(held=[])
    await world.do("hold", on="off")

    await world.csms.first("BootNotification", 2)
    assert (await world.do("describe"))["contactor_closed"]
    stopping.cancel()
    assert await world.stop(transaction) == "Accepted"


async def test_a_command_that_was_carried_out_when_the_line_broke_ends_for_the_reason_it_was_given(
    world: World,
) -> None:
    transaction = await world.charging()
    await world.do("hold", on="after")
    stopping = asyncio.create_task(world.stop(transaction))
    await world.plant_until(held=["stop"])

    await world.csms.hang_up()
    await world.do("hold", on="off")

    assert (await world.ended())["reason"] == "Remote"
    stopping.cancel()


async def test_as_a_process_it_works_until_it_is_asked_to_end(tmp_path: Path) -> None:
    async with running("1.6", tmp_path) as world:
        await world.csms.first("StatusNotification", 2)
        await world.switch_off()
        url = f"ws://127.0.0.1:{world.csms.port}/ocpp/PX-0001"
        options = ["--version", "1.6", "--url", url, "--plant", str(world.path), "--charger", "PX-0001"]
        options += ["--memory", str(tmp_path / "other.json")]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "local.charge_point", *options, env=os.environ | {"CHARGE_POINT_PASSWORD": "secret"}
        )
        await world.csms.first("StatusNotification", 4)
        assert world.csms.credentials == "Basic UFgtMDAwMTpzZWNyZXQ="
        process.terminate()
        assert await process.wait() == 0
