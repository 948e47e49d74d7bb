from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from local.leftovers import command_line, end_leftovers
from local.processes import Processes, StepFailed
from local.settings import Settings
from local.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from local.processes import Child

SLEEPER = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPER}"
PARENT = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEPER!r}]).wait()"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


@pytest.fixture
def processes(settings: Settings) -> Iterator[Processes]:
    running = Processes(settings)
    yield running
    running.end_all()


def _start(processes: Processes, settings: Settings, name: str, code: str) -> Child:
    # The folder is an argument, as in the stack's own processes, so that it can be told whose they are.
    child = processes.start(name, [sys.executable, "-c", code, str(settings.home)], os.environ, settings.home)
    wait_for(lambda: "up" in child.log.read_text(), f"{name} is up", within_s=10)
    return child


def test_all_processes_are_ended_the_last_one_first(processes: Processes, settings: Settings) -> None:
    report = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(open({out!r}, 'a').write({me!r})))"
    out = str(settings.home / "order")
    for name in ("a", "b", "c"):
        _start(processes, settings, name, f"{report.format(out=out, me=name)}; {SLEEPER}")
    processes.end_all()
    assert (settings.home / "order").read_text() == "cba"
    assert processes.pids() == {}


def test_a_process_that_will_not_end_is_killed(
    processes: Processes, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.processes.END_PATIENCE_S", 0.2)
    child = _start(processes, settings, "stubborn", STUBBORN)
    processes.end(child)
    assert not child.alive


def test_the_children_of_a_killed_process_are_killed_too(processes: Processes, settings: Settings) -> None:
    child = _start(processes, settings, "parent", PARENT)
    processes.kill(child)
    with pytest.raises(ProcessLookupError):
        os.killpg(child.pid, 0)


def test_a_process_that_ends_by_itself_is_noticed(processes: Processes, settings: Settings) -> None:
    child = processes.start("short", [sys.executable, "-c", "pass"], os.environ, settings.home)
    child.popen.wait()
    assert processes.lost() == [child]


def test_a_failed_command_is_told_with_the_end_of_its_output(processes: Processes, settings: Settings) -> None:
    child = processes.start("wrong", [sys.executable, "-c", "raise SystemExit('its words')"], os.environ, settings.home)
    with pytest.raises(StepFailed, match=r"It failed \(exit code 1\)\n    its words") as failure:
        processes.finish(child, "It failed", within_s=10)
    assert failure.value.log == child.log


def test_what_a_killed_run_left_is_ended(processes: Processes, settings: Settings) -> None:
    child = _start(processes, settings, "orphan", SLEEPER)
    [told] = end_leftovers(settings)
    assert told.endswith("Ended what it had left running: orphan.")
    assert child.popen.wait(10) == -9


def test_a_process_that_is_somebody_elses_by_now_is_left_alone(processes: Processes, settings: Settings) -> None:
    child = processes.start("other", [sys.executable, "-c", SLEEPER], os.environ, settings.home)
    wait_for(lambda: command_line(child.pid).endswith("time.sleep(600) "), "it has its own name", within_s=10)
    [told] = end_leftovers(settings)
    assert "Ended" not in told
    assert child.alive
