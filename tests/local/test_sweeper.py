"""Nothing stays open for ever, on the deployed stack: the sweeper as its schedule wakes it."""

from __future__ import annotations

import json
from collections.abc import Callable

from local.client import DriverApi
from tests.local.scenes import awaited, charging, ended, let_two_days_pass, session_of, stages
from tests.local.support import FreshCharger, LocalStack


def wake(stack: LocalStack) -> None:
    """Invoke the sweeper, without waiting for the full minute."""
    functions = stack.client("lambda")
    (name,) = [it["FunctionName"] for it in functions.list_functions()["Functions"] if "sweeper" in it["FunctionName"]]
    answer = functions.invoke(FunctionName=name, Payload=json.dumps({}).encode())
    assert "FunctionError" not in answer, answer["Payload"].read()


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
