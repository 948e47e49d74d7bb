"""The lines of a tap in the agent's log name its intent and its session, as those of the cloud do."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.charger_bench import SESSION

if TYPE_CHECKING:
    from tests.support.charger_bench import Bench


def acting(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [vars(record) for record in caplog.records if record.getMessage() == "acting"]


def test_every_step_of_a_start_and_of_a_stop_is_found_by_its_intent_and_by_its_session(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "device_agent"):
        started = bench.want("start")
        stopped = bench.want("stop")
    lines = acting(caplog)
    assert {line["session"] for line in lines} == {SESSION}
    assert {line["intent"] for line in lines} == {started, stopped}
    assert any(line["action"].startswith("stop session") for line in lines if line["intent"] == stopped)


def test_a_session_that_ends_by_the_plug_is_found_by_its_session(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.charge()
    with caplog.at_level(logging.INFO, "device_agent"):
        bench.evse.unplug(bench.clock.mono_s)
        bench.pass_s(3)
    ends = [line for line in acting(caplog) if line["action"].startswith("end session")]
    assert [(line["session"], "intent" in line) for line in ends] == [(SESSION, False)]
