"""The power goes at every point of a start and of a stop; afterwards everything has happened exactly once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from device_agent.drivers.simulated.plant import Fault
from tests.support.charger_bench import OTHER_SESSION, SESSION, PowerCut

if TYPE_CHECKING:
    from tests.support.charger_bench import Bench


def cut_during(bench: Bench, act: str, where: str) -> None:
    bench.hardware.cut = where
    with pytest.raises(PowerCut):
        bench.want(act)
    bench.restart()
    bench.pass_s(1)


@pytest.mark.parametrize("where", ["before stop", "after stop"])
def test_power_cut_during_a_stop_ends_the_session_once_as_remote_with_the_right_energy(
    bench: Bench, where: str
) -> None:
    """Scenario 11: double stop after a power loss."""
    bench.charge()
    cut_during(bench, "stop", where)
    assert bench.answer()[1:] == ("done", "")
    assert bench.story() == ["started", "ended Remote"]
    assert bench.evse.opens == 1
    first, last = bench.events()[0], bench.events()[-1]
    assert last["meterWh"] - first["meterWh"] == int(bench.evse.joules(bench.clock.mono_s) / 3600)
    seqs = [event["seq"] for event in bench.events()]
    assert len(set(seqs)) == len(seqs)


@pytest.mark.parametrize("where", ["before start", "after start"])
def test_power_cut_during_a_start_still_starts_the_session_once(bench: Bench, where: str) -> None:
    cut_during(bench, "start", where)
    assert bench.answer()[1:] == ("done", "")
    assert bench.story() == ["started"]
    assert bench.evse.closes == 1
    bench.pass_s(60)
    bench.want("stop")
    assert bench.events()[-1]["meterWh"] == int(bench.evse.joules(bench.clock.mono_s) / 3600)
    assert {event["transactionId"] for event in bench.events()} == {"tx-1"}


def test_power_cut_before_a_start_that_has_expired_meanwhile_refuses_it(bench: Bench) -> None:
    bench.hardware.cut = "before start"
    with pytest.raises(PowerCut):
        bench.want("start")
    bench.lose_power()
    bench.clock.pass_s(120)
    bench.turn_on()
    bench.pass_s(1)
    assert bench.answer()[1:] == ("refused", "start_expired")
    assert bench.story() == []
    assert bench.evse.closes == 0


def test_the_whole_board_restarted_a_running_session_goes_on(bench: Bench) -> None:
    bench.charge()
    bench.restart()
    bench.pass_s(60)
    assert bench.reported("session")["state"] == "charging"
    bench.want("stop")
    assert bench.story() == ["started", "ended Remote"]
    assert bench.reported("session")["energyWh"] == int(bench.evse.joules(bench.clock.mono_s) / 3600)


def test_a_session_whose_contactor_is_found_open_after_a_restart_ended_by_power_loss(bench: Bench) -> None:
    bench.charge()
    bench.lose_power()
    bench.evse.stop(bench.clock.mono_s)
    bench.turn_on()
    bench.pass_s(1)
    assert bench.story() == ["started", "ended PowerLoss"]


def test_a_cable_pulled_while_the_agent_was_off_ends_the_session_as_disconnected(bench: Bench) -> None:
    bench.charge()
    bench.lose_power()
    bench.evse.unplug(bench.clock.mono_s)
    bench.turn_on()
    bench.pass_s(1)
    assert bench.story() == ["started", "ended EVDisconnected"]


def test_power_lost_before_the_outbox_was_drained_loses_no_event_and_sends_none_in_another_order(
    bench: Bench,
) -> None:
    """Scenario 12: only the stop was sent, the start was lost."""
    bench.cloud.acknowledge = False
    bench.charge(seconds=10)
    bench.want("stop")
    bench.lose_power()
    bench.cloud.published.clear()
    bench.cloud.acknowledge = True
    bench.turn_on()
    bench.pass_s(1)
    assert bench.story() == ["started", "ended Remote"]
    assert [event["seq"] for event in bench.events()] == list(range(len(bench.events())))
    bench.cloud.published.clear()
    bench.restart()
    bench.pass_s(1)
    assert bench.cloud.published == []


def test_an_answered_intent_gets_the_same_answer_after_a_restart(bench: Bench) -> None:
    bench.charge()
    stopped = bench.want("stop")
    before = bench.reported("ack")
    bench.restart()
    bench.pass_s(1)
    assert bench.reported("ack") == before
    assert before["id"] == stopped
    assert bench.evse.opens == 1


def test_a_stop_that_was_withdrawn_stays_withdrawn_after_a_restart(bench: Bench) -> None:
    bench.charge()
    bench.link.cut()
    older = bench.want("stop")
    bench.want("keep")
    bench.link.restore()
    bench.agent.catch_up()
    bench.restart()
    bench.want("stop", id=older)
    assert bench.answer() == (older, "refused", "withdrawn")


def test_a_stop_that_came_while_the_hardware_was_silent_survives_a_restart(bench: Bench) -> None:
    bench.charge()
    bench.evse.set_fault(bench.clock.mono_s, Fault.SILENT, on=True)
    bench.pass_s(1)
    stopped = bench.want("stop")
    assert bench.answer() == (stopped, "accepted", "")
    bench.restart()
    bench.pass_s(1)
    bench.evse.set_fault(bench.clock.mono_s, Fault.SILENT, on=False)
    bench.pass_s(2)
    assert bench.answer() == (stopped, "done", "")
    assert bench.evse.opens == 1


def test_a_given_up_start_whose_contactor_closed_after_all_is_opened_again_after_a_restart(bench: Bench) -> None:
    bench.hardware.cut = "before start"
    with pytest.raises(PowerCut):
        bench.want("start")
    bench.evse.set_fault(bench.clock.mono_s, Fault.SILENT, on=True)
    bench.restart()
    bench.pass_s(12)
    assert bench.answer()[1:] == ("failed", "driver_unreachable")
    bench.restart()
    bench.evse.start(bench.clock.mono_s)  # the command had gone through, late
    bench.evse.set_fault(bench.clock.mono_s, Fault.SILENT, on=False)
    bench.pass_s(3)
    assert not bench.evse.contactor_closed
    assert bench.story(SESSION) == []
    started = bench.want("start", OTHER_SESSION)
    assert bench.answer() == (started, "done", "")
