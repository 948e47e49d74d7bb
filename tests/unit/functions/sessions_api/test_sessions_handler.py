"""GET /v1/sessions…, as API Gateway calls it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from contract.vocabulary import EndMethod, EndReason, RequestedBy
from functions.cursors import seal
from functions.domain.records import EndRecord, IntentStatus, MeterSample, SessionPhase
from functions.domain.targets import Target
from functions.sessions_api.handler import handler
from tests.support import builders
from tests.support.api_events import LambdaContext, api_event, body_of, problem_code, session_event
from tests.support.builders import NEIGHBOUR, OWNER, SESSION
from tests.support.clock import NOON_MS
from tests.support.cloud import Cloud


def call(cloud: Cloud, event: dict[str, Any]) -> dict[str, Any]:
    return dict(handler(event, LambdaContext(), cloud.reading))


def list_event(**query: str) -> dict[str, Any]:
    return api_event("GET", "/v1/sessions", query=query)


@pytest.fixture
def cloud(cloud: Cloud) -> Cloud:
    cloud.keep(builders.active_session(), builders.active_session(session_id=builders.OTHER_SESSION, owner=NEIGHBOUR))
    return cloud


def test_a_session_is_shown_with_its_figures_and_hints_its_charger(cloud: Cloud) -> None:
    answer = call(cloud, session_event())
    assert answer["statusCode"] == 200
    assert body_of(answer) == {
        "sessionId": SESSION,
        "chargerId": builders.CHARGER,
        "chargerName": "Harbour Street 4",
        "evseId": 1,
        "startedBy": "app",
        "status": "active",
        "createdAt": "2026-11-22T12:00:00Z",
        "startedAt": "2026-11-22T12:00:00Z",
        "endedAt": None,
        "energyWh": 7200,
        "powerW": 7210,
        "asOf": "2026-11-22T12:00:00Z",
        "estimated": False,
        "stale": False,
        "pollAfterMs": 2000,
        "stopAt": None,
        "stop": None,
        "end": None,
        "cost": None,
        "receipt": None,
        "failure": None,
    }
    assert len(cloud.watchers.hints) == 1


ENDED = builders.active_session(
    phase=SessionPhase.ENDED,
    meter_wh=11_000,
    tariff=builders.TARIFF,
    end=EndRecord(
        reason=EndReason.REMOTE,
        method=EndMethod.REPORTED,
        at_ms=NOON_MS + 3_600_000,
        received_at_ms=NOON_MS + 3_600_000,
        meter_wh=11_000,
    ),
)


def test_an_ended_session_has_a_receipt_and_its_cost_in_parts_and_in_whole_minor_units(cloud: Cloud) -> None:
    cloud.keep(ENDED)
    shown = body_of(call(cloud, session_event()))
    assert shown["receipt"] == {
        "startedAt": "2026-11-22T12:00:00Z",
        "endedAt": "2026-11-22T13:00:00Z",
        "durationS": 3600,
        "startMeterWh": 1000,
        "endMeterWh": 11_000,
        "energyWh": 10_000,
        "endReason": "Remote",
        "method": "reported",
        "corrected": False,
        "stoppedBy": None,
        "why": "",
        "cost": {
            "currency": "EUR",
            "total": 565,
            "startFee": "50",
            "energy": "395.0",
            "time": "120",
            "minutes": 60,
            "estimated": False,
        },
    }
    assert shown["cost"] == shown["receipt"]["cost"]


@pytest.mark.parametrize(
    ("stop", "by", "why"),
    [
        ({"status": IntentStatus.DONE}, "automatic", "target_energy"),
        ({"status": IntentStatus.EXECUTING}, "automatic", "target_energy"),
        ({"status": IntentStatus.DONE, "by": RequestedBy.OPERATOR, "why": "driver called us"}, "operator", ""),
        ({"status": IntentStatus.DONE, "reason": "already_ended"}, None, ""),
        ({"status": IntentStatus.FAILED}, None, ""),
    ],
    ids=["done", "the end came first", "an operator's words are for operators", "it was over before", "failed"],
)
def test_end_and_receipt_tell_who_ended_the_session_and_by_which_rule(
    cloud: Cloud, stop: dict[str, Any], by: str | None, why: str
) -> None:
    intent = builders.stop_intent(**{"by": RequestedBy.AUTOMATIC, "why": "target_energy", **stop})
    cloud.keep(replace(ENDED, stop=intent, target=Target(energy_wh=10_000)))
    shown = body_of(call(cloud, session_event()))
    for part in ("end", "receipt"):
        assert (shown[part]["stoppedBy"], shown[part]["why"]) == (by, why)
    assert (shown["stop"]["by"], shown["stopAt"]) == (intent.by.value, {"energyWh": 10_000, "durationS": None})


def test_the_cost_of_a_running_session_is_an_estimate(cloud: Cloud) -> None:
    cloud.keep(builders.active_session(tariff=builders.TARIFF))
    shown = body_of(call(cloud, session_event()))
    assert (shown["cost"]["total"], shown["cost"]["estimated"], shown["receipt"]) == (334, True, None)


def test_what_has_not_changed_is_304_and_what_has_is_not(cloud: Cloud) -> None:
    etag = call(cloud, session_event())["headers"]["etag"]
    for known in (etag, f"W/{etag}", f'"other", {etag}'):
        answer = call(cloud, session_event(headers={"if-none-match": known}))
        assert (answer["statusCode"], answer["body"], answer["headers"]["etag"]) == (304, "", etag)
    cloud.keep(builders.active_session(meter_wh=8300))
    changed = call(cloud, session_event(headers={"if-none-match": etag}))
    assert changed["statusCode"] == 200
    assert changed["headers"]["etag"] != etag


def test_an_overdue_stop_says_that_its_charger_is_offline(cloud: Cloud) -> None:
    cloud.keep(builders.stopping_session(), builders.charger(connected=False))
    cloud.clock.pass_s(16)
    stop = body_of(call(cloud, session_event()))["stop"]
    assert (stop["status"], stop["reason"], stop["retryable"]) == ("overdue", "charger_offline", True)
    assert stop["title"]
    assert stop["advice"]


def test_the_list_is_the_callers_own_and_its_cursor_goes_on(cloud: Cloud) -> None:
    for number in range(5):
        cloud.keep(builders.active_session(session_id=f"01JB{number:022d}", created_at_ms=NOON_MS + 1 + number))
    seen: list[str] = []
    query = {"limit": "2"}
    while True:
        page = body_of(call(cloud, list_event(**query)))
        seen += [it["sessionId"] for it in page["sessions"]]
        if page["cursor"] is None:
            break
        query["cursor"] = page["cursor"]
    assert seen == [*(f"01JB{number:022d}" for number in (4, 3, 2, 1, 0)), SESSION]


def test_the_list_can_be_bounded_by_status_and_time(cloud: Cloud) -> None:
    cloud.keep(builders.active_session(session_id="01JB" + "0" * 22, phase=SessionPhase.ENDED))
    (ended,) = body_of(call(cloud, list_event(status="ended")))["sessions"]
    assert ended["status"] == "ended"
    later = {"from": "2026-11-22T12:00:00.001Z"}
    assert body_of(call(cloud, list_event(**later)))["sessions"] == []
    backwards = {"from": "2026-12-01T00:00:00Z", "to": "2026-11-01T00:00:00Z"}
    assert body_of(call(cloud, list_event(**backwards)))["sessions"] == []


def test_the_timeline_tells_stages_with_time_and_source(cloud: Cloud) -> None:
    stages = body_of(call(cloud, session_event(below="/timeline")))["stages"]
    assert [it["stage"] for it in stages] == ["start_requested", "started"]
    assert stages[1] == {
        "stage": "started",
        "at": "2026-11-22T12:00:00Z",
        "source": "charger",
        "detail": "",
        "chargerAt": "2026-11-22T12:00:00Z",
        "clock": "charger",
    }


def test_the_curve_is_given_in_energy_since_the_start_page_by_page(cloud: Cloud) -> None:
    for number in range(3):
        sample = MeterSample(
            session_id=SESSION, seq=number, at_ms=NOON_MS + number * 1000, meter_wh=1000 + number, power_w=None
        )
        cloud.sessions.add_meter_sample(sample)
    first = body_of(call(cloud, session_event(below="/meter-values", query={"limit": "2"})))
    rest = body_of(call(cloud, session_event(below="/meter-values", query={"cursor": first["cursor"]})))
    assert [it["energyWh"] for it in first["meterValues"] + rest["meterValues"]] == [0, 1, 2]
    assert rest["cursor"] is None


def test_a_coarser_curve_has_one_point_for_each_stretch_and_the_last_and_its_own_cursor(cloud: Cloud) -> None:
    for number in range(8):
        at_ms = NOON_MS + number * 10_000
        sample = MeterSample(session_id=SESSION, seq=number, at_ms=at_ms, meter_wh=1000 + number, power_w=None)
        cloud.sessions.add_meter_sample(sample)
    shown, query = [], {"resolutionS": "30", "limit": "5"}
    while True:
        page = body_of(call(cloud, session_event(below="/meter-values", query=query)))
        shown += [it["energyWh"] for it in page["meterValues"]]
        if page["cursor"] is None:
            break
        query["cursor"] = page["cursor"]
    assert shown == [0, 3, 6, 7]
    finer = call(cloud, session_event(below="/meter-values", query=query | {"resolutionS": "10"}))
    assert problem_code(finer) == "invalid_request"


@pytest.mark.parametrize("resolution", ["0", "-30", "3601", "1.5", "fine"])
def test_a_resolution_that_is_none_is_400(cloud: Cloud, resolution: str) -> None:
    answer = call(cloud, session_event(below="/meter-values", query={"resolutionS": resolution}))
    assert (answer["statusCode"], problem_code(answer)) == (400, "invalid_request")


@pytest.mark.parametrize("below", ["", "/timeline", "/meter-values"])
def test_somebody_elses_session_and_a_missing_one_get_the_same_404_byte_for_byte(cloud: Cloud, below: str) -> None:
    elses = call(cloud, session_event(builders.OTHER_SESSION, below))
    missing = call(cloud, session_event("01JZ" + "0" * 22, below))
    assert (elses["statusCode"], elses["body"]) == (404, missing["body"])
    assert problem_code(elses) == "session_not_found"
    assert (cloud.watchers.hints, cloud.memory.writes) == ([], 0)


def owners_scope(owner: str = OWNER) -> str:
    """What the cursor of an owner's unfiltered list is bound to."""
    return f"sessions\n{owner}\n\n\n"


