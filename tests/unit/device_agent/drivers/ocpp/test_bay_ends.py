"""Ends as chargers tell them, and those that they do not tell."""

from __future__ import annotations

import pytest

from contract.vocabulary import CableState, EndReason
from device_agent.drivers.base import TransactionOver
from device_agent.drivers.ocpp.bays import Bay
from device_agent.drivers.ocpp.readings import Reading
from device_agent.drivers.ocpp.running import AFTER_STOP_S, MISSED_END_S, RESTARTED_S, Status
from tests.support.ocpp_bays import BEGAN, over


def test_a_transaction_is_open_from_its_beginning_to_its_end(charging: Bay) -> None:
    seen = charging.observe()
    assert (seen.contactor_closed, seen.transaction_id, seen.power_w, seen.meter_wh) == (True, "77", 7_000, 1_010)
    assert (seen.plugged, seen.cable) == (True, CableState.LOCKED)
    fact = over(charging)
    seen = charging.observe()
    assert fact == TransactionOver(1, "77", EndReason.LOCAL, 1_795_349_000, 1_500)
    assert (seen.contactor_closed, seen.transaction_id, seen.power_w, seen.meter_wh) == (False, "", 0, 1_500)
    assert (seen.fact, seen.cable, seen.opened_because) == (fact, CableState.PLUGGED, EndReason.LOCAL)


def test_a_fact_stays_until_it_is_settled_and_the_next_one_waits_behind_it(bay: Bay) -> None:
    bay.told_began(BEGAN, 10.0)
    fact = over(bay)
    assert fact is not None
    assert bay.observe().fact == BEGAN
    bay.settle(BEGAN, accepted=True)
    assert bay.observe().fact == fact
    bay.settle(fact, accepted=True)
    assert bay.observe().fact is None


def test_a_repeated_beginning_is_the_same_fact_and_later_the_same_answer(bay: Bay) -> None:
    bay.told_began(BEGAN, 10.0)
    assert bay.told_began(BEGAN, 11.0) == BEGAN
    bay.settle(BEGAN, accepted=True)
    assert bay.observe().fact is None
    assert bay.told_began(BEGAN, 12.0) is True
    assert bay.observe().fact is None


def test_a_beginning_told_again_after_its_end_is_not_accepted_any_more(charging: Bay) -> None:
    over(charging)
    assert charging.told_began(BEGAN, 110.0) is False
    assert not charging.observe().contactor_closed


def test_a_repeated_end_is_one_fact(charging: Bay) -> None:
    fact = over(charging)
    assert over(charging) == fact
    assert fact is not None
    charging.settle(fact, accepted=True)
    assert over(charging, meter_wh=9_999) is None
    assert charging.observe().fact is None


def test_a_beginning_that_is_not_accepted_is_to_be_ended_and_stays_open_until_it_is(bay: Bay) -> None:
    bay.told_began(BEGAN, 10.0)
    bay.settle(BEGAN, accepted=False)
    assert bay.running is not None
    assert bay.running.refused
    assert bay.observe().contactor_closed
    assert bay.told_began(BEGAN, 12.0) is False


def test_an_end_without_a_reason_is_local_as_the_protocol_says(charging: Bay) -> None:
    fact = over(charging, None)
    assert fact is not None
    assert fact.reason is EndReason.LOCAL


@pytest.mark.parametrize("reason", [None, EndReason.OTHER])
def test_an_end_without_a_reason_after_our_stop_is_remote(charging: Bay, reason: EndReason | None) -> None:
    charging.stop_taken("77", 90.0)
    fact = over(charging, reason)
    assert fact is not None
    assert fact.reason is EndReason.REMOTE
    assert charging.observe().opened_because is None


def test_an_end_without_a_reason_after_a_stop_that_was_refused_is_local(charging: Bay) -> None:
    charging.stop_asked("77")
    charging.stop_refused("77")
    fact = over(charging, None)
    assert fact is not None
    assert fact.reason is EndReason.LOCAL
    assert charging.released == ""


def test_a_refusal_takes_nothing_back_of_a_stop_that_was_accepted_before(charging: Bay) -> None:
    charging.stop_taken("77", 90.0)
    charging.stop_asked("77")
    charging.stop_refused("77")
    fact = over(charging, None)
    assert fact is not None
    assert fact.reason is EndReason.REMOTE


