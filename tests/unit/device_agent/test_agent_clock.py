"""The board's clock is wrong: starts expire when the cloud says so, hints have their time, and every stamp is right."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from contract.topics import shadow_topic, watch_topic
from device_agent.agent import TIME_WAIT_S
from device_agent.drivers.simulated.plant import Fault
from device_agent.shadow import ANSWER_WAIT_S
from tests.support.charger_bench import CHARGER, NOON, SESSION, Bench

if TYPE_CHECKING:
    from pathlib import Path

WRONG = {"1970": NOON - 100, "a year ahead": -31_557_600.0, "2106": NOON - 2**32}
"""How much the board's clock is behind after the power was gone, in seconds."""


def stamps(bench: Bench) -> list[int]:
    return [event["at"] for event in bench.events()]


def test_a_start_that_lay_in_the_shadow_for_hours_is_refused_though_the_boards_clock_is_behind(bench: Bench) -> None:
    bench.link.cut()
    late = bench.want("start")
    bench.clock.pass_s(7_200)
    bench.clock.board_behind_s = 7_200
    bench.link.restore()
    bench.agent.catch_up()
    assert bench.answer() == (late, "refused", "start_expired")
    assert bench.hardware.commands == []


def test_a_start_that_waited_for_silent_hardware_expires_by_the_clouds_clock(bench: Bench) -> None:
    bench.clock.board_behind_s = 7_200
    bench.evse.set_fault(bench.clock.mono_s, Fault.SILENT, on=True)
    bench.pass_s(1)
    late = bench.want("start", expiresAt=int(bench.clock.epoch_s) + 3)
    bench.pass_s(5)
    assert bench.answer() == (late, "accepted", "")
    bench.evse.set_fault(bench.clock.mono_s, Fault.SILENT, on=False)
    bench.pass_s(2)
    assert bench.answer() == (late, "refused", "start_expired")


def test_a_hint_ends_two_minutes_after_it_came_though_the_clock_is_set_back_meanwhile(bench: Bench) -> None:
    bench.charge(seconds=20)
    until = int(bench.clock.epoch_s) + 3_600
    bench.cloud.send(watch_topic(CHARGER, 1), json.dumps({"until": until}).encode())
    bench.pass_s(60)
    bench.clock.board_behind_s = 7_200
    bench.pass_s(60)
    before = len(bench.events())
    bench.pass_s(29)
    assert len(bench.events()) - before <= 1


@pytest.mark.parametrize("behind_s", WRONG.values(), ids=WRONG)
def test_a_session_on_a_wrong_clock_has_the_right_times_everywhere(bench: Bench, behind_s: float) -> None:
    bench.lose_power()
    bench.clock.board_behind_s = behind_s
    bench.turn_on()
    began = int(bench.clock.epoch_s)
    bench.charge()
    bench.want("stop")
    over = int(bench.clock.epoch_s)
    assert began <= stamps(bench)[0] <= began + 1
    assert over - 1 <= stamps(bench)[-1] <= over
    assert over - 1 <= bench.reported("ack")["at"] <= over
    assert over - 1 <= bench.reported("session")["at"] <= over


@pytest.mark.parametrize("behind_s", WRONG.values(), ids=WRONG)
def test_what_happened_offline_on_a_wrong_clock_is_told_with_the_right_times(bench: Bench, behind_s: float) -> None:
    began = int(bench.clock.epoch_s)
    bench.charge()
    bench.lose_power()
    bench.clock.board_behind_s = behind_s
    bench.turn_on(online=False)
    bench.pass_s(120)
    over = int(bench.clock.epoch_s)
    bench.evse.unplug(bench.clock.mono_s)
    bench.pass_s(1)
    bench.pass_s(600, 5)
    bench.link.restore()
    bench.pass_s(1)
    assert bench.story() == ["started", "ended EVDisconnected"]
    told = stamps(bench)
    assert told == sorted(told)
    assert [told[0], told[-1]] == pytest.approx([began, over], abs=1)
    assert told[-2] > over - 31
    assert bench.reported("session")["startedAt"] == began
    assert bench.reported("session")["at"] == told[-1]
    assert bench.journal.session(1, SESSION) is not None


def test_a_clock_that_is_set_while_offline_leaves_no_wrong_stamp(bench: Bench) -> None:
    bench.charge()
    bench.lose_power()
    bench.clock.board_behind_s = NOON
    bench.turn_on(online=False)
    bench.pass_s(120)
    bench.clock.board_behind_s = 0
    bench.pass_s(120)
    bench.link.restore()
    bench.pass_s(1)
    told = stamps(bench)
    assert told == sorted(told)
    assert told[3:] == pytest.approx([NOON + 120, NOON + 180, NOON + 240, NOON + 300], abs=1)


def test_two_boots_without_clock_and_cloud_keep_the_order_and_no_time_lies_in_the_future(bench: Bench) -> None:
    bench.charge()
    bench.clock.board_behind_s = NOON
    for _ in range(2):
        bench.lose_power()
        bench.clock.pass_s(60)
        bench.turn_on(online=False)
        bench.pass_s(60)
    bench.link.restore()
    bench.pass_s(1)
    told = stamps(bench)
    assert told == sorted(told)
    assert told[-1] <= bench.clock.epoch_s


def test_a_charger_that_has_no_shadow_yet_learns_the_time_from_the_answer_to_its_first_report(tmp_path: Path) -> None:
    bench = Bench(tmp_path, evses=1)
    bench.clock.board_behind_s = -3600
    bench.turn_on()
    assert bench.agent.status()["told"]
    bench.pass_s(3)
    bench.want("start")
    bench.pass_s(1)
    assert bench.story() == ["started"]
    assert stamps(bench)[0] == pytest.approx(bench.clock.epoch_s, abs=1)
    bench.lose_power()


def test_an_acceptance_that_was_long_under_way_or_is_of_another_report_tells_no_time(bench: Bench) -> None:
    bench.lose_power()
    bench.clock.board_behind_s = 3600
    bench.cloud.lose["get/accepted"] = bench.cloud.lose["update/accepted"] = 2
    bench.turn_on()
    mine = {"reported": {"boot": "0002", "n": 1}}
    other = {"reported": {"boot": "0001", "n": 1}}
    accepted = shadow_topic(CHARGER, 1, "update/accepted")
    for state, wait_s in ((other, 1.0), (mine, ANSWER_WAIT_S)):
        bench.clock.pass_s(wait_s)
        bench.cloud.send(accepted, json.dumps({"timestamp": 5, "state": state}).encode())
        bench.agent.turn(bench.agent._inbox.get_nowait())
        assert not bench.agent.status()["told"]


def test_events_wait_a_moment_for_the_time_and_no_longer(bench: Bench) -> None:
    bench.charge()
    bench.link.cut()
    bench.evse.unplug(bench.clock.mono_s)
    bench.pass_s(1)
    bench.lose_power()
    bench.clock.board_behind_s = NOON
    bench.cloud.lose["get/accepted"] = 2
    bench.cloud.lose["update/accepted"] = 2
    bench.turn_on()
    bench.pass_s(TIME_WAIT_S - 1)
    assert bench.story() == ["started"]
    bench.pass_s(2)
    assert bench.story() == ["started", "ended EVDisconnected"]
