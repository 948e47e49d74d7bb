from __future__ import annotations

import io

import pytest

from local.terminal import RED, Terminal, milliseconds


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")


def test_a_terminal_gets_colour() -> None:
    assert Terminal(Screen()).paint("text", RED) == "\x1b[31mtext\x1b[0m"


def test_a_file_gets_none() -> None:
    assert Terminal(io.StringIO()).paint("text", RED) == "text"


def test_nobody_who_said_no_gets_any(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert Terminal(Screen()).paint("text", RED) == "text"


def test_a_step_is_told_when_it_is_over_and_when_it_failed() -> None:
    out = io.StringIO()
    terminal = Terminal(out)
    with terminal.step("one thing"):
        assert out.getvalue() == ""
    with pytest.raises(ValueError), terminal.step("another"):
        raise ValueError
    done, failed = out.getvalue().splitlines()
    assert done.startswith("  ✓ one thing")
    assert failed == "  failed  another"


@pytest.mark.parametrize(("seconds", "text"), [(0.0004, "0 ms"), (0.042, "42 ms"), (1.26, "1.3 s")])
def test_durations_are_told_as_people_read_them(seconds: float, text: str) -> None:
    assert milliseconds(seconds) == text
