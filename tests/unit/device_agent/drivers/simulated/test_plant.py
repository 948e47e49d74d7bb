from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract.vocabulary import CableState, EndReason
from device_agent.drivers.base import DriverRefused
from device_agent.drivers.simulated.chargers import PlantFile
from device_agent.drivers.simulated.plant import RAMP_S, Fault, SimulatedEvse
from device_agent.drivers.simulated.server import PlantClock

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def evse() -> SimulatedEvse:
    return SimulatedEvse(max_power_w=7_200, plugged=True)


def test_power_climbs_to_full_and_is_gone_at_once_when_the_contactor_opens(evse: SimulatedEvse) -> None:
    evse.start(10.0)
    assert evse.observe(10.0).power_w == 0
    assert evse.observe(10.0 + RAMP_S / 2).power_w == 3_600
    assert evse.observe(10.0 + RAMP_S).power_w == 7_200
    evse.stop(20.0)
    assert evse.observe(20.0).power_w == 0


def test_energy_is_exact_however_seldom_one_looks(evse: SimulatedEvse) -> None:
    evse.start(0.0)
    often = [evse.observe(second / 10).meter_wh or 0 for second in range(36_000)]
    expected = 7_200 * (3_600 - RAMP_S / 2) / 3_600
    assert evse.observe(3_600.0).meter_wh == int(expected)
    assert often == sorted(often)
    evse.stop(3_600.0)
    assert evse.observe(99_999.0).meter_wh == int(expected)
    assert evse.joules(99_999.0) == pytest.approx(expected * 3_600)


def test_the_cable_is_locked_while_charging_and_only_then(evse: SimulatedEvse) -> None:
    assert evse.observe(0.0).cable is CableState.PLUGGED
    evse.start(0.0)
    assert evse.observe(0.0).cable is CableState.LOCKED
    evse.stop(1.0)
    assert evse.observe(1.0).cable is CableState.PLUGGED
    evse.unplug(2.0)
    assert evse.observe(2.0).cable is CableState.UNPLUGGED


def test_a_stuck_lock_holds_the_cable_until_it_is_mended(evse: SimulatedEvse) -> None:
    evse.start(0.0)
    evse.set_fault(1.0, Fault.CABLE_STUCK, on=True)
    evse.stop(2.0)
    assert evse.observe(2.0).cable is CableState.STUCK
    evse.set_fault(3.0, Fault.CABLE_STUCK, on=False)
    assert evse.observe(3.0).cable is CableState.PLUGGED


def test_commands_that_change_nothing_are_not_counted(evse: SimulatedEvse) -> None:
    evse.start(0.0)
    evse.start(1.0)
    evse.stop(2.0)
    evse.stop(3.0)
    assert (evse.closes, evse.opens) == (1, 1)
    assert [entry["did"] for entry in evse.log] == ["contactor_closed", "contactor_opened"]


def test_power_that_keeps_flowing_is_metered_and_ends_with_the_fault(evse: SimulatedEvse) -> None:
    evse.start(0.0)
    evse.set_fault(10.0, Fault.POWER_KEEPS_FLOWING, on=True)
    evse.stop(10.0)
    before, seen = evse.observe(10.0), evse.observe(20.0)
    assert (seen.contactor_closed, seen.power_w) == (False, 7_200)
    assert (seen.meter_wh or 0) > (before.meter_wh or 0)
    evse.set_fault(20.0, Fault.POWER_KEEPS_FLOWING, on=False)
    assert evse.observe(20.0).power_w == 0


def test_hardware_that_refuses_says_so_and_welded_hardware_does_not(evse: SimulatedEvse) -> None:
    evse.start(0.0)
    evse.set_fault(0.0, Fault.REFUSES_TO_OPEN, on=True)
    with pytest.raises(DriverRefused):
        evse.stop(1.0)
    evse.set_fault(1.0, Fault.REFUSES_TO_OPEN, on=False)
    evse.set_fault(1.0, Fault.CONTACTOR_WELDED, on=True)
    evse.stop(2.0)
    assert evse.observe(2.0).contactor_closed


@pytest.mark.parametrize("fault", [Fault.FAULTED, Fault.UNAVAILABLE, Fault.REFUSES_TO_CLOSE])
def test_a_broken_evse_does_not_start(evse: SimulatedEvse, fault: Fault) -> None:
    evse.set_fault(0.0, fault, on=True)
    with pytest.raises(DriverRefused):
        evse.start(0.0)


def test_an_evse_without_a_cable_does_not_start() -> None:
    with pytest.raises(DriverRefused):
        SimulatedEvse(max_power_w=7_200).start(0.0)


def test_why_the_contactor_opened_is_known_until_it_closes_again(evse: SimulatedEvse) -> None:
    evse.start(0.0)
    evse.press_stop(1.0)
    assert evse.observe(1.0).opened_because is EndReason.LOCAL
    evse.start(2.0)
    assert evse.observe(2.0).opened_because is None
    evse.press_emergency(3.0)
    seen = evse.observe(3.0)
    assert (seen.opened_because, seen.faulted, seen.error) == (EndReason.EMERGENCY_STOP, True, "emergency_stop")
    evse.release_emergency()
    assert not evse.observe(4.0).faulted
    evse.start(5.0)
    evse.set_fault(6.0, Fault.FAULTED, on=True)
    assert evse.observe(6.0).opened_because is EndReason.OTHER


def test_a_meter_reset_falls_back_to_zero_and_the_true_energy_does_not(evse: SimulatedEvse) -> None:
    evse.start(0.0)
    before = evse.joules(100.0)
    evse.reset_meter(100.0)
    assert evse.observe(100.0).meter_wh == 0
    assert evse.joules(100.0) == before


def test_a_faster_clock_speeds_up_from_now_on_without_a_jump() -> None:
    world = [50.0]
    clock = PlantClock(lambda: world[0])
    world[0] = 60.0
    assert clock.now_s() == 10.0
    clock.set_rate(60.0)
    assert clock.now_s() == 10.0
    world[0] = 61.0
    assert clock.now_s() == 70.0


def test_the_plants_file_names_its_chargers(tmp_path: Path) -> None:
    file = tmp_path / "plant.toml"
    file.write_text('[[chargers]]\nid = "PX-1"\nevses = [{ id = 1, plugged = true }, { id = 2 }]\n')
    (charger,) = PlantFile.load(file).chargers
    assert [evse.id for evse in charger.evses] == [1, 2]
    assert charger.evses[0].plugged


def test_a_card_that_is_shown_is_taken_up_once() -> None:
    evse = SimulatedEvse(11_000)
    evse.tap("04A22B")
    assert evse.take_taps() == ["04A22B"]
    assert evse.take_taps() == []
    assert "04A22B" not in str(evse.log)


def test_mains_that_fail_open_the_contactor() -> None:
    evse = SimulatedEvse(11_000, plugged=True)
    evse.start(0.0)
    evse.cut_power(1.0)
    assert evse.observe(1.0).opened_because is EndReason.POWER_LOSS
    assert not evse.contactor_closed
