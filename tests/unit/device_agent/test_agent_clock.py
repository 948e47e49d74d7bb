"""The board's clock is wrong: a start still expires when the cloud says so, and a hint still has its time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from contract.topics import watch_topic
from device_agent.drivers.simulated.plant import Fault
from device_agent.records import CloudTime, Moment
from tests.support.charger_bench import CHARGER

if TYPE_CHECKING:
    from tests.support.charger_bench import Bench


def test_an_older_time_from_the_cloud_does_not_set_its_clock_back() -> None:
    told = CloudTime().heard(5_000, Moment(100, 10)).heard(4_000, Moment(110, 20))
    assert told.at_least(Moment(120, 30)) == Moment(5_020, 30)
    assert told.at_least(Moment(9_000, 30)) == Moment(9_000, 30)


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