def test_an_accepted_stop_is_not_done_while_power_flows(charging: Bay) -> None:
    charging.stop_taken("77", 90.0)
    for second in range(91, 200):
        charging.told_reading(Reading(1_100, 7_000), float(second), "77")
        charging.tick(float(second))
    assert charging.observe().contactor_closed


def test_measured_zero_after_an_accepted_stop_is_the_end_if_the_charger_forgets_to_say_so(charging: Bay) -> None:
    charging.stop_taken("77", 90.0)
    charging.told_status(Status.SUSPENDED, 90.5)
    charging.told_reading(Reading(1_100, 0), 91.0, "77")
    charging.tick(91.0 + AFTER_STOP_S - 0.1)
    assert charging.observe().contactor_closed
    charging.tick(91.0 + AFTER_STOP_S)
    assert charging.observe().fact == TransactionOver(1, "77", EndReason.REMOTE)
    assert not charging.observe().contactor_closed


@pytest.mark.parametrize("ahead_s", [-7_200, 0, 1_795_000_000])
def test_zero_that_was_measured_before_the_stop_and_comes_after_it_proves_nothing(charging: Bay, ahead_s: int) -> None:
    """Chargers queue what they have measured. Whatever their clock shows: what they said before the stop tells."""
    charging.told_reading(Reading(1_100, 7_000, 50 + ahead_s), 50.0, "77")
    charging.stop_taken("77", 90.0)
    charging.told_reading(Reading(1_100, 0, 60 + ahead_s), 91.0, "77")
    charging.tick(200.0)
    assert charging.observe().contactor_closed
    charging.told_reading(Reading(1_100, 0, 201 + ahead_s), 201.9, "77")
    charging.tick(201.9 + AFTER_STOP_S)
    assert not charging.observe().contactor_closed


def test_a_charger_that_has_restarted_may_have_set_its_clock_back(charging: Bay) -> None:
    charging.told_reading(Reading(1_100, 7_000, 3_650), 50.0, "77")
    charging.booted()
    charging.told_status(Status.CHARGING, 60.0)
    charging.stop_taken("77", 90.0)
    charging.told_status(Status.SUSPENDED, 90.5)
    charging.told_reading(Reading(1_100, 0, 91), 91.0, "77")
    charging.tick(91.0 + AFTER_STOP_S)
    assert not charging.observe().contactor_closed


