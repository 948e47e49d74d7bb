"""The command line."""

from __future__ import annotations

import subprocess
import sys

import pytest

from device_agent import VERSION
from device_agent.__main__ import main
from device_agent.commands import COMMANDS


def told(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 0
    return capsys.readouterr().out


def test_help_tells_a_stranger_what_it_is_its_commands_and_its_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "--help")
    for name, summary in COMMANDS.items():
        assert f"{name} " in text
        assert summary in text
    assert "program on a charger's board" in text
    assert "exit codes" in text


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_with_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, name, "--help")
    assert f"  charger-agent {name}" in text.split("examples:")[1]
    assert "--config FILE" in text
    assert all(len(line) <= 120 for line in text.splitlines())


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "--version") == f"charger-agent {VERSION}\n"


@pytest.mark.parametrize("words", [[], ["dance"], ["run", "--dance"]])
def test_a_command_line_that_makes_no_sense_ends_with_code_2(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert "usage: charger-agent" in capsys.readouterr().err


def test_asking_for_help_loads_neither_the_settings_nor_what_they_may_name() -> None:
    code = (
        "import sys, device_agent.__main__ as m\ntry: m.main(['--help'])\nexcept SystemExit: pass\nprint(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()  # noqa: S603
    assert not {"pydantic", "paho", "sqlite3", "ssl", "asyncio", "device_agent.settings"} & set(loaded)
