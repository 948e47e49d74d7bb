"""The agent's driver against the plant's process: what the driver promises, and what tests may do to the hardware."""

from __future__ import annotations

import stat
import threading
import time
from typing import TYPE_CHECKING

import pytest

from contract.vocabulary import CableState, EndReason
from device_agent.drivers.base import DriverRefused, DriverUnreachable, Order
from device_agent.drivers.simulated import driver as driver_module
from device_agent.drivers.simulated.driver import SimulatedDriver
from tests.support.charger_plant import PlantProcess, start_plant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[PlantProcess]:
    plant = start_plant(tmp_path)
    yield plant
    assert plant.end() == 0


@pytest.fixture
def driver(plant: PlantProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimulatedDriver]:
    monkeypatch.setattr(driver_module, "OBSERVE_TIMEOUT_S", 0.2)
    monkeypatch.setattr(driver_module, "COMMAND_TIMEOUT_S", 0.2)
    driver = SimulatedDriver(plant.path, "PX-0001")
    yield driver
    driver.close()


def start(driver: SimulatedDriver, evse_id: int = 1) -> None:
    driver.start(evse_id, Order("01JD0000000000000000000001")).result(timeout=0)


def stop(driver: SimulatedDriver, evse_id: int = 1) -> None:
    driver.stop(evse_id, "tx-1").result(timeout=0)


def eventually(look: Callable[[], object]) -> None:
    until_s = time.monotonic() + 10
    while not look():
        assert time.monotonic() < until_s
        time.sleep(0.005)


def test_the_contactor_closes_opens_and_is_counted(driver: SimulatedDriver, plant: PlantProcess) -> None:
    start(driver)
    assert driver.observe(1).contactor_closed
    stop(driver)
    seen = driver.observe(1)
    assert (seen.contactor_closed, seen.power_w, seen.cable) == (False, 0, CableState.PLUGGED)
    described = plant.op("describe")
    assert (described["contactor_opens"], described["contactor_closes"]) == (1, 1)
    assert [entry["did"] for entry in described["log"]] == ["contactor_closed", "contactor_opened"]


def test_the_hardwares_no_is_a_refusal(driver: SimulatedDriver) -> None:
    with pytest.raises(DriverRefused, match="no cable"):
        start(driver, 2)


def test_an_evse_that_does_not_exist_is_unreachable(driver: SimulatedDriver) -> None:
    with pytest.raises(DriverUnreachable, match="no EVSE 3"):
        driver.observe(3)


def test_silent_hardware_is_unreachable_within_bounded_time_and_back_when_it_answers(
    driver: SimulatedDriver, plant: PlantProcess
) -> None:
    plant.op("set_fault", name="silent", on=True)
    for ask in (driver.observe, lambda evse_id: start(driver, evse_id), lambda evse_id: stop(driver, evse_id)):
        with pytest.raises(DriverUnreachable):
            ask(1)
    plant.op("set_fault", name="silent", on=False)
    assert driver.observe(1).plugged


def test_no_process_at_all_is_unreachable(tmp_path: Path) -> None:
    with pytest.raises(DriverUnreachable):
        SimulatedDriver(tmp_path / "nobody.sock", "PX-0001").observe(1)


def test_a_plant_that_restarts_is_found_again(driver: SimulatedDriver, plant: PlantProcess) -> None:
    driver.observe(1)
    assert plant.end() == 0
    with pytest.raises(DriverUnreachable):
        driver.observe(1)
    plant.process = start_plant(plant.path.parent).process
    assert driver.observe(1).plugged


def test_a_command_held_before_is_dropped_when_its_client_goes_away(
    driver: SimulatedDriver, plant: PlantProcess
) -> None:
    start(driver)
    plant.op("hold", on="before")
    with pytest.raises(DriverUnreachable):
        stop(driver)
    eventually(lambda: plant.op("describe")["held"] == [])
    plant.op("hold", on="off")
    assert plant.op("describe")["contactor_opens"] == 0
    assert driver.observe(1).contactor_closed


def test_a_command_held_before_is_carried_out_when_released(driver: SimulatedDriver, plant: PlantProcess) -> None:
    driver_module.COMMAND_TIMEOUT_S = 10.0
    start(driver)
    plant.op("hold", on="before")
    stopping = threading.Thread(target=stop, args=(driver,))
    stopping.start()
    eventually(lambda: plant.op("describe")["held"] == ["stop"])
    assert plant.op("describe")["contactor_opens"] == 0
    plant.op("hold", on="off")
    stopping.join(10)
    assert plant.op("describe")["contactor_opens"] == 1


def test_a_command_held_after_is_carried_out_and_nobody_hears_of_it(
    driver: SimulatedDriver, plant: PlantProcess
) -> None:
    driver_module.COMMAND_TIMEOUT_S = 10.0
    start(driver)
    plant.op("hold", on="after")
    stopping = threading.Thread(target=stop, args=(driver,))
    stopping.start()
    eventually(lambda: plant.op("describe")["contactor_opens"] == 1)
    other = SimulatedDriver(plant.path, "PX-0001")
    with pytest.raises(DriverUnreachable):
        other.observe(1)
    assert other.observe(2).meter_wh == 0
    plant.op("hold", on="off")
    stopping.join(10)
    assert not other.observe(1).contactor_closed
    other.close()


def test_people_can_do_what_people_do(driver: SimulatedDriver, plant: PlantProcess) -> None:
    start(driver)
    plant.op("press_stop")
    assert driver.observe(1).opened_because is EndReason.LOCAL
    start(driver)
    plant.op("unplug")
    seen = driver.observe(1)
    assert (seen.plugged, seen.opened_because) == (False, EndReason.EV_DISCONNECTED)
    plant.op("plug")
    start(driver)
    plant.op("emergency")
    assert driver.observe(1).error == "emergency_stop"
    plant.op("release_emergency")
    assert not driver.observe(1).faulted


def test_a_faster_clock_shows_energy_sooner(driver: SimulatedDriver, plant: PlantProcess) -> None:
    plant.op("set_clock_rate", rate=3600)
    start(driver)
    eventually(lambda: (driver.observe(1).meter_wh or 0) > 500)
    plant.op("limit_car", power_w=0)
    assert plant.op("describe")["true_wh"] >= driver.observe(1).meter_wh
    plant.op("meter_reset")
    assert driver.observe(1).meter_wh == 0
    assert plant.op("describe")["true_wh"] > 500


@pytest.mark.parametrize(
    "request_line",
    [
        b"{",
        b"[]",
        b"{}",
        b'{"op":"dance","charger":"PX-0001","evse":1}',
        b'{"op":"set_fault","name":"x","on":true,"charger":"PX-0001","evse":1}',
        b'{"op":"hold","on":"sideways","charger":"PX-0001","evse":1}',
    ],
)
def test_a_request_the_plant_does_not_understand_is_answered_as_such(plant: PlantProcess, request_line: bytes) -> None:
    assert plant.line(request_line)["error"] == "bad_request"
    assert len(plant.line(b'{"op":"list"}')["result"]["evses"]) == 2


def test_only_this_user_may_talk_to_the_plant(plant: PlantProcess) -> None:
    assert stat.S_IMODE(plant.path.stat().st_mode) == 0o600
