"""The agent as an installer gets it: built, and installed in a virtual environment of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

REPO = Path(__file__).parents[2]
WITHIN_S = 120.0


@dataclass(frozen=True)
class Installed:
    """A virtual environment with the wheel in it."""

    folder: Path
    wheel: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def command(self) -> Path:
        """The console script."""
        return self.folder / "bin" / "charger-agent"

    def environment(self) -> dict[str, str]:
        """Nothing of this checkout, and none of our settings, is in it."""
        ours = ("PYTHON", "CHARGER_AGENT_", "VIRTUAL_ENV")
        return {name: value for name, value in os.environ.items() if not name.startswith(ours)}

    def run(self, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """`charger-agent` with these words, from a folder that is not ours."""
        return subprocess.run(  # noqa: S603  (our own program)
            [self.command, *words],
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
            cwd=cwd,
            env=self.environment(),
        )


def build(out: Path) -> Path:
    """The wheel, as `make wheel` builds it."""
    _run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(out))
    (wheel,) = out.glob("*.whl")
    return wheel


def install(folder: Path) -> Installed:
    """Build the wheel, and install it as docs/install-agent.md says, with every requirement by its hash."""
    wheel, environment = build(folder / "dist"), folder / "venv"
    uv = os.environ.get("UV") or shutil.which("uv") or str(REPO / ".tools" / "uv" / "bin" / "uv")
    _run(uv, "venv", "--quiet", "--python", sys.executable, str(environment))
    pip = uv, "pip", "install", "--quiet", "--python", str(environment / "bin" / "python")
    _run(*pip, "--require-hashes", "--requirement", str(REPO / "requirements" / "agent.txt"))
    _run(*pip, "--no-deps", str(wheel))
    return Installed(environment, wheel)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=WITHIN_S, check=False, cwd=REPO)  # noqa: S603  (our tools)
    assert done.returncode == 0, done.stderr
