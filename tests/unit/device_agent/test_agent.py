from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract.topics import events_topic, shadow_topic
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


def test_the_end_of_a_session_is_told_before_the_report_that_repeats_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.charge()
    told, publish = [], bench.link.publish

    def note(topic: str, payload: bytes) -> int | None:
        told.append(topic)
        return publish(topic, payload)

    monkeypatch.setattr(bench.link, "publish", note)
    bench.want("stop")
    assert told == [events_topic(CHARGER, 1), shadow_topic(CHARGER, 1, "update")]


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
    """Scenario 21: a version filter shared by two topics loses deltas."""
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
    """Scenario 2: a stop stored as lasting state killed every later session."""
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
    """Scenario 20: an unacceptable desired value loops for ever."""
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
    """Scenario 24: the car holds the cable, the charger is blamed."""
    bench.charge()
    bench.evse.set_fault(bench.clock.mono_s, Fault.CABLE_STUCK, on=True)
    stopped = bench.want("stop")
    assert bench.answer() == (stopped, "done", "")
    assert bench.reported("evse")["cable"] == "stuck"
