"""One run of schemathesis against a running local stack."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from local.client import DriverApi, sign_in
from local.stack import Stack
from local.waiting import wait_for

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PEOPLE = ("driver", "neighbour")
"""As the form names them. Nobody else's lists fill with what they do."""
WORKERS = 3
"""The functions answer one request at a time each: more workers would wait for each other."""
WITHIN_S = 30.0

_CASES = re.compile(r"^\s*(\d+) generated", re.MULTILINE)


@dataclass(frozen=True)
class Outcome:
    """What a run found: whether nothing counts as a failure, how many cases were tried, and everything it said."""

    passed: bool
    cases: int
    report: str


def fuzz(stack: Stack, folder: Path, charger_id: str, *, examples: int, seed: int) -> Outcome:
    """Try the API with so many examples for each of its operations, beside what the schema itself calls for.

    The charger has two free EVSEs with cars; the sessions that the driver has there are among what is tried.
    """
    run = stack.run
    tokens = {name: sign_in(run, stack.seeder.add_driver(f"{name}@fuzz.example.com")) for name in PEOPLE}
    with DriverApi(run, tokens["driver"]) as driver:
        over, running = _session(driver, charger_id, 1), _session(driver, charger_id, 2)
        driver.stop(over, wait_s=10).expect(200)
    identities = folder / "identities.json"
    identities.write_text(json.dumps({"auth": [_identity(name, token) for name, token in tokens.items()]}))
    config = _filled_in(
        folder / "schemathesis.toml",
        api=run.api_address,
        host=run.api_host,
        identities=str(identities),
        sessions=[over, running],
        chargers=[charger_id],
    )
    try:
        return _run(config, examples=examples, seed=seed)
    finally:
        for token in tokens.values():
            with DriverApi(run, token) as api:
                _stop_all(api)


def _filled_in(config: Path, **values: Any) -> Path:
    form = Template((HERE / "schemathesis.toml.in").read_text())
    config.write_text(form.substitute({name: json.dumps(value) for name, value in values.items()}))
    return config


def _run(config: Path, *, examples: int, seed: int) -> Outcome:
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        *("--config-file", str(config)),
        *("run", "docs/openapi.json", "--no-color", "--output-truncate", "false"),
        *("--workers", str(WORKERS), "--max-examples", str(examples), "--seed", str(seed)),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    report = done.stdout + done.stderr
    cases = _CASES.search(report)
    return Outcome(done.returncode == 0, int(cases.group(1)) if cases else 0, report)


def _session(driver: DriverApi, charger_id: str, evse_id: int) -> str:
    """A session that has begun."""
    session_id: str = driver.start(charger_id, evse_id).expect(202)["sessionId"]

    def began() -> bool:
        return bool(driver.session(session_id).expect(200)["status"] == "active")

    wait_for(began, f"a session begins at {charger_id}, EVSE {evse_id}", within_s=WITHIN_S)
    return session_id


def _stop_all(driver: DriverApi) -> None:
    """Free the chargers again."""
    for status in ("pending", "active"):
        for session in driver.sessions(status=status, limit=100).expect(200)["sessions"]:
            driver.stop(session["sessionId"])


def _identity(name: str, token: str) -> dict[str, object]:
    return {"name": name, "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {token}"}]}
