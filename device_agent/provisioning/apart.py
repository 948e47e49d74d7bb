"""`papers`, done by a process of its own, so that its memory is given back when it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from device_agent.provisioning.life import Life

WITHIN_S = 60
"""Importing `cryptography` and making a key takes 0.2 s here, and some seconds on a small board that is busy."""


def make_request(key: Path, name: str) -> str:
    """See `papers.make_request`.

    Raises:
        OSError: the process could not do it.
    """
    answer: str = _papers("request", str(key), name)
    return answer


def read_life(certificate: Path) -> Life:
    """See `papers.read_life`.

    Raises:
        OSError: the process could not do it.
    """
    not_before_s, not_after_s = _papers("life", str(certificate))
    return Life(float(not_before_s), float(not_after_s))


def _papers(*arguments: str) -> Any:
    command = [sys.executable, "-m", "device_agent.provisioning.papers", *arguments]
    try:
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=WITHIN_S)  # noqa: S603  (ours)
    except subprocess.SubprocessError as error:
        said = (getattr(error, "stderr", None) or "").strip().splitlines()
        raise OSError(said[-1] if said else str(error)) from error
    return json.loads(done.stdout)
