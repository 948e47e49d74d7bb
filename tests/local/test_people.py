"""Cards, lent rights, suspended and deleted accounts, over the deployed stack."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from functions.adapters.dynamodb_accounts import DynamoAccounts
from functions.domain.accounts import suspend
from local.client import DriverApi, sign_in
from local.processes import StepFailed
from local.runfile import Driver
from local.seed import Hardware
from tests.local.scenes import appeared, awaited, charging, ended, stages, startable, tap
from tests.local.support import FreshCharger, LocalStack

NUMBER = "04:5E:11:A7"
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def charger(stack: LocalStack) -> Iterator[FreshCharger]:
    """One charger that takes cards, for all of these tests; each leaves it free."""
    charger = stack.fresh_charger(accepts_cards=True, hardware=Hardware.OCPP16)
    yield charger
    charger.discard()


@pytest.fixture
def person(stack: LocalStack) -> Driver:
    """A driver whom no other test knows."""
    return stack.stack.seeder.add_driver(f"person-{next(_numbers)}@example.com")


@pytest.fixture
def app(stack: LocalStack, person: Driver) -> Iterator[DriverApi]:
    """That driver's app."""
    with DriverApi(stack.run, sign_in(stack.run, person)) as api:
        yield api


def test_a_card_is_added_charges_and_reported_lost_stops_what_runs_on_it(
    neighbour: DriverApi, charger: FreshCharger, app: DriverApi
) -> None:
    card = app.call("POST", "/v1/cards", json={"number": NUMBER, "label": "Blue keyring"}).expect(201)
    assert app.call("GET", "/v1/cards").expect(200)["cards"] == [card]
    refused = neighbour.call("POST", "/v1/cards", json={"number": NUMBER}).expect(409)
    assert (refused["code"], NUMBER in str(refused)) == ("card_not_available", False)
    tap(charger, NUMBER)
    session_id = appeared(app, charger)

    lost = app.call("POST", f"/v1/cards/{card['cardId']}/lost").expect(200)

    assert (lost["card"]["status"], lost["stoppedSessions"]) == ("blocked", [session_id])
    assert ended(app, session_id)["end"]["reason"] == "Remote"
    told = app.timeline(session_id).expect(200)["stages"]
    asked = next(stage for stage in told if stage["stage"] == "stop_requested")
    assert (asked["source"], asked["detail"]) == ("automatic", "card_lost")
    startable(app, charger)
    tap(charger, NUMBER, shown="card refused")


def test_whoever_was_lent_the_right_stops_the_session_and_revoked_it_looks_missing(
    stack: LocalStack, neighbour: DriverApi, charger: FreshCharger, app: DriverApi
) -> None:
    session_id = charging(app, charger)
    right, shared = f"/v1/sessions/{session_id}/stop-right", f"/v1/shared-sessions/{session_id}"

    def lend() -> None:
        code = app.call("POST", right).expect(201)["code"]
        neighbour.call("POST", "/v1/shared-sessions", json={"code": code}).expect(200)

    assert neighbour.call("POST", f"{shared}/stop").status == 404
    lend()
    assert neighbour.call("GET", shared).expect(200)["status"] == "active"
    assert (neighbour.session(session_id).status, neighbour.stop(session_id).status) == (404, 404)
    app.call("DELETE", right).expect(204)
    assert (neighbour.call("GET", shared).status, neighbour.call("POST", f"{shared}/stop").status) == (404, 404)
    lend()

    with stack.counted_calls() as calls:
        stopped = neighbour.call("POST", f"{shared}/stop").expect(202)

    assert calls.of("stop_session") == {"UpdateItem": 1, "POST.iot-data": 1}  # the second is the shadow write
    assert (stopped["status"], set(stopped) & {"cost", "receipt", "energyWh"}) == ("stopping", set())
    assert ended(app, session_id)["end"]["reason"] == "Remote"
    assert neighbour.call("GET", shared).status == 404
    assert {"stop_right_offered", "stop_right_taken", "stop_right_revoked"} <= set(stages(app, session_id))
    startable(app, charger)


def test_a_suspended_account_stops_and_does_not_start_and_is_deleted_with_all_that_names_the_person(
    stack: LocalStack, charger: FreshCharger, person: Driver, app: DriverApi
) -> None:
    session_id = charging(app, charger)
    dynamodb = stack.client("dynamodb")
    (table,) = [name for name in dynamodb.list_tables()["TableNames"] if "Accounts" in name]
    suspend(DynamoAccounts(dynamodb, table), person.sub, why="unpaid bills", now_ms=1)

    assert app.start(charger.charger_id, 1).expect(403)["code"] == "account_suspended"
    assert app.call("DELETE", "/v1/me").expect(409)["code"] == "session_running"
    app.stop(session_id).expect(200, 202)
    ended(app, session_id)

    awaited(lambda: {"status": app.call("DELETE", "/v1/me").status}, "the account is deleted", status=204)
    assert app.call("DELETE", "/v1/me").status == 204
    assert app.session(session_id).status == 404
    assert person.sub not in str(stack.session_items(session_id))
    assert app.start(charger.charger_id, 1).expect(403)["code"] == "account_deleted"
    with pytest.raises(StepFailed, match="cannot sign in"):
        sign_in(stack.run, person)
