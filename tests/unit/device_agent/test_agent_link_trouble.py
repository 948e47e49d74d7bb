"""The network loses, delays and repeats; the broker goes away. Named after what happened to others (design notes)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from contract.topics import shadow_topic
from device_agent.link import Published
from tests.support.charger_bench import CHARGER, OTHER_SESSION, SESSION, Bench, intent, ulid

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_stop_wished_while_the_charger_was_away_is_carried_out_when_it_is_back(bench: Bench) -> None:
    """Scenario 19: a delta missed while away."""
    bench.charge()
    bench.link.cut()
    stopped = bench.want("stop")
    bench.pass_s(120)
    assert bench.evse.contactor_closed
    bench.link.restore()
    bench.agent.catch_up()
    assert bench.answer() == (stopped, "done", "")


def test_a_lost_delta_is_made_good_by_the_next_refresh(bench: Bench) -> None:
    """Scenario 19: a delta missed while away."""
    bench.charge()
    bench.cloud.lose["update/delta"] = 1
    stopped = bench.want("stop")
    bench.pass_s(1700)
    assert bench.evse.contactor_closed
    bench.pass_s(120)
    assert bench.answer() == (stopped, "done", "")


def test_an_idle_charger_reads_its_documents_every_six_hours_and_no_oftener(bench: Bench) -> None:
    bench.evse.unplug(bench.clock.mono_s)
    bench.pass_s(60)
    bench.cloud.forget(CHARGER, 1)
    bench.pass_s(5.9 * 3600, step_s=10)
    assert bench.cloud.version(CHARGER, 1) == 0
    bench.pass_s(600, step_s=10)
    assert bench.reported("evse")["status"] == "available"


def test_a_lost_get_accepted_does_not_park_the_shadow(bench: Bench) -> None:
    """Scenario 22: parked until reboot."""
    bench.charge()
    bench.link.cut()
    stopped = bench.want("stop")
    bench.cloud.lose["get/accepted"] = 4  # both shadows, twice
    bench.cloud.lose["update/delta"] = 9
    bench.link.restore()
    bench.pass_s(4)
    assert bench.evse.contactor_closed
    bench.pass_s(8)
    assert bench.answer() == (stopped, "done", "")
    assert bench.link.reconnects == []


def test_a_shadow_service_that_never_answers_leads_to_a_new_connection(bench: Bench) -> None:
    bench.link.cut()
    bench.cloud.lose["get/accepted"] = 6  # both shadows, three times
    bench.link.restore()
    bench.pass_s(20)
    assert bench.link.reconnects == ["the shadow service does not answer"] * len(bench.link.reconnects)
    assert bench.link.reconnects
    started = bench.want("start")
    assert bench.answer() == (started, "done", "")


def test_subscriptions_that_are_never_granted_lead_to_a_new_connection(bench: Bench) -> None:
    bench.charge()
    bench.link.cut()
    stopped = bench.want("stop")
    bench.cloud.lose["suback"] = 1
    bench.link.restore()
    bench.pass_s(9)
    assert bench.link.reconnects == []
    bench.pass_s(2)
    assert bench.link.reconnects == ["subscriptions are not granted"]
    assert bench.answer() == (stopped, "done", "")


def test_a_report_whose_acceptance_is_lost_is_sent_again(bench: Bench) -> None:
    bench.cloud.lose["update/accepted"] = 1
    bench.evse.unplug(bench.clock.mono_s)
    bench.pass_s(1)
    updates = len(bench.cloud.updates)
    bench.pass_s(10)
    assert len(bench.cloud.updates) == updates + 1
    bench.pass_s(60)
    assert len(bench.cloud.updates) == updates + 1


def test_a_report_lost_with_the_connection_is_sent_when_it_is_back(bench: Bench) -> None:
    bench.link.cut()
    bench.evse.unplug(bench.clock.mono_s)
    bench.pass_s(5)
    assert bench.reported("evse")["status"] == "preparing"
    bench.link.restore()
    bench.agent.catch_up()
    assert bench.reported("evse")["status"] == "available"


def test_a_rejected_report_is_repeated_ever_more_slowly(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """Scenario 23: full resync every second."""
    bench.cloud.reject[429] = 4
    bench.evse.unplug(bench.clock.mono_s)
    bench.pass_s(30)
    assert bench.cloud.reject[429] == 1
    bench.pass_s(60)
    assert bench.reported("evse")["status"] == "available"
    assert caplog.text.count("report rejected") == 4


def test_a_shadow_that_was_deleted_is_written_again_and_its_low_versions_count(bench: Bench) -> None:
    bench.charge()
    bench.cloud.forget(CHARGER, 1)
    bench.pass_s(1850)
    assert bench.reported("session")["sessionId"] == SESSION
    stopped = bench.want("stop")
    assert bench.answer() == (stopped, "done", "")


def test_an_answer_overtaken_by_a_delta_does_not_bring_back_the_older_wish(bench: Bench) -> None:
    bench.charge()
    bench.cloud.lose["get/accepted"] = 2
    bench.link.cut()
    bench.link.restore()
    bench.agent.catch_up()  # has asked, not been answered
    stale = {"state": {"desired": {"v": 1, "intent": [intent("start", OTHER_SESSION, 801)]}}, "version": 1}
    stopped = bench.want("stop")
    bench.cloud.send(shadow_topic(CHARGER, 1, "get/accepted"), json.dumps(stale).encode())
    bench.agent.catch_up()
    assert bench.answer() == (stopped, "done", "")


def test_a_delta_that_does_not_say_what_differs_leads_to_a_look_at_the_whole(bench: Bench) -> None:
    bench.charge()
    bench.cloud.lose["update/delta"] = 1
    stopped = bench.want("stop")
    bench.cloud.send(shadow_topic(CHARGER, 1, "update/delta"), b'{"version": 99, "state": {"v": 1}}')
    bench.agent.catch_up()
    assert bench.answer() == (stopped, "done", "")


def test_what_is_not_a_json_object_is_ignored(bench: Bench) -> None:
    for payload in (b"", b"[]", b"\xff\xfe", b"17"):
        bench.cloud.send(shadow_topic(CHARGER, 1, "update/delta"), payload)
    bench.agent.catch_up()
    started = bench.want("start")
    assert bench.answer() == (started, "done", "")


def test_events_of_a_session_far_from_any_network_come_in_order_once_it_is_back(bench: Bench) -> None:
    bench.charge(seconds=10)
    bench.link.cut()
    bench.pass_s(300)
    bench.evse.press_stop(bench.clock.mono_s)
    bench.pass_s(1)
    bench.cloud.published.clear()
    bench.link.restore()
    bench.pass_s(5)
    seqs = [event["seq"] for event in bench.events()]
    assert len(seqs) > 5
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
    assert bench.story() == ["ended Local"]


def test_at_most_four_events_are_under_way_and_none_leaves_the_outbox_unacknowledged(bench: Bench) -> None:
    bench.link.cut()
    bench.evse.start(bench.clock.mono_s)
    bench.link.restore()
    bench.agent.catch_up()
    bench.evse.stop(bench.clock.mono_s)
    bench.charge(seconds=1)
    bench.cloud.acknowledge = False
    bench.cloud.published.clear()
    for power_w in (2_000, 4_000, 6_000, 8_000, 10_000, 2_000, 4_000):
        bench.evse.limit_car(bench.clock.mono_s, power_w)
        bench.pass_s(2.25)
    assert len(bench.events()) == 4
    assert len(bench.journal.waiting(100)) > 4
    bench.cloud.acknowledge = True
    bench.pass_s(20)
    assert bench.link.reconnects[-1] == "session events are not acknowledged"
    bench.pass_s(5)
    assert bench.journal.waiting(100) == []


def test_an_acknowledgement_of_another_connection_deletes_nothing(bench: Bench) -> None:
    bench.cloud.acknowledge = False
    bench.charge(seconds=1)
    waiting = bench.journal.waiting(100)
    bench.agent.post(Published(10_000))
    bench.agent.catch_up()
    assert bench.journal.waiting(100) == waiting != []


def test_an_agent_without_a_network_still_ends_what_ends_by_itself(tmp_path: Path) -> None:
    bench = Bench(tmp_path).turn_on()
    bench.charge()
    bench.link.cut()
    bench.restart()
    bench.link.cut()
    bench.evse.unplug(bench.clock.mono_s)
    bench.pass_s(2)
    bench.link.restore()
    bench.pass_s(1)
    assert bench.story() == ["started", "ended EVDisconnected"]
    bench.lose_power()


def test_a_repeated_stop_id_with_other_content_keeps_its_first_answer(bench: Bench) -> None:
    bench.charge()
    bench.want("stop", id=ulid(700))
    bench.charge(OTHER_SESSION)
    bench.want("stop", OTHER_SESSION, id=ulid(700))
    assert bench.answer() == (ulid(700), "done", "")
    assert bench.evse.contactor_closed
