"""The processes of one local stack: started, logged, watched, and ended in reverse order, each by its own id."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.interrupts import Interrupts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from local.settings import Settings

END_PATIENCE_S = 5.0
"""How long a process may take to tidy up before it is killed. The emulator, the slowest, needs about one second."""

TAIL_LINES = 25


class StepFailed(Exception):  # noqa: N818  (reads as the fact it is)
    """A step of the local stack failed. The message is for the person who typed the command."""

    def __init__(self, sentence: str, log: Path | None = None) -> None:
        self.sentence = sentence
        self.log = log
        super().__init__(sentence)


@dataclass(frozen=True)
class Child:
    """One process we started, the leader of its own process group."""

    name: str
    popen: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        """Its process id, which is also its group's."""
        return self.popen.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.popen.poll() is None


class Processes:
    """All processes of one stack.

    Each has its own session, so that a Ctrl-C in the terminal reaches only us and we end them in order. Several threads
    may start and end processes.
    """

    def __init__(self, settings: Settings, interrupts: Interrupts | None = None) -> None:
        self._settings = settings
        self._interrupts = interrupts or Interrupts()
        self._children: dict[str, Child] = {}
        self._starting = threading.Lock()

    def start(self, name: str, command: Sequence[str], env: Mapping[str, str], cwd: Path) -> Child:
        """Start a process; its output goes to the log of its name, after what an earlier one of that name wrote."""
        log = self._settings.logs / f"{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output, self._interrupts.shielded():
            popen = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(env),
                cwd=cwd,
                start_new_session=True,
            )
            child = Child(name, popen, log)
            with self._starting:
                self._children[name] = child
                self._record()
        return child

    def finish(self, child: Child, sentence: str, within_s: float) -> None:
        """Wait until a process has done its work.

        Raises:
            StepFailed: it ended with an error or not in time; the end of its log follows the sentence.
        """
        try:
            code = child.popen.wait(timeout=within_s)
        except subprocess.TimeoutExpired:
            self.end(child)
            raise StepFailed(f"{sentence}: not within {within_s:g} s\n{tail(child.log)}", child.log) from None
        self._children.pop(child.name, None)
        if code != 0:
            raise StepFailed(f"{sentence} (exit code {code})\n{tail(child.log)}", child.log)

    def end(self, child: Child) -> None:
        """Ask a process to end, and kill it and its children if it does not."""
        self._signal(child, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            child.popen.wait(timeout=END_PATIENCE_S)
        self.kill(child)

    def kill(self, child: Child) -> None:
        """Kill a process and its children at once, as a power cut would."""
        self._signal(child, signal.SIGKILL)
        child.popen.wait()
        self._await_group(child.pid)
        if self._children.get(child.name) is child:
            del self._children[child.name]

    def end_all(self) -> None:
        """End every process, the one started last first."""
        with self._interrupts.shielded():
            for child in reversed(list(self._children.values())):
                self.end(child)

    def pids(self) -> dict[str, int]:
        """The process ids by name."""
        return {child.name: child.pid for child in list(self._children.values())}

    def lost(self) -> list[Child]:
        """Processes that have ended though nobody asked them to."""
        return [child for child in self._children.values() if not child.alive]

    def _record(self) -> None:
        """Note who runs, so that a later run can end what this one, if it is killed, leaves behind."""
        self._settings.pids_file.write_text(json.dumps(self.pids()))

    @staticmethod
    def _signal(child: Child, number: signal.Signals) -> None:
        # The group outlives its leader as long as a member lives, and its number is not given to others until then.
        with suppress(ProcessLookupError):
            os.killpg(child.pid, number)

    @staticmethod
    def _await_group(group: int) -> None:
        deadline = time.monotonic() + END_PATIENCE_S
        while time.monotonic() < deadline:
            try:
                os.killpg(group, 0)
            except ProcessLookupError:
                return
            time.sleep(0.005)


def tail(log: Path, lines: int = TAIL_LINES) -> str:
    """The last lines of a log, indented, for an error message."""
    if not log.exists():
        return ""
    text = log.read_text(errors="replace").splitlines()[-lines:]
    return "\n".join(f"    {line}" for line in text)
