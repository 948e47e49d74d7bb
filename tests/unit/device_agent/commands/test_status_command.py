from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from device_agent.__main__ import main
from device_agent.drivers.simulated.plant import Fault
from tests.support.board import agent_toml
from tests.support.certificates import make_certificate
from tests.support.charger_bench import SESSION, Bench


@pytest.fixture
def config(tmp_path: Path) -> Path:
    make_certificate(tmp_path, days=200.5)
    return agent_toml(tmp_path, status_file="status.json")


def say(config: Path, bench: Bench, *, ago_s: float = 0, **changes: object) -> None:
    """Have the agent write its status, so long ago by the board's clock."""
    at = time.time() - ago_s
    file = config.with_name("status.json")
    file.write_text(json.dumps(bench.agent.status() | {"at": int(at)} | changes))
    os.utime(file, (at, at))


def test_a_charging_evse_is_shown_with_its_session_and_all_is_well(
    config: Path, bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.charge()
    say(config, bench)

    assert main(["status", "--config", str(config)]) == 0

    told = capsys.readouterr().out
    assert "EVSE 1       charging, " in told
    assert f"session {SESSION} charging, began 20" in told
    assert "cloud        connected" in told
    assert "200 days left" in told
    assert "0 events wait" in told
    assert "clock        agrees with the cloud's" in told


@pytest.mark.parametrize(
    ("changes", "ago_s", "shown"),
    [
        ({"link": False}, 0, "cloud        not connected"),
        ({"journal": "journal_full"}, 0, "journal      journal_full"),
        ({}, 300, "has said nothing for 300 s"),
    ],
)
def test_what_is_wrong_is_shown_and_ends_with_code_1(
    config: Path, bench: Bench, changes: dict[str, object], ago_s: float, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    say(config, bench, ago_s=ago_s, **changes)
    assert main(["status", "--config", str(config)]) == 1
    assert shown in capsys.readouterr().out


def test_silent_hardware_is_shown(config: Path, bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.hardware.evses[1].faults.add(Fault.SILENT)
    bench.pass_s(10)
    say(config, bench)
    assert main(["status", "--config", str(config)]) == 1
    told = capsys.readouterr().out
    assert "is silent" in told
    assert "EVSE 1       unavailable: driver_unreachable" in told


def test_a_board_clock_that_is_wrong_is_shown_by_how_much(
    config: Path, bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    say(config, bench)
    status = config.with_name("status.json")
    at = int(status.stat().st_mtime)
    status.write_text(json.dumps(bench.agent.status() | {"at": at + 3600, "told": True}))
    os.utime(status, (at, at))
    main(["status", "--config", str(config)])
    assert "the board's is -3600 s off; the agent goes by the cloud's" in capsys.readouterr().out


def test_an_agent_that_does_not_run_is_not_taken_for_one_that_does(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", "--config", str(config)]) == 1
    assert "does not run" in capsys.readouterr().out


def test_without_a_status_file_the_key_to_set_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--config", str(agent_toml(tmp_path))]) == 2
    assert "status_file is not set" in capsys.readouterr().err
