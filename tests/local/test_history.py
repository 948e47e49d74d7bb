"""What is told afterwards of what happened: lists, the table, receipts, the timeline, and the story for operators."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import httpx
import pytest

from functions.adapters.table import to_dynamo
from local.__main__ import main
from local.client import DriverApi, sign_in
from tests.local.scenes import FAST, Session, awaited, charging, ended, session_of, stages, startable
from tests.local.support import FreshCharger, LocalStack

TARIFF = {"currency": "EUR", "per_kwh": Decimal("39.5"), "per_minute": Decimal(2), "start_fee": Decimal(50)}


@pytest.fixture(scope="module")
def token(stack: LocalStack) -> str:
    """Of a driver with no other sessions than those of this file."""
    return sign_in(stack.run, stack.stack.seeder.add_driver("history@example.com"))


@pytest.fixture(scope="module")
def driver(stack: LocalStack, token: str) -> Iterator[DriverApi]:
    with stack.anonymous_api(token) as api:
        yield api


@pytest.fixture(scope="module")
def charger(stack: LocalStack) -> Iterator[FreshCharger]:
    """A charger with a tariff, whose time runs fast."""
    charger = stack.fresh_charger()
    stack.client("dynamodb").update_item(
        TableName=stack.run.tables.chargers,
        Key=to_dynamo({"charger_id": charger.charger_id, "item": "charger"}),
        UpdateExpression="SET tariff = :tariff",
        ExpressionAttributeValues=to_dynamo({":tariff": TARIFF}),
    )
    charger.plant.set_clock_rate(FAST)
    yield charger
    charger.discard()


def one_session(driver: DriverApi, charger: FreshCharger) -> Session:
    """A session from its start to its last word."""
    enough_wh = charger.describe()["true_wh"] + 500
    session_id = charging(driver, charger)
    awaited(lambda: {"on": charger.describe()["true_wh"] > enough_wh}, "energy flows", on=True)
    driver.stop(session_id).expect(202)
    ended(driver, session_id)
    awaited(lambda: {"last": "stop_done" in stages(driver, session_id)}, "the last word", last=True)
    startable(driver, charger)
    return session_of(driver, session_id)


@pytest.fixture(scope="module")
def two(driver: DriverApi, charger: FreshCharger) -> tuple[Session, Session]:
    """Two sessions that have ended, the older first; the cable is pulled after the second."""
    done = [one_session(driver, charger) for _ in range(2)]
    charger.do("unplug")
    return done[0], done[1]


def test_a_receipt_has_the_meters_own_figures_and_a_cost_in_whole_cents(
    two: tuple[Session, Session], charger: FreshCharger
) -> None:
    receipts = [session["receipt"] for session in two]

    assert receipts[1]["endMeterWh"] == charger.describe()["meter_wh"]
    for session, receipt in zip(two, receipts, strict=True):
        energy_wh = receipt["endMeterWh"] - receipt["startMeterWh"]
        assert receipt["energyWh"] == session["energyWh"] == energy_wh > 0
        assert (receipt["endReason"], receipt["method"], receipt["corrected"]) == ("Remote", "reported", False)
        cost = receipt["cost"]
        assert (cost["currency"], cost["startFee"], cost["estimated"]) == ("EUR", "50", False)
        assert Decimal(cost["energy"]) == Decimal("39.5") * energy_wh / 1000
        assert Decimal(cost["time"]) == 2 * (receipt["durationS"] // 60)
        exact = Decimal(50) + Decimal(cost["energy"]) + Decimal(cost["time"])
        assert cost["total"] == int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def test_a_list_goes_on_with_its_cursor_under_its_filters_for_its_driver_alone(
    two: tuple[Session, Session], driver: DriverApi, owner: DriverApi
) -> None:
    older, newer = (session["sessionId"] for session in two)

    first = driver.sessions(limit=1, status="ended").expect(200)
    second = driver.sessions(limit=1, status="ended", cursor=first["cursor"]).expect(200)

    assert [it["sessionId"] for page in (first, second) for it in page["sessions"]] == [newer, older]
    rest = driver.sessions(limit=1, status="ended", cursor=second["cursor"]).expect(200) if second["cursor"] else {}
    assert not rest.get("sessions")
    assert driver.sessions(status="active").expect(200)["sessions"] == []
    later = driver.sessions(**{"from": two[1]["createdAt"]}).expect(200)["sessions"]
    assert [it["sessionId"] for it in later] == [newer]
    assert driver.sessions(limit=1, status="failed", cursor=first["cursor"]).status == 400
    assert owner.sessions(limit=1, status="ended", cursor=first["cursor"]).status == 400


def test_the_table_has_the_figures_of_the_receipts_and_its_link_leads_on(
    stack: LocalStack, two: tuple[Session, Session], token: str
) -> None:
    run, headers = stack.run, {"Host": stack.run.api_host, "Authorization": f"Bearer {token}"}
    address = f"{run.api_address}/v1/sessions.csv?limit=1"
    rows: list[dict[str, str]] = []
    with httpx.Client(headers=headers, trust_env=False, timeout=30) as http:
        while address:
            answer = http.get(address).raise_for_status()
            assert answer.headers["content-type"].startswith("text/csv")
            assert answer.headers["content-disposition"] == 'attachment; filename="sessions.csv"'
            rows += csv.DictReader(io.StringIO(answer.text, newline=""))
            address = str(answer.url.join(answer.links["next"]["url"])) if "next" in answer.links else ""

    def shown(session: Session) -> dict[str, Any]:
        receipt = session["receipt"]
        figures = {name: str(receipt[name]) for name in ("durationS", "startMeterWh", "endMeterWh", "energyWh")}
        return {"sessionId": session["sessionId"], "total": str(receipt["cost"]["total"]), **figures}

    wanted = [shown(session) for session in reversed(two)]
    assert [{name: row[name] for name in wanted[0]} for row in rows] == wanted


def test_the_timeline_goes_from_the_tap_to_the_free_cable_and_says_whose_clock_it_is(
    two: tuple[Session, Session], driver: DriverApi
) -> None:
    session_id = two[1]["sessionId"]
    awaited(lambda: {"free": "cable_free" in stages(driver, session_id)}, "the cable is free", free=True)

    told = driver.timeline(session_id).expect(200)["stages"]

    wanted = ["start_requested", "started", "stop_requested", "stop_done", "cable_free"]
    names = [stage["stage"] for stage in told]
    assert [name for name in names if name in wanted] == wanted
    assert [stage["at"] for stage in told] == sorted(stage["at"] for stage in told)
    by_name = {stage["stage"]: stage for stage in told}
    assert (by_name["stop_requested"]["source"], by_name["stop_requested"]["clock"]) == ("owner", "cloud")
    assert (by_name["ended"]["source"], by_name["ended"]["clock"]) == ("charger", "charger")
    curve = driver.call("GET", f"/v1/sessions/{session_id}/meter-values", params={"resolutionS": 3600}).expect(200)
    whole = driver.meter_values(session_id).expect(200)["meterValues"]
    assert curve["meterValues"][-1] == whole[-1]
    assert len(curve["meterValues"]) <= len(whole)


def test_a_session_is_explained_from_its_records(
    stack: LocalStack, two: tuple[Session, Session], capsys: pytest.CaptureFixture[str]
) -> None:
    session, home = two[1], str(stack.stack.settings.home)
    capsys.readouterr()

    assert main(["--dir", home, "explain", session["sessionId"]]) == 0

    told = capsys.readouterr().out
    assert told.startswith(f"Session {session['sessionId']}, as of ")
    for stage in ("start_requested", "started", "stop_requested", "stop_done", "ended"):
        assert f"  {stage} " in told
    assert f"stop  {session['stop']['intentId']}  by owner: done" in told
    assert f"  {session['energyWh']} Wh: the register went from {session['receipt']['startMeterWh']} " in told
    assert main(["--dir", home, "explain", "01JD0000000000000000000009"]) == 1
    assert "No session 01JD0000000000000000000009 is on record." in capsys.readouterr().out


def test_one_search_finds_the_lines_of_a_session_in_every_log(
    stack: LocalStack, two: tuple[Session, Session], charger: FreshCharger
) -> None:
    session_id, intent_id = two[1]["sessionId"], two[1]["stop"]["intentId"]

    for function, message in (
        ("start_session", "start sent"),
        ("stop_session", "stop answered"),
        ("charger_reports", "intent answered"),
        ("charger_reports", "session ended"),
    ):
        assert [line for line in stack.function_log(function) if session_id in line and f'"{message}"' in line]
    agent = charger.agent.log.read_text(errors="replace").splitlines()
    assert [line for line in agent if session_id in line and intent_id in line and '"acting"' in line]
