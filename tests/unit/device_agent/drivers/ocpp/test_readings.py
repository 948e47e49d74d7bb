from __future__ import annotations

from typing import Any

import pytest

from device_agent.drivers.ocpp.readings import Reading, reading


def sample(value: object, measurand: str = "", **more: object) -> dict[str, Any]:
    return {"value": value} | ({"measurand": measurand} if measurand else {}) | more


def test_a_value_without_measurand_and_unit_is_energy_in_watt_hours() -> None:
    assert reading([sample("1234.5")]) == Reading(wh=1234)


def test_kilowatt_hours_and_kilowatts_are_brought_to_base_units() -> None:
    energy = sample("1.5", "Energy.Active.Import.Register", unit="kWh")
    assert reading([energy, sample("7.2", "Power.Active.Import", unit="kW")]) == Reading(1_500, 7_200)


def test_the_multiplier_of_2_0_1_counts() -> None:
    energy = sample(15, "Energy.Active.Import.Register", unitOfMeasure={"unit": "Wh", "multiplier": 2})
    power = sample(7.2, "Power.Active.Import", unitOfMeasure={"unit": "kW"})
    assert reading([energy, power]) == Reading(1_500, 7_200)


def test_phases_are_summed_unless_there_is_a_total() -> None:
    phases = [sample("2000", "Power.Active.Import", phase=phase) for phase in ("L1", "L2-N", "L3")]
    assert reading(phases).w == 6_000
    assert reading([*phases, sample("5900", "Power.Active.Import")]).w == 5_900


def test_power_is_current_times_voltage_if_it_is_not_told() -> None:
    currents = [sample("10", "Current.Import", phase=phase) for phase in ("L1", "L2", "L3")]
    assert reading(currents).w == 6_900
    assert reading([*currents, sample("240", "Voltage")]).w == 7_200
    assert reading([*currents, sample("200", "Voltage", phase="L1-N")]).w == 6_600
    assert reading([sample("16", "Current.Import")]).w == 3_680


def test_voltages_between_phases_are_not_voltages_of_a_phase() -> None:
    assert reading([sample("10", "Current.Import", phase="L1"), sample("400", "Voltage", phase="L1-L2")]).w == 2_300


def test_the_last_of_several_values_counts() -> None:
    assert reading([sample("100"), sample("200")]).wh == 200


def test_what_the_car_says_of_itself_is_no_measurement_of_the_charger() -> None:
    assert reading([sample("11000", "Power.Active.Import", location="EV")]) == Reading()


@pytest.mark.parametrize(
    "junk",
    ["", "n/a", "NaN", "inf", "-5", "1e300", None, True, [], {"a": 1}, "9" * 400, 10**400, "10000000000000", "1e12"],
)
def test_junk_is_as_if_it_had_not_been_sent(junk: object) -> None:
    assert reading([sample(junk)]) == Reading()


def test_junk_beside_a_value_does_not_spoil_it() -> None:
    odd = [sample("1", "SoC"), sample("7", "Power.Active.Import", phase=3, unit=5), sample("2", 9)]  # type: ignore[arg-type]
    assert reading([*odd, sample("100")]) == Reading(100, 7)


def test_current_that_flows_back_is_no_power_drawn() -> None:
    assert reading([sample("-3", "Power.Active.Import")]).w == 0
