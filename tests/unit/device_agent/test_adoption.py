"""The journal is gone while a car charges: the agent takes the session on again from its own last report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from device_agent.adoption import NEXT_SEQ_AT_MOST, adopted, live_session
from device_agent.drivers.simulated.plant import Fault
from device_agent.records import Moment, Phase, SessionRecord
from tests.support.charger_bench import CHARGER, NOON, OTHER_SESSION, SESSION, intent, ulid

if TYPE_CHECKING:
    from tests.support.charger_bench import Bench

RUNNING = {
    "sessionId": SESSION,
    "transactionId": "tx-1",
    "state": "charging",
    "startedAt": int(NOON) - 600,
    "energyWh": 120,
    "at": int(NOON) - 500,
}


def lose_journal(bench: Bench) -> None:
    bench.lose_power()
    for part in bench.folder.glob("journal.sqlite3*"):
        part.unlink()


def test_a_session_whose_journal_is_lost_goes_on_and_is_stopped_by_its_stop(bench: Bench) -> None:
    """Scenario 10: after a restart the transaction is unknown and the stop is ignored."""
    bench.charge(seconds=300)
    sent = {event["seq"] for event in bench.events()}
    start = bench.events()[0]
    lose_journal(bench)
    bench.turn_on()
    bench.pass_s(120)
    assert bench.reported("session")["sessionId"] == SESSION
    assert bench.reported("session")["transactionId"] == start["transactionId"]
    assert bench.reported("session")["startedAt"] == start["at"]
    stopped = bench.want("stop")
    assert bench.answer() == (stopped, "done", "")
    assert bench.story() == ["started", "ended Remote"]
    assert not bench.evse.contactor_closed
    assert bench.evse.opens == 1
    delivered = int(bench.evse.joules(bench.clock.mono_s) / 3600)
    assert bench.events()[-1]["meterWh"] - start["meterWh"] == delivered
    later = [event["seq"] for event in bench.events() if event["seq"] not in sent]
    assert len(bench.events()) == len(sent) + len(later)
    assert later == sorted(set(later))
    assert min(later) > max(sent)


def test_a_stop_that_waits_in_the_shadow_reaches_the_session_whose_journal_is_lost(bench: Bench) -> None:
    bench.charge()
    lose_journal(bench)
    bench.cloud.desire(CHARGER, 1, intent("stop", number=2))
    bench.turn_on()
    bench.pass_s(1)
    assert bench.answer() == (ulid(2), "done", "")
    assert bench.story() == ["started", "ended Remote"]


def test_a_delta_is_not_judged_before_the_whole_document_has_been_seen(bench: Bench) -> None:
    bench.charge()
    lose_journal(bench)
    bench.cloud.lose["get/accepted"] = 2
    bench.turn_on()
    stop = bench.want("stop")
    assert bench.answer() == (stop, "done", "")
    assert bench.story() == ["started", "ended Remote"]


def test_hardware_that_is_silent_at_first_is_waited_for_before_a_session_is_adopted(bench: Bench) -> None:
    bench.charge()
    lose_journal(bench)
    bench.evse.set_fault(bench.clock.mono_s, Fault.SILENT, on=True)
    bench.cloud.desire(CHARGER, 1, intent("stop", number=2))
    bench.turn_on()
    assert bench.answer() == (ulid(2), "accepted", "")
    bench.evse.set_fault(bench.clock.mono_s, Fault.SILENT, on=False)
    bench.pass_s(2)
    assert bench.answer() == (ulid(2), "done", "")
    assert bench.story() == ["started", "ended Remote"]


def test_a_start_that_is_taken_up_again_before_its_session_is_adopted_begins_nothing_twice(bench: Bench) -> None:
    bench.charge()
    lose_journal(bench)
    bench.evse.set_fault(bench.clock.mono_s, Fault.SILENT, on=True)
    bench.turn_on()
    start_id, status, _ = bench.answer()
    assert status == "accepted"
    bench.evse.set_fault(bench.clock.mono_s, Fault.SILENT, on=False)
    bench.pass_s(2)
    assert bench.answer() == (start_id, "done", "")
    bench.want("stop")
    assert bench.story() == ["started", "ended Remote"]
    assert (bench.evse.closes, bench.evse.opens) == (1, 1)


def test_a_session_that_has_drawn_more_than_the_register_shows_keeps_its_energy(bench: Bench) -> None:
    bench.charge(seconds=300)
    bench.evse.limit_car(bench.clock.mono_s, 0)
    bench.pass_s(15)
    energy_wh = bench.reported("session")["energyWh"]
    lose_journal(bench)
    bench.evse.reset_meter(bench.clock.mono_s)
    bench.turn_on()
    bench.want("stop")
    assert bench.reported("session")["energyWh"] == energy_wh > 0


def test_a_stop_while_the_contactor_is_closed_for_nobody_known_is_never_done(bench: Bench) -> None:
    bench.charge(OTHER_SESSION)
    lose_journal(bench)
    bench.cloud.forget(CHARGER, 1)
    bench.turn_on()
    stopped = bench.want("stop")
    assert bench.answer() == (stopped, "failed", "refused_by_charger")
    assert bench.evse.contactor_closed


def test_a_session_the_journal_knows_has_ended_is_not_adopted_again(bench: Bench) -> None:
    bench.charge()
    before = bench.cloud.reported(CHARGER, 1)
    bench.link.cut()
    bench.evse.press_stop(bench.clock.mono_s)
    bench.pass_s(1)
    bench.evse.start(bench.clock.mono_s)
    bench.link.restore()
    bench.pass_s(5)
    assert before["session"][0]["state"] == "charging"
    assert bench.story() == ["started", "ended Local"]
    assert bench.journal.current(1) is None


@pytest.mark.parametrize(
    "reported",
    [None, [], {}, {"session": []}, {"session": [7]}, {"session": 7}, {"session": [RUNNING | {"state": "ended"}]}],
)
def test_only_a_session_shown_as_running_can_be_adopted(reported: Any) -> None:
    assert live_session(reported) is None


def test_an_adopted_session_counts_on_beyond_every_number_it_can_have_used() -> None:
    told = live_session({"session": [RUNNING], "evse": "whatever"})
    assert told is not None
    known = SessionRecord(SESSION, 1, Phase.KEPT, newest_keep=intent("keep")["id"])
    record = adopted(told, known, 1_000, Moment(NOON, 10))
    assert (record.phase, record.meter_start_wh, record.meter_wh, record.next_seq) == (Phase.ACTIVE, 880, 1_000, 602)
    assert record.newest_keep == known.newest_keep
    assert adopted(told, known, 1_000, Moment(0, 10)).next_seq == 102
    assert adopted(told, known, 1_000, Moment(NOON + 1e9, 10)).next_seq == NEXT_SEQ_AT_MOST


def test_a_session_that_ended_while_its_journal_was_lost_is_ended_for_the_cloud_too(bench: Bench) -> None:
    bench.charge(seconds=300)
    lose_journal(bench)
    bench.evse.unplug(bench.clock.mono_s)
    bench.turn_on()
    bench.pass_s(1)
    assert bench.story() == ["started", "ended EVDisconnected"]
    assert bench.reported("session")["state"] == "ended"
