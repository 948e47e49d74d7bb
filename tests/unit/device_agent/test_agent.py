from __future__ import annotations

import itertools
import json
import logging
from typing import TYPE_CHECKING

import pytest

from contract.topics import events_topic, watch_topic
from contract.wire import SHADOW_WRITE_MAX_BYTES
from device_agent.drivers.simulated.plant import Fault
from tests.support.charger_bench import CHARGER, OTHER_SESSION, SESSION, intent, ulid

if TYPE_CHECKING:
    from tests.support.charger_bench import Bench


def test_a_session_starts_charges_and_stops_with_the_meters_energy(bench: Bench) -> None:
    started = bench.want("start")
    assert bench.answer() == (started, "done", "")
    assert bench.reported("evse") == {"status": "charging", "error": "", "cable": "locked", "powerW": 0}
    bench.pass_s(120)
    stopped = bench.want("stop")
    assert bench.answer() == (stopped, "done", "")
    delivered = int(bench.evse.joules(bench.clock.mono_s) / 3600)
    assert bench.reported("session")["state"] == "ended"
    assert bench.reported("session")["energyWh"] == delivered > 300
    assert bench.reported("evse")["status"] == "finishing"
    assert bench.reported("evse")["cable"] == "plugged"
    assert bench.story() == ["started", "ended Remote"]
    first, last = bench.events()[0], bench.events()[-1]
    assert last["meterWh"] - first["meterWh"] == delivered
    assert last["method"] == "reported"
    assert [event["seq"] for event in bench.events()] == list(range(len(bench.events())))
    assert bench.evse.opens == bench.evse.closes == 1


def test_the_shadow_is_in_sync_once_the_intent_is_answered(bench: Bench) -> None:
    bench.want("start")
    assert bench.cloud.in_sync(CHARGER, 1)
    assert bench.reported("intent")["act"] == "start"


def test_the_intent_is_copied_as_it_came_with_fields_this_release_does_not_know(bench: Bench) -> None:
    bench.want("start", note="from a newer cloud")
    assert bench.answer()[1] == "done"
    assert bench.reported("intent")["note"] == "from a newer cloud"
    assert bench.cloud.in_sync(CHARGER, 1)


def test_five_copies_of_a_delta_are_one_contactor_action_and_one_answer(bench: Bench) -> None:
    bench.charge()
    stop = intent("stop", number=900)
    bench.cloud.desire(CHARGER, 1, stop)
    version = bench.cloud.version(CHARGER, 1)
    for _ in range(5):
        bench.cloud.send_delta(CHARGER, 1, stop, version)
    updates = len(bench.cloud.updates)
    bench.pass_s(2)
    assert bench.hardware.commands == ["start 1", "stop 1"]
    assert bench.story() == ["started", "ended Remote"]
    assert len(bench.cloud.updates) == updates + 1


def test_a_copy_that_comes_later_gets_the_same_answer_and_changes_nothing(bench: Bench) -> None:
    bench.charge()
    stopped = bench.want("stop")
    answer, updates = bench.answer(), len(bench.cloud.updates)
    bench.cloud.send_delta(CHARGER, 1, bench.reported("intent"), bench.cloud.version(CHARGER, 1))
    bench.pass_s(60)
    assert bench.answer() == answer == (stopped, "done", "")
    assert len(bench.cloud.updates) == updates
    assert bench.evse.opens == 1


def test_a_delta_of_a_lower_version_is_dropped_and_one_of_an_equal_version_is_not(bench: Bench) -> None:
    bench.charge()
    bench.want("stop")
    version = bench.cloud.version(CHARGER, 1)
    next_start = intent("start", OTHER_SESSION, 901, at=bench.clock.epoch_s)
    bench.cloud.send_delta(CHARGER, 1, next_start, 1)
    bench.pass_s(1)
    assert bench.hardware.commands == ["start 1", "stop 1"]
    bench.cloud.send_delta(CHARGER, 1, next_start, version)
    bench.agent.catch_up()
    assert bench.hardware.commands == ["start 1", "stop 1", "start 1"]


