"""The disk is full or fails: a stop is carried out, answered and told all the same, and nothing is told twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from device_agent.journal import LOST
from device_agent.journal_store import FAILING, RETRY_S
from tests.unit.device_agent.test_journal_store import die, spoil
from tests.unit.device_agent.test_journal_trouble import failing_disk, fill_disk, free_disk

if TYPE_CHECKING:
    import pytest

    from tests.support.charger_bench import Bench


def once_each(bench: Bench) -> bool:
    """Whether the events that arrived are numbered without a double."""
    seqs = [event["seq"] for event in bench.events()]
    return seqs == sorted(set(seqs))


def test_a_stop_on_a_full_disk_is_done_answered_and_told_and_the_restart_after_it_repeats_nothing(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.charge()
    fill_disk(bench.journal)
    stopped = bench.want("stop")
    assert bench.answer() == (stopped, "done", "")
    assert bench.evse.opens == 1
    bench.cloud.acknowledge = False
    bench.pass_s(RETRY_S)
    free_disk(bench.journal)
    bench.pass_s(RETRY_S)
    bench.cloud.acknowledge = True
    bench.restart()
    bench.pass_s(1)
    assert bench.story() == ["started", "ended Remote"]
    assert once_each(bench)
    assert bench.reported("evse")["error"] == ""
    assert bench.answer() == (stopped, "done", "")
    assert "turn failed" not in caplog.text


def test_a_whole_session_on_a_failing_disk_is_told_and_the_report_says_what_fails(bench: Bench) -> None:
    with failing_disk():
        bench.charge()
        assert bench.reported("evse")["error"] == FAILING
        stopped = bench.want("stop")
        assert bench.answer() == (stopped, "done", "")
        assert bench.story() == ["started", "ended Remote"]
    bench.pass_s(RETRY_S)
    assert bench.reported("evse")["error"] == ""
    bench.restart()
    bench.pass_s(1)
    assert bench.story() == ["started", "ended Remote"]
    assert once_each(bench)
    assert bench.answer() == (stopped, "done", "")


def test_an_end_without_link_and_without_disk_is_told_once_when_both_are_back(bench: Bench) -> None:
    bench.charge()
    bench.link.cut()
    with failing_disk():
        bench.evse.unplug(bench.clock.mono_s)
        bench.pass_s(5)
    bench.pass_s(RETRY_S)
    bench.restart()
    bench.pass_s(2)
    assert bench.story() == ["started", "ended EVDisconnected"]
    assert once_each(bench)


def test_a_stop_on_a_journal_that_is_damaged_in_use_is_done_answered_and_told(bench: Bench) -> None:
    bench.charge()
    spoil(bench.journal, bench.folder / "journal.sqlite3")
    stopped = bench.want("stop")
    assert bench.answer() == (stopped, "done", "")
    assert bench.evse.opens == 1
    bench.pass_s(RETRY_S)
    assert bench.reported("evse")["error"] == LOST
    bench.restart()
    bench.pass_s(1)
    assert bench.story() == ["started", "ended Remote"]
    assert once_each(bench)
    assert bench.answer() == (stopped, "done", "")


def test_a_stop_on_a_storage_that_cannot_be_read_either_is_done_answered_and_told(bench: Bench) -> None:
    bench.charge()
    die(bench.journal)
    stopped = bench.want("stop")
    assert bench.answer() == (stopped, "done", "")
    assert bench.story() == ["started", "ended Remote"]
    assert once_each(bench)
