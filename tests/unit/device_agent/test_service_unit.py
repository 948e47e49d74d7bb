"""The systemd unit that the wheel carries fits the program it starts."""

from __future__ import annotations

import shutil
import subprocess
from configparser import ConfigParser, SectionProxy
from pathlib import Path

import pytest

import device_agent
from device_agent.commands import COMMANDS, Exit

UNIT = Path(device_agent.__file__).parent / "board" / "charger-agent.service"


@pytest.fixture
def service() -> SectionProxy:
    unit = ConfigParser(strict=False, interpolation=None)  # a key may appear twice, as filters do
    unit.optionxform = str  # type: ignore[method-assign,assignment]  # keys keep their case
    unit.read_string(UNIT.read_text())
    return unit["Service"]


def test_it_starts_a_command_that_there_is(service: SectionProxy) -> None:
    program, command = service["ExecStart"].split()
    assert program.endswith("/bin/charger-agent")
    assert command in COMMANDS


def test_it_starts_the_agent_again_after_everything_but_wrong_settings(service: SectionProxy) -> None:
    assert service["Restart"] == "always"
    assert int(service["RestartPreventExitStatus"]) == Exit.SETTINGS
    assert "StartLimitIntervalSec=0" in UNIT.read_text()


def test_it_watches_over_an_agent_that_tells_of_itself(service: SectionProxy) -> None:
    assert (service["Type"], service["NotifyAccess"]) == ("notify", "main")
    assert int(service["WatchdogSec"]) >= 30


def test_the_agent_is_nobody_special(service: SectionProxy) -> None:
    assert service["User"] == service["Group"] == "charger-agent"
    assert service["CapabilityBoundingSet"] == ""
    assert (service["NoNewPrivileges"], service["ProtectSystem"]) == ("yes", "strict")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on this machine")
@pytest.mark.parametrize("words", [["verify"], ["security", "--offline=true", "--threshold=15", "--no-pager"]])
def test_systemd_finds_nothing_wrong_and_an_exposure_of_at_most_1_5(words: list[str], tmp_path: Path) -> None:
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/charger-agent/current/bin/charger-agent", "/bin/true"))
    told = subprocess.run(  # noqa: S603  (of this system, on our own file)
        [str(shutil.which("systemd-analyze")), *words, str(unit)], capture_output=True, text=True, check=False
    )
    assert (told.returncode, told.stderr) == (0, ""), told.stdout
