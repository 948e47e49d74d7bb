"""The agent and its charger, as doctor finds them by what the agent says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from device_agent.checks import Level, agent, network
from device_agent.drivers.simulated.plant import Fault
from device_agent.settings import Settings
from device_agent.status_file import Said
from tests.support.board import agent_toml
from tests.support.charger_bench import Bench

NOON = 1_795_348_800.0


def said(bench: Bench, age_s: float = 1.0, **changes: Any) -> Said:
    return Said(bench.agent.status() | changes, age_s, clock_off_s=0.0)


def test_an_agent_that_works_is_fine(bench: Bench) -> None:
    assert agent.alive(said(bench), running=True).level is Level.OK
    assert agent.cloud(said(bench)).level is Level.OK
    assert [finding.text for finding in agent.hardware(said(bench))] == ["preparing", "preparing"]


def test_an_agent_that_does_not_run_or_says_nothing_or_lost_its_journal_is_told_apart(bench: Bench) -> None:
    assert agent.alive(None, running=False).text == "it does not run"
    assert agent.alive(None, running=True).advice == "set status_file, and restart it"
    assert agent.alive(said(bench, age_s=100), running=True).text == "it has said nothing for 100 s"
    assert "journal_full" in agent.alive(said(bench, journal="journal_full"), running=True).text


def test_an_agent_without_the_cloud_is_broken(bench: Bench) -> None:
    assert agent.cloud(said(bench, link=False)).level is Level.FAIL


def test_a_silent_charger_and_a_broken_one_are_told_apart(bench: Bench) -> None:
    bench.hardware.evses[1].faults.add(Fault.SILENT)
    bench.hardware.evses[2].faults.add(Fault.FAULTED)
    bench.pass_s(10)
    silent, faulted = agent.hardware(said(bench))
    assert silent.text == "the charger does not answer"
    assert faulted.text.startswith("faulted: ")
    assert {silent.level, faulted.level} == {Level.FAIL}


@pytest.mark.parametrize("there", [True, False])
def test_without_the_agent_the_simulated_hardware_is_looked_for(tmp_path: Path, *, there: bool) -> None:
    if there:
        (tmp_path / "plant.sock").touch()
    found = agent.place(Settings.load(agent_toml(tmp_path), {}))
    assert (found.level is Level.OK) is there


@pytest.mark.parametrize(
    ("now_s", "off_s", "level"),
    [(NOON, 0.5, "OK"), (NOON, None, "OK"), (NOON, -3600, "WARN"), (NOON, 11, "WARN"), (0.0, None, "FAIL")],
)
def test_the_clock_is_compared_with_the_clouds_and_with_what_is_possible(
    now_s: float, off_s: float | None, level: str
) -> None:
    found = network.clock(now_s, off_s)
    assert found.level == level
    assert bool(found.advice) == (level != "OK")
