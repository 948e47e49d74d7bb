from __future__ import annotations

from device_agent.metering import JUMP_AT_MOST_WH, Cadence, Flow, Register


def test_a_register_goes_on_from_where_it_was_when_the_meter_is_reset() -> None:
    register = Register(None, 0).read(100).read(250)
    assert register.wh == 250
    register = register.read(0)
    assert register.wh == 250
    assert register.read(30).wh == 280


def test_a_meter_read_for_the_first_time_is_no_reset() -> None:
    assert Register(None, 0).read(5_000) == Register(5_000, 0)


def test_a_register_that_the_hardware_does_not_tell_is_neither_reset_nor_read() -> None:
    assert Register(5_000, 40).read(None) == Register(5_000, 40)
    assert Register(None, 0).read(None) == Register(None, 0)


def test_a_car_pauses_only_after_ten_seconds_without_power() -> None:
    flow = Flow().read(0, 100.0)
    assert not flow.paused
    assert not flow.read(20, 109.9).paused
    assert flow.read(20, 110.0).paused


def test_power_between_the_two_limits_changes_nothing() -> None:
    assert not Flow().read(60, 100.0).read(60, 200.0).paused
    assert Flow(paused=True).read(150, 100.0).paused
    assert not Flow(paused=True).read(200, 100.0).paused


def test_a_meter_event_is_due_after_60_s_or_2_s_while_watched() -> None:
    sent = Cadence(100.0, 7_000)
    assert not sent.due(7_000, 159.9, watched=False)
    assert sent.due(7_000, 160.0, watched=False)
    assert not sent.due(7_000, 101.9, watched=True)
    assert sent.due(7_000, 102.0, watched=True)


def test_a_change_of_power_by_a_twentieth_is_worth_an_event_but_never_within_2_s() -> None:
    sent = Cadence(100.0, 7_000)
    assert not sent.due(11_000, 101.0, watched=False)
    assert sent.due(7_350, 102.0, watched=False)
    assert not sent.due(7_349, 102.0, watched=False)
    assert not Cadence(100.0, 0).due(99, 102.0, watched=False)


def test_a_register_goes_on_from_where_it_was_when_it_jumps_further_than_a_car_can_have_drawn() -> None:
    register = Register(None, 0).read(1_000).read(1_000 + JUMP_AT_MOST_WH)
    assert register.wh == 1_000 + JUMP_AT_MOST_WH
    register = register.read(900_000_000)
    assert register.wh == 1_000 + JUMP_AT_MOST_WH
    assert register.read(900_000_030).wh == register.wh + 30
    assert register.read(1_060 + JUMP_AT_MOST_WH).wh == register.wh
