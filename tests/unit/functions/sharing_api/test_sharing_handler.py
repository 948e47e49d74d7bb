"""/v1/sessions/{sessionId}/stop-right and /v1/shared-sessions, as API Gateway calls them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from functions.domain.records import SessionPhase
from functions.sharing_api.handler import handler
from functions.stop_session.handler import handler as stop
from tests.support import builders
from tests.support.api_events import (
    LambdaContext,
    api_event,
    body_of,
    problem_code,
    session_event,
    shared_stop_event,
    stop_event,
)
from tests.support.builders import NEIGHBOUR, OTHER_SESSION, SESSION
from tests.support.cloud import Cloud

JSON = {"content-type": "application/json"}
SEEN_BY_A_GUEST = {"sessionId", "chargerName", "evseId", "status", "pollAfterMs", "stop"}


@pytest.fixture
def cloud(cloud: Cloud) -> Cloud:
    cloud.keep(builders.active_session(tariff=builders.TARIFF))
    return cloud


def call(cloud: Cloud, event: dict[str, Any]) -> dict[str, Any]:
    return dict(handler(event, LambdaContext(), (cloud.lending, cloud.patience)))


def right_event(method: str, session_id: str = SESSION, **changes: Any) -> dict[str, Any]:
    path = f"/v1/sessions/{session_id}/stop-right"
    return api_event(method, path, params={"sessionId": session_id}, **changes)


def take_event(code: str, owner: str = NEIGHBOUR, **fields: Any) -> dict[str, Any]:
    body = json.dumps({"code": code} | fields)
    return api_event("POST", "/v1/shared-sessions", owner=owner, headers=JSON, body=body)


def shared_event(owner: str = NEIGHBOUR) -> dict[str, Any]:
    return api_event("GET", f"/v1/shared-sessions/{SESSION}", params={"sessionId": SESSION}, owner=owner)


def lent(cloud: Cloud) -> str:
    code: str = body_of(call(cloud, right_event("POST")))["code"]
    assert call(cloud, take_event(code))["statusCode"] == 200
    return code


def test_a_right_is_offered_with_a_code_taken_and_taken_back(cloud: Cloud) -> None:
    offer = call(cloud, right_event("POST"))
    assert (offer["statusCode"], body_of(offer)["expiresAt"]) == (201, "2026-11-22T12:15:00Z")
    assert body_of(call(cloud, right_event("GET")))["status"] == "offered"
    taken = call(cloud, take_event(body_of(offer)["code"]))
    assert taken["statusCode"] == 200
    state = body_of(call(cloud, right_event("GET")))
    assert (state["status"], state["expiresAt"], state["takenAt"]) == ("taken", None, "2026-11-22T12:00:00Z")
    assert call(cloud, right_event("DELETE"))["statusCode"] == 204
    assert body_of(call(cloud, right_event("GET")))["status"] == "none"


def test_a_guest_sees_where_the_car_is_and_how_far_the_stop_is_and_nothing_of_money_or_person(cloud: Cloud) -> None:
    lent(cloud)
    answer = call(cloud, shared_event())
    assert answer["statusCode"] == 200
    assert set(body_of(answer)) == SEEN_BY_A_GUEST
    assert "owner-sub" not in answer["body"]


def test_a_guest_stops_by_a_route_of_their_own_and_cannot_take_it_back(cloud: Cloud) -> None:
    lent(cloud)
    answer = dict(stop(shared_stop_event(owner=NEIGHBOUR), LambdaContext(), cloud.stopping))
    shown = body_of(answer)
    assert (answer["statusCode"], set(shown)) == (202, SEEN_BY_A_GUEST)
    assert (shown["status"], shown["stop"]["status"], shown["stop"]["withdrawable"]) == ("stopping", "requested", False)
    withdrawal = dict(stop(stop_event(method="DELETE", owner=NEIGHBOUR), LambdaContext(), cloud.stopping))
    assert problem_code(withdrawal) == "session_not_found"
    assert len(cloud.sent) == 1


def test_the_drivers_own_route_does_not_know_a_guest(cloud: Cloud) -> None:
    lent(cloud)
    answer = dict(stop(stop_event(owner=NEIGHBOUR), LambdaContext(), cloud.stopping))
    assert (answer["statusCode"], problem_code(answer)) == (404, "session_not_found")
    own = dict(stop(shared_stop_event(), LambdaContext(), cloud.stopping))
    assert (own["statusCode"], problem_code(own)) == (404, "session_not_found")
    assert cloud.sent == []


def test_revoked_or_over_everything_looks_missing_to_the_guest(cloud: Cloud) -> None:
    lent(cloud)
    held = cloud.session()
    call(cloud, right_event("DELETE"))
    for gone in (cloud.session(), replace(held, phase=SessionPhase.ENDED)):
        cloud.keep(gone)
        answers = (
            call(cloud, shared_event()),
            dict(stop(shared_stop_event(owner=NEIGHBOUR), LambdaContext(), cloud.stopping)),
        )
        missing = call(cloud, shared_event(owner="stranger-sub"))
        assert [answer["statusCode"] for answer in answers] == [404, 404]
        assert all(answer["body"] == missing["body"] for answer in answers)


@pytest.mark.parametrize(
    ("event", "status", "code"),
    [
        (right_event("POST", owner=None), 401, "unauthorized"),
        (right_event("POST", "no-ulid"), 400, "invalid_request"),
        (right_event("POST", OTHER_SESSION), 404, "session_not_found"),
        (right_event("POST", owner=NEIGHBOUR), 404, "session_not_found"),
        (right_event("POST", headers=JSON, body='{"to": "a@b"}'), 400, "invalid_request"),
        (right_event("DELETE", owner=NEIGHBOUR), 404, "session_not_found"),
        (right_event("GET", owner=NEIGHBOUR), 404, "session_not_found"),
        (take_event(""), 400, "invalid_request"),
        (take_event(f"{SESSION}-short"), 400, "invalid_request"),
        (take_event(f"{SESSION}-{'x' * 22}"), 404, "stop_right_not_found"),
        (take_event(f"{OTHER_SESSION}-{'x' * 22}"), 404, "stop_right_not_found"),
        (take_event(f"{SESSION}-{'x' * 22}", session="x"), 400, "invalid_request"),
        (shared_event(), 404, "session_not_found"),
        (session_event(), 404, "route_not_found"),
    ],
)
def test_bad_input_is_a_problem_and_writes_nothing(cloud: Cloud, event: dict[str, Any], status: int, code: str) -> None:
    answer = call(cloud, event)
    assert (answer["statusCode"], problem_code(answer)) == (status, code)
    assert (cloud.memory.writes, cloud.sent) == (0, [])


def test_a_session_that_is_over_is_not_lent(cloud: Cloud) -> None:
    cloud.keep(builders.active_session(phase=SessionPhase.ENDED))
    answer = call(cloud, right_event("POST"))
    assert (answer["statusCode"], problem_code(answer)) == (409, "session_not_active")