def test_the_next_session_is_untouched_by_any_old_repeated_or_reordered_document(bench: Bench) -> None:
    bench.charge()
    old = [bench.reported("intent")]
    bench.want("stop")
    old.append(bench.reported("intent"))
    bench.charge(OTHER_SESSION)
    opens = bench.evse.opens
    for document in (*old, *reversed(old), *old):
        bench.cloud.send_delta(CHARGER, 1, document, bench.cloud.version(CHARGER, 1) + 1)
        bench.pass_s(1)
        bench.cloud.desire(CHARGER, 1, document)
        bench.pass_s(1)
        bench.restart()
        bench.pass_s(5)
    assert bench.evse.contactor_closed
    assert bench.evse.opens == opens
    assert bench.story(OTHER_SESSION) == ["started"]
    assert bench.story(SESSION) == ["started", "ended Remote"]


def test_a_start_that_comes_after_its_expiry_is_refused(bench: Bench) -> None:
    late = bench.want("start", expiresAt=int(bench.clock.epoch_s) - 12)
    assert bench.answer() == (late, "refused", "start_expired")
    assert bench.hardware.commands == []


def test_a_stop_for_a_start_that_has_not_come_yet_cancels_it(bench: Bench) -> None:
    stopped = bench.want("stop")
    assert bench.answer() == (stopped, "done", "never_started")
    started = bench.want("start")
    assert bench.answer() == (started, "refused", "cancelled")
    assert bench.hardware.commands == []


def test_a_kept_session_charges_on_and_older_stops_of_it_are_void(bench: Bench) -> None:
    bench.charge()
    bench.link.cut()
    bench.want("stop", id=ulid(500))
    bench.want("keep", id=ulid(501))
    bench.link.restore()
    bench.agent.catch_up()
    assert bench.answer() == (ulid(501), "done", "")
    bench.want("stop", id=ulid(500))
    assert bench.answer() == (ulid(500), "refused", "withdrawn")
    assert bench.evse.contactor_closed
    bench.want("stop", id=ulid(502))
    assert bench.answer() == (ulid(502), "done", "")


def test_keeping_a_session_that_is_stopped_already_is_refused(bench: Bench) -> None:
    bench.charge()
    bench.want("stop")
    kept = bench.want("keep")
    assert bench.answer() == (kept, "refused", "already_stopped")


def test_an_intent_nobody_can_read_is_refused_once_and_not_looped_over(bench: Bench) -> None:
    bench.cloud.desire(CHARGER, 1, {"id": ulid(7), "act": "dance"}, v=2)
    bench.pass_s(60)
    assert bench.answer() == (ulid(7), "refused", "unsupported")
    assert len([u for u in bench.cloud.updates if u["state"]["reported"].get("ack")]) == 1


def test_desired_state_without_an_answerable_intent_is_ignored(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.cloud.desire(CHARGER, 1, {"act": "stop"})
    bench.pass_s(1)
    assert bench.answer() == ("", "", "")
    assert "no intent with an id" in caplog.text


def test_each_evse_obeys_its_own_shadow(bench: Bench) -> None:
    bench.charge()
    stopped = bench.want("stop", SESSION, evse_id=2)
    assert bench.answer(2) == (stopped, "done", "never_started")
    assert bench.evse.contactor_closed


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault.REFUSES_TO_OPEN, "refused_by_charger"),
        (Fault.CONTACTOR_WELDED, "refused_by_charger"),
        (Fault.POWER_KEEPS_FLOWING, "power_still_flowing"),
        (Fault.SILENT, "driver_unreachable"),
    ],
)
def test_a_stop_that_fails_leaves_the_session_active_and_a_new_stop_tries_again(
    bench: Bench, fault: Fault, reason: str
) -> None:
    bench.charge()
    bench.evse.set_fault(bench.clock.mono_s, fault, on=True)
    failed = bench.want("stop")
    bench.pass_s(13)
    assert bench.answer() == (failed, "failed", reason)
    assert bench.reported("session")["state"] == "charging"
    assert bench.story() == ["started"]
    bench.evse.set_fault(bench.clock.mono_s, fault, on=False)
    if fault is not Fault.POWER_KEEPS_FLOWING:
        again = bench.want("stop")
        bench.pass_s(5)
        assert bench.answer() == (again, "done", "")
    bench.pass_s(1)
    assert bench.story() == ["started", "ended Remote"]