FOREIGN = [
    seal(owners_scope(NEIGHBOUR), f"{NOON_MS}#{SESSION}"),
    seal("chargers", "PX-0001|charger"),
    seal(owners_scope(), "nonsense"),
    seal(owners_scope(), f"{NOON_MS}#{SESSION}\n"),
    "%%%",
    "\u00fc",
    "a",
    "x" * 257,
    "x,y",
]


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "-1"},
        {"limit": "101"},
        {"limit": "ten"},
        {"limit": "1,2"},
        {"limit": "1.5"},
        {"limit": ""},
        {"limit": "9" * 5000},
        {"limit": "1_0"},
        {"limit": "+1"},
        {"limit": "\u0661"},
        {"status": "sleeping"},
        {"status": "active,ended"},
        {"from": "yesterday"},
        {"from": "2026-11-22T12:00:00"},
        {"from": "0.5"},
        {"to": "1795348800"},
        {"to": "2026-11-22 12:00:00Z"},
        {"to": "2026-13-01T00:00:00Z"},
        {"owner": NEIGHBOUR},
        {"Limit": "5"},
        *({"cursor": cursor} for cursor in FOREIGN if cursor),
    ],
)
def test_a_bad_query_is_400(cloud: Cloud, query: dict[str, str]) -> None:
    answer = call(cloud, list_event(**query))
    assert (answer["statusCode"], problem_code(answer)) == (400, "invalid_request")


