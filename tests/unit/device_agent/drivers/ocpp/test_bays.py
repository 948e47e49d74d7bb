"""What chargers say, in the orders in which they say it, and what is made of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contract.vocabulary import CableState, EndReason
from device_agent.drivers.base import Resumed, TransactionBegan, TransactionOver
from device_agent.drivers.ocpp.bays import LATE_S, LONE_S, Bay
from device_agent.drivers.ocpp.readings import Reading
from device_agent.drivers.ocpp.remembered import REMEMBERED
from device_agent.drivers.ocpp.running import Status
from tests.support.ocpp_bays import BEGAN, ORDER, over


def test_late_meter_values_never_revive_what_is_over(charging: Bay) -> None:
    over(charging)
    charging.told_reading(Reading(1_600, 7_000), 100.5, "77")
    charging.told_reading(Reading(1_600, 7_000), 100.0 + LATE_S - 0.1)
    charging.told_reading(Reading(1_600, 7_000), 500.0, "77")
    charging.told_reading(Reading(1_600, 7_000), 500.0, closing=True)
    charging.told_of("77")
    seen = charging.observe()
    assert (seen.power_w, seen.meter_wh, seen.contactor_closed) == (0, 1_500, False)


def test_power_that_really_flows_for_nobody_is_seen(charging: Bay) -> None:
    over(charging)
    charging.told_reading(Reading(1_600, 7_000), 100.0 + LATE_S)
    assert charging.observe().power_w == 7_000


def test_a_charger_that_charges_for_nobody_is_seen_and_its_transaction_unknown(charging: Bay) -> None:
    over(charging)
    charging.told_status(Status.CHARGING, 110.0)
    charging.tick(110.0 + LONE_S - 0.1)
    assert not charging.observe().contactor_closed
    charging.tick(110.0 + LONE_S)
    assert (charging.observe().contactor_closed, charging.observe().transaction_id) == (True, None)
    charging.told_status(Status.FINISHING, 120.0)
    charging.tick(120.0)
    assert not charging.observe().contactor_closed


def test_charging_said_before_the_end_is_not_said_of_nobody(charging: Bay) -> None:
    over(charging)
    charging.tick(1_000.0)
    assert not charging.observe().contactor_closed
    assert charging.status is Status.FINISHING


def test_a_new_transaction_means_that_the_one_before_is_over(charging: Bay) -> None:
    second = replace(BEGAN, transaction_id="78", mark="mark-2", meter_wh=1_100)
    charging.told_began(second, 200.0)
    first = charging.observe().fact
    assert first == TransactionOver(1, "77", EndReason.OTHER)
    assert first is not None
    charging.settle(first, accepted=True)
    assert charging.observe().fact == second
    assert charging.observe().transaction_id == "78"


def test_an_id_used_again_is_another_transaction(charging: Bay) -> None:
    fact = over(charging)
    assert fact is not None
    charging.settle(fact, accepted=True)
    again = replace(BEGAN, mark="mark-2", meter_wh=1_500)
    assert charging.told_began(again, 200.0) == again
    charging.told_reading(Reading(1_600, 3_000), 201.0, "77")
    assert charging.observe().power_w == 3_000
    assert over(charging, meter_wh=1_700) == TransactionOver(1, "77", EndReason.LOCAL, 1_795_349_000, 1_700)


def test_an_id_used_again_without_an_end_ends_the_one_before(charging: Bay) -> None:
    again = replace(BEGAN, mark="mark-2")
    charging.told_began(again, 200.0)
    assert charging.observe().fact == TransactionOver(1, "77", EndReason.OTHER)
    assert charging.observe().transaction_id == "77"


def test_the_end_of_another_transaction_ends_nothing(charging: Bay) -> None:
    assert charging.told_over("12", EndReason.LOCAL, None, 1_500, 100.0) is None
    assert charging.observe().contactor_closed


def test_an_agent_that_restarts_goes_on_with_the_transaction_and_settles_its_beginning_again() -> None:
    bay = Bay(1)
    bay.resume("tag", Resumed(ORDER, "77", started=True))
    assert (bay.observe().contactor_closed, bay.observe().transaction_id, bay.observe().meter_wh) == (True, "77", None)
    assert bay.told_began(BEGAN, 1.0) == BEGAN
    assert bay.observe().fact == BEGAN
    bay.settle(BEGAN, accepted=True)
    assert over(bay) == TransactionOver(1, "77", EndReason.LOCAL, 1_795_349_000, 1_500)


def test_a_start_under_way_when_the_agent_ended_is_still_known_by_its_name() -> None:
    bay = Bay(1)
    bay.resume("tag", Resumed(ORDER, "", started=False))
    assert not bay.observe().contactor_closed
    assert bay.ordered("tag") == ORDER
    assert bay.ordered("other") is None


def test_a_transaction_nobody_remembers_is_taken_on_when_the_charger_speaks_of_it(bay: Bay) -> None:
    bay.told_status(Status.CHARGING, 1.0)
    bay.told_of("55")
    seen = bay.observe()
    assert (seen.contactor_closed, seen.transaction_id, seen.fact) == (True, "55", None)


@pytest.mark.parametrize("status", [Status.AVAILABLE, Status.FINISHING])
def test_a_transaction_spoken_of_while_nothing_charges_is_an_old_one(bay: Bay, status: Status) -> None:
    bay.told_status(status, 1.0)
    bay.told_of("55")
    assert not bay.observe().contactor_closed


def test_staying_in_preparing_after_an_accepted_start_is_not_yet_charging(bay: Bay) -> None:
    bay.order("tag", ORDER)
    bay.told_status(Status.PREPARING, 5.0)
    bay.tick(500.0)
    assert not bay.observe().contactor_closed
    assert bay.told_began(BEGAN, 600.0) == BEGAN


def test_a_transaction_that_begins_before_its_status_means_a_plugged_cable(bay: Bay) -> None:
    bay.told_status(Status.AVAILABLE, 1.0)
    bay.told_began(BEGAN, 2.0)
    bay.tick(1_000.0)
    assert (bay.observe().plugged, bay.observe().contactor_closed) == (True, True)


def test_one_odd_value_of_the_register_is_junk_and_two_are_a_reset(charging: Bay) -> None:
    charging.told_reading(Reading(0, 7_000), 30.0, "77")
    assert charging.observe().meter_wh == 1_010
    charging.told_reading(Reading(1_070, 7_000), 60.0, "77")
    assert charging.observe().meter_wh == 1_070
    charging.told_reading(Reading(5, 7_000), 90.0, "77")
    charging.told_reading(Reading(65, 7_000), 120.0, "77")
    assert charging.observe().meter_wh == 1_130


def test_one_absurd_value_of_the_register_is_junk_and_two_are_another_meter(charging: Bay) -> None:
    charging.told_reading(Reading(900_000_000, 7_000), 30.0, "77")
    assert charging.observe().meter_wh == 1_010
    charging.told_reading(Reading(1_070, 7_000), 60.0, "77")
    assert charging.observe().meter_wh == 1_070
    charging.told_reading(Reading(500_000_000, 7_000), 90.0, "77")
    charging.told_reading(Reading(500_000_060, 7_000), 120.0, "77")
    assert charging.observe().meter_wh == 1_130


def test_an_end_with_an_absurd_register_counts_the_last_good_value(charging: Bay) -> None:
    fact = over(charging, meter_wh=900_000_000)
    assert fact is not None
    assert fact.meter_wh is None
    assert charging.observe().meter_wh == 1_010


def test_power_is_not_derived_from_an_absurd_register(bay: Bay) -> None:
    bay.told_began(BEGAN, 10.0)
    bay.told_reading(Reading(1_000), 10.0, "77")
    bay.told_reading(Reading(900_000_000), 25.0, "77")
    assert bay.observe().power_w == 0
    bay.told_reading(Reading(1_060), 40.0, "77")
    assert bay.observe().power_w == 7_200


def test_an_end_whose_register_fell_counts_the_last_good_value(charging: Bay) -> None:
    fact = over(charging, meter_wh=0)
    assert fact is not None
    assert fact.meter_wh is None
    assert charging.observe().meter_wh == 1_010


def test_a_register_that_begins_at_zero_with_every_transaction_loses_nothing(charging: Bay) -> None:
    over(charging, meter_wh=1_500)
    second = charging.told_began(replace(BEGAN, transaction_id="78", mark="mark-2", meter_wh=0), 200.0)
    assert isinstance(second, TransactionBegan)
    assert second.meter_wh is None
    fact = charging.told_over("78", None, None, 400, 300.0)
    assert fact is not None
    assert fact.meter_wh == 1_900


def test_a_charger_that_never_tells_power_has_it_derived_from_energy(bay: Bay) -> None:
    bay.told_began(BEGAN, 10.0)
    bay.told_reading(Reading(1_000), 10.0, "77")
    bay.told_reading(Reading(1_060), 40.0, "77")
    assert bay.observe().power_w == 7_200
    bay.told_reading(Reading(1_060), 70.0, "77")
    bay.told_reading(Reading(1_060), 101.0, "77")
    assert bay.observe().power_w == 0
    bay.told_reading(Reading(1_120), 131.0, "77")
    assert bay.observe().power_w == 7_200


def test_power_derived_from_a_coarse_register_does_not_come_and_go(bay: Bay) -> None:
    """It counts tenths of a kWh, and 7.2 kW flow."""
    bay.told_began(BEGAN, 0.0)
    seen = []
    for second in range(30, 601, 30):
        bay.told_reading(Reading(1_000 + second * 2 // 100 * 100), float(second), "77")
        seen.append(bay.observe().power_w)
    assert seen[0] == 0
    assert all(5_000 < power_w <= 12_000 for power_w in seen[1:])


def test_a_charger_broken_or_out_of_service_as_a_whole_is_so_on_every_evse(bay: Bay) -> None:
    bay.told_main_status(Status.FAULTED, "GroundFailure")
    assert (bay.observe().faulted, bay.observe().error) == (True, "GroundFailure")
    bay.told_main_status(Status.UNAVAILABLE)
    assert (bay.observe().faulted, bay.observe().available, bay.observe().error) == (False, False, "")
    bay.told_main_status(Status.AVAILABLE)
    assert bay.observe().available


def test_a_fault_says_nothing_of_the_cable(charging: Bay) -> None:
    charging.told_status(Status.FAULTED, 50.0, error="OverTemperature")
    seen = charging.observe()
    assert (seen.faulted, seen.error, seen.plugged, seen.contactor_closed) == (True, "OverTemperature", True, True)


def test_the_cable_may_be_stuck_until_it_is_pulled(charging: Bay) -> None:
    charging.stop_taken("77", 90.0)
    over(charging)
    assert charging.released == "77"
    charging.stuck = True
    assert charging.observe().cable is CableState.STUCK
    charging.told_status(Status.AVAILABLE, 120.0)
    assert (charging.observe().cable, charging.released) == (CableState.UNPLUGGED, "")


def test_a_cable_is_not_to_be_released_any_more_once_the_next_start_is_commanded(charging: Bay) -> None:
    charging.stop_taken("77", 90.0)
    over(charging)
    assert charging.released == "77"
    charging.order("tag", replace(ORDER, session_id="01JD0000000000000000000002"))
    assert charging.released == ""


def test_what_is_remembered_is_bounded(bay: Bay) -> None:
    for number in range(REMEMBERED * 3):
        bay.order(f"tag-{number}", ORDER)
        fact = replace(BEGAN, transaction_id=str(number), mark=f"mark-{number}")
        bay.told_began(fact, float(number))
        bay.settle(fact, accepted=True)
    assert bay.ordered("tag-0") is None
    assert bay.ordered(f"tag-{REMEMBERED * 3 - 1}") == ORDER
    assert not bay.owns("0")
    assert bay.owns(str(REMEMBERED * 3 - 2))
