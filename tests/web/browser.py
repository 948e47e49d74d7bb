"""The browser that the page is tested in: one of this machine's, or installed from its system's packages."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
"""Programs on the PATH, and where macOS keeps what it does not put there."""

PACKAGES = ("chromium", "fonts-liberation")
"""The browser, and letters: a machine without a screen may have none, and a page of empty boxes proves little."""

INSTALL = (
    ("apt-get", "update", "--quiet"),
    # Two test runs may want it at the same time: the later one waits for the lock, in seconds.
    (
        *("apt-get", "install", "--quiet", "--yes", "--no-install-recommends"),
        *("--option", "DPkg::Lock::Timeout=300"),
        *PACKAGES,
    ),
)
WITHIN_S = 900.0

ASK_A_PERSON = (
    "The tests of the page need Chromium or Google Chrome. Install one and run them again:\n"
    "  Debian:  sudo apt-get install chromium fonts-liberation\n"
    "  Ubuntu:  the .deb of Google Chrome\n"
    "  Fedora:  sudo dnf install chromium\n"
    "  macOS:   brew install --cask google-chrome\n"
    f"Looked for: {', '.join(NAMES)}"
)


@cache
def find_browser() -> Path:
    """The browser's program; fails the test, saying what to install, if there is none to be had."""
    steps = plan(shutil.which, is_root=os.geteuid() == 0)
    if isinstance(steps, Path):
        return steps
    for command in steps:
        run(command)
    found = plan(shutil.which, is_root=False)
    if isinstance(found, Path):
        return found
    return pytest.fail(ASK_A_PERSON, pytrace=False)


def plan(which: Callable[[str], str | None], *, is_root: bool) -> Path | Sequence[tuple[str, ...]]:
    """The browser that is there; or the commands that install one; none if only a person can."""
    for name in NAMES:
        if found := which(name):
            return Path(found)
    return INSTALL if is_root and which("apt-get") else ()


def run(command: Sequence[str]) -> None:
    """Carry out one step of the installation; fails the test with its output."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(  # noqa: S603 - our own arguments, no shell
        command, check=False, capture_output=True, text=True, timeout=WITHIN_S, env=environment
    )
    if done.returncode != 0:
        pytest.fail(f"`{' '.join(command)}` failed:\n{done.stderr}\n{ASK_A_PERSON}", pytrace=False)
