from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from local.leftovers import end_leftovers
from local.runfile import RunFile
from local.settings import REPO, Settings
from local.waiting import wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.local.support import LocalStack

READY_WITHIN_S = 120.0
ENDED_WITHIN_S = 20.0


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "local"


def test_one_cycle_is_played_told_and_ended(home: Path) -> None:
    done = _call(home, "run", "--once")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    story = [line.split() for line in done.stdout.splitlines()]
    assert any({"driver", "taps", "Start"} <= set(words) for words in story)
    assert any({"hardware", "closes", "contactor,"} <= set(words) for words in story)
    assert any({"driver", "taps", "Stop"} <= set(words) for words in story)
    assert any({"hardware", "opens", "contactor"} <= set(words) for words in story)
    assert any({"API", "ended,", "Remote"} <= set(words) for words in story)
    assert re.search(r"Stopped in [\d.]+ m?s: \d+\.\d{3} kWh", done.stdout)
    assert "\x1b" not in done.stdout, "colour where nobody sees it"
    assert _left_of(home) == []


def test_ctrl_c_ends_every_process_and_leaves_only_logs(home: Path) -> None:
    process = _start(home, stdout=subprocess.PIPE)
    try:
        output = process.stdout
        assert output
        lines = iter(output.readline, "")
        assert any("Ctrl-C ends all of it" in line for line in lines)
        assert len(_left_of(home)) >= 5
        process.send_signal(signal.SIGINT)
        assert process.wait(ENDED_WITHIN_S) == 0
    finally:
        process.terminate()
        process.communicate(timeout=ENDED_WITHIN_S)
    assert _left_of(home) == []
    assert {entry.name for entry in home.iterdir()} == {"logs", "lock"}


def test_a_request_to_end_during_the_preparation_ends_every_process(home: Path) -> None:
    process = _start(home, stdout=subprocess.DEVNULL)
    try:
        wait_for(lambda: "deploy" in _recorded(home) or None, "the deployment begins", within_s=READY_WITHIN_S)
        process.send_signal(signal.SIGTERM)
        assert process.wait(ENDED_WITHIN_S) == 130
    finally:
        process.kill()
        process.wait()
    assert _left_of(home) == []


def test_what_a_killed_run_left_behind_is_ended_by_the_next(home: Path) -> None:
    process = _start(home, stdout=subprocess.DEVNULL)
    wait_for(lambda: "synth" in _recorded(home) or None, "the synthesis begins", within_s=READY_WITHIN_S)
    process.kill()
    process.wait()
    orphans = _left_of(home)
    assert orphans
    [told] = end_leftovers(Settings(home=home))
    assert told.startswith(f"An earlier run in {home} ended without tidying up")
    assert "emulator" in told
    # What is not named is the CDK CLI: its command line is the same for every stack; without the emulator it gives up.
    assert not [line for line in _left_of(home) if line in orphans]


def test_a_second_run_beside_a_running_one_explains_itself(stack: LocalStack) -> None:
    home = stack.stack.settings.home
    done = _call(home, "run")
    assert done.returncode == 1
    assert f"Process {os.getpid()} (since 20" in done.stdout
    assert str(stack.stack.settings.run_file) in done.stdout
    assert f"kill {os.getpid()}" in done.stdout
    assert stack.stack.processes.lost() == []


def test_the_run_file_tells_how_to_reach_everything_and_only_to_its_owner(stack: LocalStack) -> None:
    path = stack.stack.settings.run_file
    assert path.stat().st_mode & 0o077 == 0
    assert RunFile.load(path) == stack.run
    told = json.loads(path.read_text())
    assert {"apiUrl", "region", "endpointUrl", "userPoolId", "clientId", "drivers", "chargers", "mqtt"} <= told.keys()
    for charger in stack.run.chargers:
        assert charger.certificate.is_absolute()
        assert charger.private_key.stat().st_mode & 0o077 == 0


def test_a_token_and_a_charger_are_at_hand_on_the_command_line(stack: LocalStack) -> None:
    home = stack.stack.settings.home
    token = _call(home, "token", "owner@example.com")
    with stack.anonymous_api(token.stdout.strip()) as api:
        assert api.chargers().status == 200
    described = _call(home, "charger", "PX-0004", "describe")
    assert described.stdout.startswith("PX-0004 EVSE 1: cable plugged, contactor open, faults none\n")


def _call(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = _command(home, *arguments)
    return subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False)  # noqa: S603  # our program


def _start(home: Path, *, stdout: int) -> subprocess.Popen[str]:
    return subprocess.Popen(_command(home, "run"), cwd=REPO, stdout=stdout, text=True)  # noqa: S603  # our program


def _command(home: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "local", "--dir", str(home), *arguments]


def _recorded(home: Path) -> dict[str, int]:
    try:
        recorded: dict[str, int] = json.loads((home / "pids.json").read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return recorded


def _left_of(home: Path) -> list[str]:
    """Command lines of the processes that name this stack's folder, other than the one that runs it."""
    found = subprocess.run(["ps", "-ww", "-eo", "args"], capture_output=True, text=True, check=True)  # noqa: S607  # the system's
    return [line for line in found.stdout.splitlines() if str(home) in line and " -m local " not in line]