def test_while_a_command_settles_the_ack_is_executing_and_the_agent_looks_often(bench: Bench) -> None:
    bench.charge()
    bench.evse.set_fault(bench.clock.mono_s, Fault.CONTACTOR_WELDED, on=True)
    stopped = bench.want("stop")
    assert bench.answer() == (stopped, "executing", "")
    looks = bench.hardware.looks
    bench.pass_s(1, step_s=0.02)
    assert bench.hardware.looks - looks >= 50
    kept = bench.want("keep")
    assert bench.answer() == (kept, "refused", "already_stopped")
    bench.evse.set_fault(bench.clock.mono_s, Fault.CONTACTOR_WELDED, on=False)
    bench.pass_s(5)
    assert bench.answer() == (kept, "refused", "already_stopped")


def test_a_start_the_hardware_refuses_fails_and_leaves_the_evse_free(bench: Bench) -> None:
    bench.evse.set_fault(bench.clock.mono_s, Fault.REFUSES_TO_CLOSE, on=True)
    failed = bench.want("start")
    assert bench.answer() == (failed, "failed", "refused_by_charger")
    bench.pass_s(1)
    assert bench.story() == []
    bench.evse.set_fault(bench.clock.mono_s, Fault.REFUSES_TO_CLOSE, on=False)
    started = bench.want("start")
    assert bench.answer() == (started, "done", "")


def test_a_start_waits_for_silent_hardware_and_then_goes_ahead(bench: Bench) -> None:
    bench.evse.set_fault(bench.clock.mono_s, Fault.SILENT, on=True)
    bench.pass_s(2)
    started = bench.want("start")
    assert bench.answer() == (started, "accepted", "")
    bench.evse.set_fault(bench.clock.mono_s, Fault.SILENT, on=False)
    bench.pass_s(2)
    assert bench.answer() == (started, "done", "")


def test_a_start_gives_up_on_hardware_that_stays_silent(bench: Bench) -> None:
    bench.evse.set_fault(bench.clock.mono_s, Fault.SILENT, on=True)
    bench.pass_s(5)
    assert bench.reported("agent")["driverOk"] is False
    assert bench.reported("evse")["status"] == "unavailable"
    failed = bench.want("start")
    bench.pass_s(12)
    assert bench.answer() == (failed, "failed", "driver_unreachable")


def test_pulling_the_cable_ends_the_session_and_frees_the_evse(bench: Bench) -> None:
    bench.charge()
    bench.evse.unplug(bench.clock.mono_s)
    bench.pass_s(1)
    assert bench.story() == ["started", "ended EVDisconnected"]
    assert bench.reported("evse")["status"] == "available"
    assert bench.reported("evse")["cable"] == "unplugged"
    bench.evse.plug(bench.clock.mono_s)
    bench.pass_s(1)
    assert bench.reported("evse")["status"] == "preparing"


def test_the_stop_button_ends_the_session_as_local(bench: Bench) -> None:
    bench.charge()
    bench.evse.press_stop(bench.clock.mono_s)
    bench.pass_s(1)
    assert bench.story() == ["started", "ended Local"]
    stopped = bench.want("stop")
    assert bench.answer() == (stopped, "done", "already_ended")


def test_an_emergency_stop_ends_the_session_and_blocks_the_next(bench: Bench) -> None:
    bench.charge()
    bench.evse.press_emergency(bench.clock.mono_s)
    bench.pass_s(1)
    assert bench.story() == ["started", "ended EmergencyStop"]
    assert (bench.reported("evse")["status"], bench.reported("evse")["error"]) == ("faulted", "emergency_stop")
    refused = bench.want("start", OTHER_SESSION)
    assert bench.answer() == (refused, "refused", "charger_out_of_service")


def test_a_finished_evse_with_the_cable_still_in_can_start_again(bench: Bench) -> None:
    bench.charge()
    bench.want("stop")
    assert bench.reported("evse")["status"] == "finishing"
    started = bench.want("start", OTHER_SESSION)
    assert bench.answer() == (started, "done", "")
    assert bench.reported("session")["sessionId"] == OTHER_SESSION


def test_a_cable_the_lock_does_not_let_go_is_reported_as_stuck(bench: Bench) -> None:
    bench.charge()
    bench.evse.set_fault(bench.clock.mono_s, Fault.CABLE_STUCK, on=True)
    stopped = bench.want("stop")
    assert bench.answer() == (stopped, "done", "")
    assert bench.reported("evse")["cable"] == "stuck"


