"""What a cold start loads, counted in a fresh process: time would be another matter on every machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
LOADED = "import sys, functions.stop_session.handler; from functions import bootstrap; bootstrap.stopping()"
ENVIRONMENT = {"SESSIONS_TABLE": "sessions", "CHARGERS_TABLE": "chargers", "AWS_DEFAULT_REGION": "eu-central-1"}
NOT_NEEDED = {
    "boto3",
    "functions.adapters.dynamodb_chargers",
    "functions.adapters.provisioning",
    "functions.domain.provisioning",
    "functions.domain.reading",
    "functions.domain.reporting",
    "functions.domain.starting",
    "functions.domain.sweeping",
    "functions.http_routes",
}


def test_a_stop_loads_neither_boto3_nor_what_only_other_functions_do() -> None:
    command = [sys.executable, "-c", f"{LOADED}\nprint(*sys.modules)"]
    made = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=True)  # noqa: S603 - our own arguments
    assert not NOT_NEEDED & set(made.stdout.split())
