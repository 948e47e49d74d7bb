"""One run of schemathesis against a running local stack."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from local.client import DriverApi, operator_token, sign_in
from local.stack import Stack
from local.waiting import wait_for

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
DRIVERS, OPERATOR, LEAVER = ("driver", "neighbour"), "operator", "leaver"
"""Who tries the API. Nobody else's lists fill with what they do."""
LEAVE = "deleteAccount"
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


@dataclass(frozen=True)
class Part:
    """Some of the operations, tried by one person; the filters are schemathesis's own options."""

    who: str
    filters: tuple[str, ...]


AS_DRIVER = Part(DRIVERS[0], ("--exclude-tag", "operator", "--exclude-operation-id", LEAVE))
AS_OPERATOR = Part(OPERATOR, ("--include-tag", "operator"))
AS_LEAVER = Part(LEAVER, ("--include-operation-id", LEAVE))
ALL = (AS_DRIVER, AS_OPERATOR, AS_LEAVER)
"""Every operation. What an operator does, others on the same stack would notice."""


def fuzz(stack: Stack, folder: Path, charger_id: str, parts: Sequence[Part], *, examples: int, seed: int) -> Outcome:
    """Try the API with so many examples for each of its operations, beside what the schema itself calls for.

    The charger has two free EVSEs with cars; the sessions that the driver has there are among what is tried.
    """
    run = stack.run
    people = {name: stack.seeder.add_driver(f"{name}@fuzz.example.com") for name in (*DRIVERS, LEAVER)}
    tokens = {name: sign_in(run, person) for name, person in people.items()} | {OPERATOR: operator_token(run)}
    with DriverApi(run, tokens[DRIVERS[0]]) as driver:
        over, running = _session(driver, charger_id, 1), _session(driver, charger_id, 2)
        driver.stop(over, wait_s=10).expect(200)
    identities = folder / "identities.json"
    identities.write_text(json.dumps({"auth": [_identity(name, token) for name, token in tokens.items()]}))
    values = {
        "api": run.api_address,
        "host": run.api_host,
        "identities": str(identities),
        "sessions": [over, running],
        "chargers": [charger_id],
        "owners": [people[LEAVER].sub],
    }
    try:
        outcomes = [_run(part, folder, values, examples=examples, seed=seed) for part in parts]
    finally:
        for name in DRIVERS:
            with DriverApi(run, tokens[name]) as api:
                _stop_all(api)
    return Outcome(
        all(outcome.passed for outcome in outcomes),
        sum(outcome.cases for outcome in outcomes),
        "\n".join(outcome.report for outcome in outcomes),
    )


def _run(part: Part, folder: Path, values: dict[str, Any], *, examples: int, seed: int) -> Outcome:
    form = Template((HERE / "schemathesis.toml.in").read_text())
    config = folder / f"{part.who}.toml"
    config.write_text(form.substitute({name: json.dumps(it) for name, it in (values | {"who": part.who}).items()}))
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        *("--config-file", str(config)),
        *("run", "docs/openapi.json", "--no-color", "--output-truncate", "false", *part.filters),
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
