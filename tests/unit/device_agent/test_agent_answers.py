"""Every intent's final answer is reported, also when the next intent waits already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from device_agent.drivers.simulated.plant import Fault

if TYPE_CHECKING:
    from tests.support.charger_bench import Bench


def told(bench: Bench) -> list[tuple[str, str, str]]:
    """The acks of all reports, each once, in order."""
    acks = [ack for update in bench.cloud.updates for ack in update["state"]["reported"].get("ack", [])]
    return list(dict.fromkeys((ack["id"], ack["status"], ack.get("reason", "")) for ack in acks))


def test_a_start_is_reported_done_before_the_stop_that_waits_for_it_is_taken_up(bench: Bench) -> None:
    bench.evse.set_fault(bench.clock.mono_s, Fault.SILENT, on=True)
    bench.pass_s(1)
    started = bench.want("start")
    stopped = bench.want("stop")
    bench.evse.set_fault(bench.clock.mono_s, Fault.SILENT, on=False)
    bench.pass_s(2)
    final = [answer for answer in told(bench) if answer[1] == "done"]
    assert final == [(started, "done", ""), (stopped, "done", "")]
    assert bench.story() == ["started", "ended Remote"]


def test_a_failed_start_is_reported_before_the_stop_that_waits_and_the_stop_says_it_never_started(
    bench: Bench,
) -> None:
    bench.evse.set_fault(bench.clock.mono_s, Fault.SILENT, on=True)
    bench.pass_s(1)
    started = bench.want("start")
    stopped = bench.want("stop")
    bench.evse.set_fault(bench.clock.mono_s, Fault.REFUSES_TO_CLOSE, on=True)
    bench.evse.set_fault(bench.clock.mono_s, Fault.SILENT, on=False)
    bench.pass_s(2)
    final = [answer for answer in told(bench) if answer[1] in ("done", "failed")]
    assert final == [(started, "failed", "refused_by_charger"), (stopped, "done", "never_started")]


def test_a_stop_that_waited_for_silent_hardware_cancels_its_start_all_the_same(bench: Bench) -> None:
    bench.evse.set_fault(bench.clock.mono_s, Fault.SILENT, on=True)
    bench.pass_s(1)
    stopped = bench.want("stop")
    bench.evse.set_fault(bench.clock.mono_s, Fault.SILENT, on=False)
    bench.pass_s(2)
    assert bench.answer() == (stopped, "done", "never_started")
    started = bench.want("start")
    assert bench.answer() == (started, "refused", "cancelled")
    assert bench.evse.closes == 0


def test_a_keep_that_comes_too_late_does_not_swallow_the_answer_to_its_stop(bench: Bench) -> None:
    bench.charge()
    bench.evse.set_fault(bench.clock.mono_s, Fault.CONTACTOR_WELDED, on=True)
    stopped = bench.want("stop")
    bench.evse.set_fault(bench.clock.mono_s, Fault.CONTACTOR_WELDED, on=False)
    bench.evse.stop(bench.clock.mono_s)
    kept = bench.want("keep")
    bench.pass_s(1)
    assert [answer for answer in told(bench) if answer[0] in (stopped, kept)] == [
        (stopped, "executing", ""),
        (kept, "refused", "already_stopped"),
        (stopped, "done", ""),
    ]
    assert bench.answer() == (kept, "refused", "already_stopped")
    assert bench.cloud.in_sync("PX-0001", 1)