FILTERS: list[dict[str, str]] = [
    {},
    {"status": "active"},
    {"status": "ended"},
    {"from": "2026-11-01T00:00:00Z"},
    {"to": "2026-12-01T00:00:00Z"},
    {"to": "2026-12-01T00:00:00Z", "status": "active"},
]


@pytest.mark.parametrize("elsewhere", FILTERS)
@pytest.mark.parametrize("filters", FILTERS)
def test_a_cursor_goes_on_with_its_own_query_and_with_no_other(
    cloud: Cloud, filters: dict[str, str], elsewhere: dict[str, str]
) -> None:
    for number in range(2):
        cloud.keep(builders.active_session(session_id=f"01JB{number:022d}"))
        ended = f"01JC{number:022d}"
        cloud.keep(builders.active_session(session_id=ended, phase=SessionPhase.ENDED))
    cursor = body_of(call(cloud, list_event(limit="1", **filters)))["cursor"]
    answer = call(cloud, list_event(cursor=cursor, **elsewhere))
    if filters == elsewhere:
        assert answer["statusCode"] == 200
    else:
        assert (answer["statusCode"], problem_code(answer)) == (400, "invalid_request")


def test_a_drivers_cursor_is_worth_nothing_to_another(cloud: Cloud) -> None:
    cloud.keep(builders.active_session(session_id="01JB" + "0" * 22))
    cursor = body_of(call(cloud, list_event(limit="1")))["cursor"]
    answer = call(cloud, api_event("GET", "/v1/sessions", owner=NEIGHBOUR, query={"cursor": cursor}))
    assert (answer["statusCode"], problem_code(answer)) == (400, "invalid_request")


