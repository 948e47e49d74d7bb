"""What operators can do at night and drivers cannot, with their command line over the deployed stack."""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from local.client import DriverApi, operator_api, operator_token
from operator_cli.api import OperatorApi, OperatorError
from operator_cli.commands import Person, add_commands, operate
from tests.local.scenes import awaited, charging, ended, evse_of, let_two_days_pass, session_of, stages, tampered
from tests.local.support import FreshCharger, LocalStack
from tests.support import builders

WHY = ("--reason", "driver called, app broken")


@dataclass
class Desk:
    """The operator at the command line; `says_yes`: what they answer when they are asked."""

    api: OperatorApi
    says_yes: bool = True
    asked: list[str] = field(default_factory=list)

    def __call__(self, *words: str) -> str:
        """What the command prints; a failure is an `OperatorError`."""
        parser = argparse.ArgumentParser()
        add_commands(parser)
        out = io.StringIO()
        operate(parser.parse_args(words), self.api, Person(out, self._answer))
        return out.getvalue()

    def _answer(self, question: str) -> str:
        self.asked.append(question)
        return "y" if self.says_yes else ""


@pytest.fixture(scope="module")
def desk(stack: LocalStack) -> Iterator[Desk]:
    with operator_api(stack.run) as api:
        yield Desk(api)


@pytest.fixture(scope="module")
def charger(stack: LocalStack) -> Iterator[FreshCharger]:
    """One charger for all of these tests; the last of them leaves it dead."""
    made = stack.fresh_charger(evses=2)
    yield made
    made.discard()


@pytest.fixture(autouse=True)
def _willing(desk: Desk) -> None:
    desk.says_yes = True


def test_to_a_driver_the_operators_routes_are_not_there_whatever_the_driver_does_to_the_token(
    stack: LocalStack, owner: DriverApi, anonymous: DriverApi
) -> None:
    calls = (("GET", "sessions?state=open"), ("GET", "audit"), ("POST", "dead-letters/reports/redrive"))
    for method, path in calls:
        answer = owner.call(method, f"/v1/operator/{path}", json={"reason": "mine"} if method == "POST" else None)
        assert answer.expect(404)["code"] == "route_not_found"
        assert anonymous.call(method, f"/v1/operator/{path}").status == 401
    forged = tampered(stack.token(), **{"cognito:groups": ["operators"]})
    with stack.anonymous_api(forged) as forger:
        assert forger.call("GET", "/v1/operator/audit").status == 401


def test_an_operators_token_is_an_access_token_with_the_group_in_it(stack: LocalStack) -> None:
    with stack.anonymous_api(operator_token(stack.run)) as api:
        assert api.call("GET", "/v1/operator/sessions", params={"state": "open"}).status == 200


def test_an_operator_finds_a_session_hears_what_a_stop_means_and_stops_it_on_record(
    stack: LocalStack, owner: DriverApi, charger: FreshCharger, desk: Desk
) -> None:
    session_id = charging(owner, charger)
    for words in (("--open", "--limit", "1000"), ("--charger", charger.charger_id), ("--owner", _sub(stack))):
        assert session_id in desk("sessions", *words)
    awaited(lambda: evse_of(owner, charger), "the charger shows it", status="charging")
    assert f"EVSE 1: charging, cable locked\n        on record {session_id}" in desk("charger", charger.charger_id)

    assert "is asked to end the session, which is active" in desk("stop", session_id, *WHY, "--dry-run")
    desk.says_yes = False
    assert "Nothing was done." in desk("stop", session_id, *WHY)
    assert session_of(owner, session_id)["status"] == "active"
    assert session_id not in desk("audit")

    desk.says_yes = True
    done = desk("stop", session_id, *WHY)
    assert ended(owner, session_id)["end"]["reason"] == "Remote"
    assert charger.describe()["contactor_closed"] is False
    assert f"stop_session {session_id}: stop " in desk("audit")
    assert done.split("On record as ")[1].split(".")[0] in desk("audit")
    assert "by operator  driver called, app broken" in desk("session", session_id)
    with pytest.raises(OperatorError, match="session_not_active"):
        desk("stop", session_id, *WHY)


def test_a_charger_out_of_service_and_a_suspended_account_begin_nothing_and_are_put_back(
    stack: LocalStack, owner: DriverApi, charger: FreshCharger, desk: Desk
) -> None:
    running = charging(owner, charger, 1)
    assert f"{running} goes on" in desk("out-of-service", charger.charger_id, *WHY, "--yes")
    assert owner.start(charger.charger_id, 2).expect(409)["code"] == "charger_out_of_service"
    assert evse_of(owner, charger, 2)["notice"]["code"] == "charger_out_of_service"
    assert charger.charger_id in desk("chargers", "--out-of-service")
    owner.stop(running, wait_s=5).expect(200)
    desk("in-service", charger.charger_id, *WHY)
    assert evse_of(owner, charger, 2)["canStart"] is True

    desk("suspend", _sub(stack), *WHY)
    try:
        assert owner.start(charger.charger_id, 2).expect(403)["code"] == "account_suspended"
        assert "suspended since" in desk("account", _sub(stack))
    finally:
        desk("restore", _sub(stack), *WHY)
    again = owner.start(charger.charger_id, 2).expect(202)["sessionId"]
    owner.stop(again, wait_s=5).expect(200)


def test_a_zombie_session_is_closed_and_a_redriven_letter_corrects_it(
    stack: LocalStack, owner: DriverApi, charger: FreshCharger, desk: Desk
) -> None:
    """Scenario 7: zombie sessions, and no way to close them."""
    session_id = charging(owner, charger)
    awaited(lambda: evse_of(owner, charger), "the charger shows it", status="charging")
    with pytest.raises(OperatorError, match="session_still_reported"):
        desk("close", session_id, *WHY)
    charger.kill_agent()
    let_two_days_pass(stack, charger, session_id)
    assert "confidence low" in desk("close", session_id, *WHY, "--dry-run")
    assert session_of(owner, session_id)["status"] == "active"
    desk("close", session_id, *WHY)
    closed = ended(owner, session_id)
    assert (closed["estimated"], closed["end"]["basis"]) == (True, "last_sample")
    assert stages(owner, session_id)[-1] == "closed_estimated"
    assert evse_of(owner, charger)["session"] is None

    told = builders.event("ended", 99, sessionId=session_id, at=int(time.time()) - 3600, meterWh=2_000_000)
    letter = builders.event_message(told, charger_id=charger.charger_id)
    url = stack.run.queues.reports_dead_letter
    stack.client("sqs").send_message(QueueUrl=url, MessageBody=letter)
    assert charger.charger_id in desk("dead-letters", "reports")
    assert "letters of reports go back" in desk("redrive", "reports", *WHY, "--dry-run")
    assert charger.charger_id in desk("dead-letters", "reports")
    assert " letters moved" in desk("redrive", "reports", *WHY)
    awaited(lambda: session_of(owner, session_id), "the real end replaces the estimate", estimated=False)
    assert session_of(owner, session_id)["end"]["meterWh"] == 2_000_000
    with pytest.raises(OperatorError, match="not_redrivable"):
        desk("redrive", "sweeper", *WHY)


def _sub(stack: LocalStack) -> str:
    return stack.run.drivers[0].sub
