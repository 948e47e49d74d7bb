"""Commands whose answer comes later: given once, waited for without blocking, and judged when it is there."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from device_agent.drivers.base import DriverRefused, DriverUnreachable, Look, Order, Resumed
from device_agent.drivers.simulated.plant import Fault
from device_agent.reconciler import DRIVER_WAIT_S
from tests.support.charger_bench import SESSION, PowerCut

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.charger_bench import Bench

GROUP = "0123456789ABCDEFGHJK"


@dataclass
class SlowHardware:
    """Answers the bench's commands when the test says so."""

    bench: Bench
    commands: list[Future[None]] = field(default_factory=list)

    def give(self, evse_id: int, name: object) -> Future[None]:
        assert (evse_id, bool(name)) == (1, True)
        self.commands.append(Future())
        return self.commands[-1]

    def answer(self, error: Exception | None = None) -> None:
        if error is None:
            self.commands[-1].set_result(None)
        else:
            self.commands[-1].set_exception(error)
        self.bench.agent.post(Look(1))
        self.bench.agent.catch_up()


def cancel(slow: SlowHardware) -> None:
    slow.commands[-1].cancel()
    slow.bench.pass_s(0.25)


@pytest.fixture
def slow(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> SlowHardware:
    bench.charge()
    slow = SlowHardware(bench)
    monkeypatch.setattr(bench.hardware, "start", slow.give)
    monkeypatch.setattr(bench.hardware, "stop", slow.give)
    return slow


def test_a_command_that_is_not_answered_yet_is_not_given_again(bench: Bench, slow: SlowHardware) -> None:
    stop = bench.want("stop")
    bench.pass_s(DRIVER_WAIT_S - 1)
    assert len(slow.commands) == 1
    assert bench.answer() == (stop, "executing", "")


def test_how_long_the_hardware_may_take_counts_from_its_answer(bench: Bench, slow: SlowHardware) -> None:
    stop = bench.want("stop")
    bench.pass_s(6)
    slow.answer()
    bench.pass_s(bench.hardware.pace.stop_s - 0.5)
    assert bench.answer() == (stop, "executing", "")
    bench.evse.stop(bench.clock.mono_s)
    bench.pass_s(0.25)
    assert bench.answer() == (stop, "done", "")


def test_what_has_happened_counts_although_the_command_is_not_answered(bench: Bench, slow: SlowHardware) -> None:
    stop = bench.want("stop")
    bench.evse.stop(bench.clock.mono_s)
    bench.pass_s(0.25)
    assert bench.answer() == (stop, "done", "")
    slow.answer(DriverUnreachable("late"))
    assert bench.answer() == (stop, "done", "")


def test_a_late_no_is_a_refusal_in_the_hardwares_words(
    bench: Bench, slow: SlowHardware, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    stop = bench.want("stop")
    bench.pass_s(2)
    slow.answer(DriverRefused("not now"))
    assert bench.answer() == (stop, "failed", "refused_by_charger")
    assert any("the hardware said: not now" in getattr(line, "action", "") for line in caplog.records)


@pytest.mark.parametrize("lost", [lambda slow: slow.answer(DriverUnreachable("gone")), cancel])
def test_a_command_that_nobody_answered_is_given_again_at_the_next_look(
    bench: Bench, slow: SlowHardware, lost: Callable[[SlowHardware], None]
) -> None:
    stop = bench.want("stop")
    lost(slow)
    bench.pass_s(1.25)
    assert len(slow.commands) == 2
    bench.evse.stop(bench.clock.mono_s)
    slow.answer()
    assert bench.answer() == (stop, "done", "")


def test_a_command_that_is_never_answered_fails_in_time(bench: Bench, slow: SlowHardware) -> None:
    stop = bench.want("stop")
    bench.pass_s(DRIVER_WAIT_S + 0.5)
    assert bench.answer() == (stop, "failed", "driver_unreachable")
    assert len(slow.commands) == 1


def test_the_answer_to_an_abandoned_command_is_not_taken_for_the_next_ones(bench: Bench, slow: SlowHardware) -> None:
    bench.want("stop")
    bench.evse.stop(bench.clock.mono_s)
    bench.pass_s(1)
    bench.evse.set_fault(bench.clock.mono_s, Fault.SILENT, on=True)
    start = bench.want("start", "01JD0000000000000000000009")
    slow.answer(DriverRefused("no"))
    assert bench.answer() == (start, "accepted", "")
    bench.evse.set_fault(bench.clock.mono_s, Fault.SILENT, on=False)
    bench.pass_s(1)
    assert len(slow.commands) == 2
    assert bench.answer() == (start, "executing", "")


def test_a_start_says_whose_session_it_is_and_a_stop_names_its_transaction(bench: Bench) -> None:
    bench.want("start", group=GROUP)
    assert bench.hardware.orders == [Order(SESSION, GROUP)]
    bench.want("stop")
    assert bench.hardware.named == ["tx-1"]


def test_after_a_restart_the_driver_is_told_of_the_session_that_runs(bench: Bench) -> None:
    bench.want("start", group=GROUP)
    assert bench.hardware.running == {}
    bench.restart()
    assert bench.hardware.running == {1: Resumed(Order(SESSION, GROUP), "tx-1", started=True)}


def test_after_a_restart_the_driver_is_told_of_a_start_that_is_under_way(bench: Bench) -> None:
    bench.hardware.cut = "before start"
    with pytest.raises(PowerCut):
        bench.want("start", group=GROUP)
    bench.restart()
    assert bench.hardware.running == {1: Resumed(Order(SESSION, GROUP), "tx-1", started=False)}
