"""Nothing stays open for ever, on the deployed stack: the sweeper as its schedule wakes it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace

from functions.adapters.dynamodb_chargers import DynamoChargers
from functions.adapters.dynamodb_sessions import DynamoSessions
from local.client import DriverApi
from tests.local.scenes import awaited, charging, ended, session_of, stages
from tests.local.support import FreshCharger, LocalStack

TWO_DAYS_MS = 2 * 24 * 3_600_000


def wake(stack: LocalStack) -> None:
    """Invoke the sweeper, without waiting for the full minute."""
    functions = stack.client("lambda")
    (name,) = [it["FunctionName"] for it in functions.list_functions()["Functions"] if "sweeper" in it["FunctionName"]]
    answer = functions.invoke(FunctionName=name, Payload=json.dumps({}).encode())
    assert "FunctionError" not in answer, answer["Payload"].read()


def let_two_days_pass(stack: LocalStack, charger: FreshCharger, session_id: str) -> None:
    """As if the last word of the session, and of the charger, had come two days ago."""
    dynamodb, tables = stack.client("dynamodb"), stack.run.tables
    then_ms = int(time.time() * 1000) - TWO_DAYS_MS
    sessions = DynamoSessions(dynamodb, tables.sessions, tables.chargers)
    session = sessions.get(session_id)
    assert session is not None
    old = replace(session, created_at_ms=then_ms, started_received_at_ms=then_ms, as_of_ms=then_ms)
    assert sessions.replace(session, old)
    chargers = DynamoChargers(dynamodb, tables.chargers)
    evse = chargers.evse(charger.charger_id, 1)
    assert evse is not None
    assert chargers.replace_evse(evse, replace(evse, reported_at_ms=then_ms))


def test_the_schedule_of_the_sweeper_is_in_force(stack: LocalStack) -> None:
    schedules = stack.client("scheduler").list_schedules()["Schedules"]
    assert [it["State"] for it in schedules if "sweeper" in it["Target"]["Arn"]] == ["ENABLED"]


def test_a_session_silent_for_days_is_closed_as_estimated_and_open_again_when_its_charger_is_back(
    stack: LocalStack, owner: DriverApi, fresh_charger: Callable[..., FreshCharger]
) -> None:
    charger = fresh_charger()
    session_id = charging(owner, charger)
    charger.kill_agent()
    let_two_days_pass(stack, charger, session_id)
    wake(stack)
    wake(stack)
    closed = ended(owner, session_id)
    assert closed["estimated"] is True
    assert (closed["end"]["method"], closed["end"]["confidence"]) == ("estimated", "low")
    assert stages(owner, session_id).count("closed_estimated") == 1

    charger.start_agent()
    awaited(lambda: session_of(owner, session_id), "the session is open again", within_s=60, status="active")
    assert stages(owner, session_id)[-1] == "reopened"
    after = owner.stop(session_id, wait_s=5).expect(200)
    assert (after["estimated"], after["end"]["method"], after["end"]["basis"]) == (False, "reported", None)
    assert charger.describe()["contactor_closed"] is False
