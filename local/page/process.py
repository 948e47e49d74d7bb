"""Starts the page's server as a process of the local stack."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from local.processes import Child, Processes, StepFailed, tail
from local.settings import REPO
from local.waiting import wait_for

if TYPE_CHECKING:
    from local.runfile import RunFile
    from local.settings import Settings

READY_WITHIN_S = 30.0
"""It is ready within half a second on an idle machine; the rest is for a busy one."""


def start_page(settings: Settings, processes: Processes, run: RunFile) -> Child:
    """Start the server where the run file says, and wait until it answers.

    Raises:
        StepFailed: it ended, or did not answer in time.
    """
    port = str(urlsplit(run.web_url).port)
    command = [str(settings.python), "-m", "local.web_server", "--run-file", str(settings.run_file), "--port", port]
    environment = settings.child_environment() | {"PYTHONPATH": str(REPO), "PYTHONUNBUFFERED": "1"}
    child = processes.start("web", command, environment, REPO)
    with httpx.Client(base_url=run.web_url, trust_env=False) as http:
        try:
            wait_for(lambda: _ready(http, child), "The driver's page answers", within_s=READY_WITHIN_S)
        except TimeoutError as error:
            raise StepFailed(f"{error}\n{tail(child.log)}", child.log) from error
    return child


def _ready(http: httpx.Client, child: Child) -> bool:
    if not child.alive:
        raise StepFailed(f"The page's server ended while starting\n{tail(child.log)}", child.log)
    try:
        return http.get("/config.json").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