def test_a_curves_cursor_is_of_that_session_alone(cloud: Cloud) -> None:
    cursor = seal(f"meter-values\n{OWNER}\n{builders.OTHER_SESSION}", f"{NOON_MS}#00000001")
    assert cursor
    answer = call(cloud, session_event(below="/meter-values", query={"cursor": cursor}))
    assert problem_code(answer) == "invalid_request"


@pytest.mark.parametrize("session_id", ["x", "0" * 5000, SESSION.lower(), "%00", "..", "a/b"])
@pytest.mark.parametrize("below", ["", "/timeline", "/meter-values"])
def test_an_id_that_is_none_is_4xx(cloud: Cloud, session_id: str, below: str) -> None:
    answer = call(cloud, session_event(session_id, below))
    assert answer["statusCode"] in (400, 404)
    assert problem_code(answer) in ("invalid_request", "route_not_found")


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/v1/sessions"), ("DELETE", f"/v1/sessions/{SESSION}"), ("GET", "/v2/sessions"), ("GET", "/")],
)
def test_another_method_or_address_is_404(cloud: Cloud, method: str, path: str) -> None:
    answer = call(cloud, api_event(method, path))
    assert (answer["statusCode"], problem_code(answer)) == (404, "route_not_found")


def test_without_a_verified_token_it_is_401(cloud: Cloud) -> None:
    for event in (
        api_event("GET", "/v1/sessions", owner=None),
        session_event(owner=None),
        session_event(below="/timeline", owner=None),
        session_event(below="/meter-values", owner=None),
    ):
        answer = call(cloud, event)
        assert (answer["statusCode"], problem_code(answer)) == (401, "unauthorized")


def test_a_document_of_ours_that_is_wrong_is_our_fault_and_not_the_callers(cloud: Cloud) -> None:
    cloud.keep(builders.active_session(charger_name=None))
    answer = call(cloud, session_event())
    assert (answer["statusCode"], problem_code(answer)) == (500, "internal")
    assert "charger" not in json.dumps(body_of(answer)["detail"])
