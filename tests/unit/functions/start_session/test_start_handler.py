"""POST /v1/chargers/{chargerId}/evses/{evseId}/sessions, as API Gateway calls it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.domain.errors import TemporaryError
from functions.domain.targets import Target
from functions.start_session.handler import handler
from tests.support import builders
from tests.support.api_events import LambdaContext, body_of, problem_code, start_event
from tests.support.cloud import Cloud


def call(cloud: Cloud, event: dict[str, Any]) -> dict[str, Any]:
    return dict(handler(event, LambdaContext(), cloud.starting))


def test_a_start_is_answered_202_with_the_session_and_where_it_is(cloud: Cloud) -> None:
    answer = call(cloud, start_event())
    session = body_of(answer)
    assert answer["statusCode"] == 202
    assert answer["headers"]["location"] == f"/v1/sessions/{session['sessionId']}"
    assert (session["status"], session["chargerId"], session["evseId"]) == ("pending", builders.CHARGER, 1)
    assert (session["energyWh"], session["startedAt"], session["stop"]) == (None, None, None)


def test_the_same_key_is_answered_with_the_same_session(cloud: Cloud) -> None:
    first, second = (call(cloud, start_event(headers={"Idempotency-Key": "tap-1"})) for _ in range(2))
    assert body_of(first)["sessionId"] == body_of(second)["sessionId"]
    assert len(cloud.memory.sessions) == 1


JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("stop_at", "target", "shown"),
    [
        ({"energyWh": 20_000}, Target(energy_wh=20_000), {"energyWh": 20_000, "durationS": None}),
        ({"durationS": 300}, Target(duration_s=300), {"energyWh": None, "durationS": 300}),
        (
            {"energyWh": 500, "durationS": 604_800},
            Target(energy_wh=500, duration_s=604_800),
            {"energyWh": 500, "durationS": 604_800},
        ),
        ({}, None, None),
        (None, None, None),
    ],
)
def test_a_driver_may_say_at_which_energy_or_time_the_session_is_to_stop(
    cloud: Cloud, stop_at: dict[str, int] | None, target: Target | None, shown: dict[str, int | None] | None
) -> None:
    session = body_of(call(cloud, start_event(body=json.dumps({"stopAt": stop_at}), headers=JSON)))
    assert session["stopAt"] == shown
    assert cloud.session(session["sessionId"]).target == target


@pytest.mark.parametrize(
    "stop_at",
    [
        {"energyWh": 499},
        {"energyWh": 1_000_001},
        {"energyWh": "20000"},
        {"energyWh": 20_000.5},
        {"durationS": 299},
        {"durationS": 604_801},
        {"durationS": True},
        {"costs": 5},
        [],
        20_000,
    ],
)
def test_a_target_that_cannot_be_is_refused_and_nothing_starts(cloud: Cloud, stop_at: object) -> None:
    answer = call(cloud, start_event(body=json.dumps({"stopAt": stop_at}), headers=JSON))
    assert (answer["statusCode"], problem_code(answer)) == (400, "invalid_request")
    assert (cloud.memory.writes, cloud.sent) == (0, [])


def test_the_same_key_with_another_target_is_refused(cloud: Cloud) -> None:
    def start(stop_at: dict[str, int]) -> dict[str, Any]:
        headers = JSON | {"Idempotency-Key": "tap-1"}
        return call(cloud, start_event(body=json.dumps({"stopAt": stop_at}), headers=headers))

    assert start({"energyWh": 20_000})["statusCode"] == start({"energyWh": 20_000})["statusCode"] == 202
    again = start({"energyWh": 30_000})
    assert (again["statusCode"], problem_code(again)) == (422, "idempotency_key_reused")
    assert len(cloud.memory.sessions) == 1


@pytest.mark.parametrize(
    ("charger", "status", "code"),
    [
        ({"connected": False}, 503, "charger_offline"),
        ({"in_service": False}, 409, "charger_out_of_service"),
    ],
)
def test_what_the_charger_cannot_do_is_a_problem(cloud: Cloud, charger: dict[str, Any], status: int, code: str) -> None:
    cloud.keep(builders.charger(**charger))
    answer = call(cloud, start_event())
    assert (answer["statusCode"], problem_code(answer)) == (status, code)


def test_a_start_that_could_not_be_sent_is_503(cloud: Cloud) -> None:
    cloud.shadows.failing_with = TemporaryError("unavailable")
    answer = call(cloud, start_event())
    assert (answer["statusCode"], problem_code(answer)) == (503, "not_sent")


@pytest.mark.parametrize(
    ("event", "status", "code"),
    [
        (start_event(owner=None), 401, "unauthorized"),
        (start_event("PX-9999"), 404, "charger_not_found"),
        (start_event(evse_id="2"), 404, "evse_not_found"),
        (start_event(evse_id="999"), 404, "evse_not_found"),
        (start_event("PX 1"), 400, "invalid_request"),
        (start_event("P" * 65), 400, "invalid_request"),
        (start_event("../secret"), 400, "invalid_request"),
        (start_event("PX-0001\n"), 400, "invalid_request"),
        (start_event(evse_id="0"), 400, "invalid_request"),
        (start_event(evse_id="-1"), 400, "invalid_request"),
        (start_event(evse_id="1000"), 400, "invalid_request"),
        (start_event(evse_id="one"), 400, "invalid_request"),
        (start_event(evse_id="9" * 5000), 400, "invalid_request"),
        (start_event(headers={"idempotency-key": ""}), 400, "invalid_request"),
        (start_event(headers={"idempotency-key": "k" * 129}), 400, "invalid_request"),
        (start_event(headers={"idempotency-key": "k\u00fc"}), 400, "invalid_request"),
        (start_event(headers={"idempotency-key": "a b"}), 400, "invalid_request"),
        (start_event(body="{}"), 415, "unsupported_media_type"),
        (
            start_event(body='{"owner": "somebody"}', headers={"content-type": "application/json"}),
            400,
            "invalid_request",
        ),
    ],
)
def test_bad_input_is_a_problem_and_writes_nothing(cloud: Cloud, event: dict[str, Any], status: int, code: str) -> None:
    answer = call(cloud, event)
    assert (answer["statusCode"], problem_code(answer)) == (status, code)
    assert (cloud.memory.writes, cloud.sent) == (0, [])
