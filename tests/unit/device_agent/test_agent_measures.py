"""What the agent measures, and how often it says so."""

from __future__ import annotations

import itertools
import json
import logging
from typing import TYPE_CHECKING

import pytest

from contract.topics import events_topic, watch_topic
from contract.wire import SHADOW_WRITE_MAX_BYTES
from device_agent.drivers.base import Look
from device_agent.drivers.simulated.plant import Fault
from tests.support.charger_bench import CHARGER, OTHER_SESSION

if TYPE_CHECKING:
    from tests.support.charger_bench import Bench


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


def test_meter_events_come_every_60_s_and_on_a_change_of_power_at_most_every_2_s(bench: Bench) -> None:
    bench.charge(seconds=10)
    bench.pass_s(240)
    times = [event["at"] for event in bench.events() if event["type"] == "meter"]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert min(gaps) >= 2
    assert gaps[-3:] == [60, 60, 60]
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
    """Scenario 23: a full shadow every second is a cost bomb."""
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


def test_hardware_that_can_tell_of_a_change_is_looked_at_at_once(bench: Bench) -> None:
    bench.charge()
    bench.evse.press_stop(bench.clock.mono_s)
    bench.agent.post(Look(1))
    bench.agent.catch_up()
    assert bench.story() == ["started", "ended Local"]