def test_a_register_that_stands_still_does_not_prove_that_a_stop_has_been_carried_out(bay: Bay) -> None:
    """It counts tenths of a kWh, 7.2 kW flow on, and the charger does nothing of what it has accepted."""
    bay.settle(BEGAN, accepted=bay.told_began(BEGAN, 0.0) == BEGAN)
    bay.stop_taken("77", 301.0)
    for second in range(302, 900, 2):
        bay.told_reading(Reading(1_000 + second * 2 // 100 * 100), float(second), "77")
        bay.tick(float(second))
    assert bay.observe().contactor_closed


def test_zero_measured_is_no_end_while_the_charger_insists_that_it_charges(charging: Bay) -> None:
    charging.stop_taken("77", 90.0)
    charging.told_status(Status.CHARGING, 90.5)
    charging.told_reading(Reading(1_100, 0), 91.0, "77")
    charging.tick(200.0)
    assert charging.observe().contactor_closed
    charging.told_status(Status.SUSPENDED, 201.0)
    charging.tick(202.0)
    assert not charging.observe().contactor_closed


def test_power_of_a_transaction_whose_end_was_only_concluded_is_seen(charging: Bay) -> None:
    charging.stop_taken("77", 90.0)
    charging.told_reading(Reading(1_100, 0), 91.0, "77")
    charging.tick(91.0 + AFTER_STOP_S)
    assert not charging.observe().contactor_closed
    charging.told_reading(Reading(1_200, 7_000), 300.0, "77")
    assert charging.observe().power_w == 7_000
    over(charging)
    charging.told_reading(Reading(1_300, 6_000), 400.0, "77")
    assert charging.observe().power_w == 0


def test_zero_measured_before_the_stop_is_only_a_pause(charging: Bay) -> None:
    charging.told_status(Status.SUSPENDED, 80.0)
    charging.told_reading(Reading(1_100, 0), 81.0, "77")
    charging.stop_taken("77", 90.0)
    charging.tick(200.0)
    assert charging.observe().contactor_closed


def test_suspended_first_then_the_end_then_finishing_is_one_end(charging: Bay) -> None:
    charging.stop_taken("77", 90.0)
    charging.told_status(Status.SUSPENDED, 91.0)
    fact = over(charging, EndReason.REMOTE)
    charging.told_status(Status.FINISHING, 101.0)
    charging.tick(1_000.0)
    assert fact is not None
    charging.settle(fact, accepted=True)
    assert charging.observe().fact is None


def test_finishing_before_the_end_waits_for_it(charging: Bay) -> None:
    charging.told_status(Status.FINISHING, 95.0)
    charging.tick(95.0 + MISSED_END_S - 0.1)
    assert charging.observe().contactor_closed
    assert over(charging) == TransactionOver(1, "77", EndReason.LOCAL, 1_795_349_000, 1_500)


@pytest.mark.parametrize(
    ("status", "reason"), [(Status.FINISHING, EndReason.LOCAL), (Status.AVAILABLE, EndReason.EV_DISCONNECTED)]
)
def test_an_end_that_never_comes_is_concluded_from_the_status(charging: Bay, status: Status, reason: EndReason) -> None:
    charging.told_status(status, 95.0)
    charging.told_status(status, 120.0)
    charging.tick(95.0 + MISSED_END_S)
    assert charging.observe().fact == TransactionOver(1, "77", reason)
    assert over(charging) == TransactionOver(1, "77", reason)


def test_after_our_stop_the_status_is_believed_sooner(charging: Bay) -> None:
    charging.told_status(Status.FINISHING, 80.0)
    charging.stop_taken("77", 90.0)
    charging.tick(90.0 + AFTER_STOP_S - 0.1)
    assert charging.observe().contactor_closed
    charging.tick(90.0 + AFTER_STOP_S)
    assert charging.observe().fact == TransactionOver(1, "77", EndReason.REMOTE)


def test_a_status_that_was_wrong_for_a_moment_ends_nothing(charging: Bay) -> None:
    charging.told_status(Status.AVAILABLE, 80.0)
    charging.told_status(Status.CHARGING, 85.0)
    charging.tick(1_000.0)
    assert charging.observe().contactor_closed


def test_while_the_charger_was_away_no_grace_ran_out(charging: Bay) -> None:
    charging.told_status(Status.FINISHING, 80.0)
    charging.reconnected(500.0)
    charging.tick(500.0)
    assert charging.observe().contactor_closed
    charging.tick(500.0 + MISSED_END_S)
    assert not charging.observe().contactor_closed


@pytest.mark.parametrize("status", [Status.AVAILABLE, Status.PREPARING, Status.FAULTED, Status.UNAVAILABLE])
def test_a_restart_after_which_the_charger_does_not_charge_ends_the_transaction_by_power_loss(
    charging: Bay, status: Status
) -> None:
    charging.booted()
    charging.told_status(status, 300.0)
    grace_s = MISSED_END_S if status is Status.AVAILABLE else RESTARTED_S
    charging.tick(300.0 + grace_s - 0.1)
    assert charging.observe().contactor_closed
    charging.tick(300.0 + grace_s)
    assert charging.observe().fact == TransactionOver(1, "77", EndReason.POWER_LOSS)
    assert charging.observe().meter_wh == 1_010


def test_an_end_that_was_queued_over_the_restart_is_the_one_that_counts(charging: Bay) -> None:
    charging.booted()
    charging.told_status(Status.AVAILABLE, 300.0)
    fact = over(charging, EndReason.POWER_LOSS)
    assert fact is not None
    assert fact.meter_wh == 1_500


def test_a_transaction_that_survives_a_restart_goes_on(charging: Bay) -> None:
    charging.booted()
    charging.told_status(Status.PREPARING, 300.0)
    charging.told_of("77")
    charging.tick(1_000.0)
    assert charging.observe().contactor_closed
