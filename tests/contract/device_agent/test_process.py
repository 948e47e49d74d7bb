"""The agent as a process: its command line, its exit codes, and what it leaves behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.support.board import agent_toml
from tests.support.charger_plant import start_plant

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.board import agent_toml
from tests.support.charger_plant import PlantProcess

WITHIN_S = 20.0


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[PlantProcess]:
    plant = start_plant(tmp_path)
    yield plant
    plant.end()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    path = tmp_path / "charger.toml"
    path.write_text(
        f'charger_id = "PX-0001"\n[link]\nhost = "localhost"\nport = {port}\nca = "ca.pem"\ncertificate = "cert.pem"\n'
        'private_key = "key.pem"\n[journal]\npath = "journal.sqlite3"\n'
        '[driver]\nkind = "simulated"\nsocket = "plant.sock"\n[[evses]]\nid = 1\n'
    )
    return path


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "device_agent", *arguments]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), capture_output=True, text=True, timeout=WITHIN_S, check=False)  # noqa: S603  (our own program)


def test_a_stranger_is_told_what_it_does_and_what_it_needs() -> None:
    told = run("run", "--help").stdout
    assert "--config FILE" in told
    assert "does not end a charging session" in " ".join(told.split())


def test_a_wrong_configuration_is_explained_and_ends_with_code_2(config: Path) -> None:
    config.write_text(config.read_text().replace("id = 1", "id = 0"))
    ended = run("run", "--config", str(config))
    assert ended.returncode == 2
    assert "evses.0.id = 0: allowed: a whole number from 1 to 32" in ended.stderr


def test_a_file_that_the_driver_needs_and_has_not_is_named(tmp_path: Path) -> None:
    driver = {"kind": "ocpp16", "charge_points": ["CP-1"], "password_file": "secret"}
    ended = run("run", "--config", str(agent_toml(tmp_path, driver=driver)))
    assert (ended.returncode, str(tmp_path / "secret") in ended.stderr) == (2, True)


def test_check_only_says_whether_the_configuration_is_usable(config: Path) -> None:
    assert run("run", "--config", str(config), "--check").returncode == 0
    assert not (config.parent / "journal.sqlite3").exists()


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_when_told_to_although_no_broker_is_there(
    config: Path, plant: PlantProcess, ending: signal.Signals
) -> None:
    assert plant.op("describe")["plugged"]
    with subprocess.Popen(command("run", "--config", str(config)), stderr=subprocess.PIPE, text=True) as agent:  # noqa: S603  (our own program)
        assert agent.stderr is not None
        first = json.loads(agent.stderr.readline())
        assert first["message"] == "agent begins"
        time.sleep(0.5)
        agent.send_signal(ending)
        rest = agent.stderr.read()
        assert agent.wait(WITHIN_S) == 0
    lines = [json.loads(line) for line in rest.splitlines()]
    assert [line["message"] for line in lines].count("link lost") == 1
    assert lines[-1]["message"] == "agent ends"


def test_systemd_and_the_status_file_are_told_that_it_lives_and_that_it_ends(
    config: Path, plant: PlantProcess, tmp_path: Path
) -> None:
    assert plant.op("describe")["plugged"]
    config.write_text('status_file = "status.json"\n' + config.read_text())
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(WITHIN_S)
        environment = os.environ | {"NOTIFY_SOCKET": systemd.getsockname(), "WATCHDOG_USEC": "300000"}
        agent = subprocess.Popen(  # noqa: S603  (our own program)
            command("run", "--config", str(config)), stderr=subprocess.DEVNULL, env=environment
        )
        told = {systemd.recv(1000).decode() for _ in range(6)}
        assert told == {"READY=1", "WATCHDOG=1", "STATUS=not connected; EVSE 1 preparing; 0 events wait"}
        status = json.loads((tmp_path / "status.json").read_text())
        assert (status["link"], status["evses"][0]["evse"][0]["cable"]) == (False, "plugged")
        agent.terminate()
        assert agent.wait(WITHIN_S) == 0
        while (last := systemd.recv(1000).decode()) != "STOPPING=1":
            assert last == "WATCHDOG=1"
    assert not (tmp_path / "status.json").exists()


def test_a_second_agent_on_the_same_journal_says_so_and_ends_with_code_3(config: Path, plant: PlantProcess) -> None:
    assert plant.op("describe")["plugged"]
    with subprocess.Popen(command("run", "--config", str(config)), stderr=subprocess.PIPE, text=True) as first:  # noqa: S603  (our own program)
        assert first.stderr is not None
        first.stderr.readline()
        second = run("run", "--config", str(config))
        assert second.returncode == 3
        assert "journal.path" in second.stderr
        assert "locked" in second.stderr
        first.terminate()
        first.stderr.read()
        assert first.wait(WITHIN_S) == 0