def test_energy_goes_on_when_the_meter_is_reset(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.charge(seconds=300)
    bench.evse.reset_meter(bench.clock.mono_s)
    bench.pass_s(1)
    bench.restart()
    bench.pass_s(300)
    bench.want("stop")
    values = [event["meterWh"] for event in bench.events()]
    assert values == sorted(values)
    delivered = bench.evse.joules(bench.clock.mono_s) / 3600
    assert values[-1] - values[0] == pytest.approx(delivered, abs=2)
    assert "meter fell back" in caplog.text


def test_meter_events_come_every_30_s_and_on_a_change_of_power_at_most_every_2_s(bench: Bench) -> None:
    bench.charge(seconds=10)
    bench.pass_s(120)
    times = [event["at"] for event in bench.events() if event["type"] == "meter"]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert min(gaps) >= 2
    assert gaps[-3:] == [30, 30, 30]
    bench.evse.limit_car(bench.clock.mono_s, 3_000)
    bench.pass_s(3)
    assert bench.events()[-1]["powerW"] == 3_000


def test_somebody_who_looks_at_the_session_gets_a_value_every_2_s_until_the_hint_ends(bench: Bench) -> None:
    bench.charge(seconds=20)
    until = int(bench.clock.epoch_s) + 20
    bench.cloud.send(watch_topic(CHARGER, 1), json.dumps({"until": until}).encode())
    before = len(bench.events())
    bench.pass_s(20)
    during = len(bench.events()) - before
    bench.pass_s(20)
    assert during == 10
    assert len(bench.events()) - before - during <= 1


@pytest.mark.parametrize("payload", [b"", b"null", b"{", b'{"until":"soon"}', b"\xff"])
def test_a_hint_nobody_can_read_changes_nothing(bench: Bench, payload: bytes) -> None:
    bench.charge(seconds=20)
    bench.cloud.send(watch_topic(CHARGER, 1), payload)
    before = len(bench.events())
    bench.pass_s(20)
    assert len(bench.events()) - before <= 1


def test_power_and_energy_alone_never_cause_a_report(bench: Bench) -> None:
    bench.charge()
    updates = len(bench.cloud.updates)
    for power_w in (11_000, 6_000, 1_400, 8_000):
        bench.evse.limit_car(bench.clock.mono_s, power_w)
        bench.pass_s(60)
    assert len(bench.cloud.updates) == updates


def test_a_paused_car_is_reported_once_and_does_not_chatter(bench: Bench) -> None:
    bench.charge()
    updates = len(bench.cloud.updates)
    for power_w in (0, 40, 60, 40, 120, 30, 0):
        bench.evse.limit_car(bench.clock.mono_s, power_w)
        bench.pass_s(15)
    assert bench.reported("session")["state"] == "suspended"
    assert bench.reported("evse")["status"] == "suspended"
    assert len(bench.cloud.updates) == updates + 1
    bench.evse.limit_car(bench.clock.mono_s, None)
    bench.pass_s(5)
    assert bench.reported("evse")["status"] == "charging"


def test_every_report_is_whole_numbered_and_under_one_kilobyte(bench: Bench) -> None:
    bench.charge()
    bench.want("stop", filler="x" * 300)
    numbers = [update["state"]["reported"]["n"] for update in bench.cloud.updates]
    assert all(len(json.dumps(update)) <= SHADOW_WRITE_MAX_BYTES for update in bench.cloud.updates)
    assert all(update["state"]["reported"]["evse"] for update in bench.cloud.updates)
    assert max(numbers) < len(numbers)  # counted for each EVSE by itself
    assert bench.answer()[1] == "done"


def test_session_events_go_to_the_rule_of_their_evse(bench: Bench) -> None:
    bench.want("start", OTHER_SESSION, evse_id=2)
    assert [topic for topic, _ in bench.cloud.published] == [events_topic(CHARGER, 2)]


def test_a_failure_of_the_hardware_is_logged_once_and_its_recovery_once(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    bench.evse.set_fault(bench.clock.mono_s, Fault.SILENT, on=True)
    bench.pass_s(20)
    bench.evse.set_fault(bench.clock.mono_s, Fault.SILENT, on=False)
    bench.pass_s(20)
    assert caplog.text.count("hardware silent") == 1
    assert caplog.text.count("hardware answers again") == 1
