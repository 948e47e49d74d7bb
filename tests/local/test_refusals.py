"""What the deployed API says no to, and that nothing happens then."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from local.client import DriverApi
from local.seed import NEIGHBOUR
from tests.local.scenes import charging, ended, evse_of, resigned, session_of, tampered
from tests.local.support import FreshCharger, LocalStack

FreshChargers = Callable[..., FreshCharger]
NOBODYS = "01JZZZZZZZZZZZZZZZZZZZZZZZ"
SAMPLED = ("revision", "meter_wh", "power_w", "as_of_ms", "last_seq", "due_at_ms")


def test_somebody_elses_session_looks_like_a_missing_one_and_nothing_is_written(
    stack: LocalStack, owner: DriverApi, neighbour: DriverApi, fresh_charger: FreshChargers
) -> None:
    charger = fresh_charger()
    session_id = charging(owner, charger)
    before, version = stack.session_items(session_id), charger.shadow_version()

    def but_for_its_meter(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The session's own item without what the charger's samples change meanwhile."""
        own = [item for item in items if item["item"] == {"S": "session"}]
        return [{name: value for name, value in item.items() if name not in SAMPLED} for item in own]

    for attempt in (neighbour.session, neighbour.stop, neighbour.withdraw, neighbour.timeline, neighbour.meter_values):
        theirs, missing = attempt(session_id), attempt(NOBODYS)
        assert (theirs.status, theirs.body["code"]) == (404, "session_not_found")
        assert theirs.body == missing.body

    assert but_for_its_meter(stack.session_items(session_id)) == but_for_its_meter(before)
    assert charger.shadow_version() == version
    evse = evse_of(neighbour, charger)
    assert (evse["session"], evse["canStop"], evse["canStart"]) == (None, False, False)
    assert evse["notice"]["code"] == "evse_in_use"
    assert session_of(owner, session_id)["status"] == "active"


@pytest.mark.parametrize("kind", ["none", "nonsense", "expired", "tampered", "foreign"])
def test_without_a_valid_token_the_answer_is_401(stack: LocalStack, kind: str) -> None:
    token, neighbours = stack.token(), stack.token(NEIGHBOUR)
    key = stack.stack.settings.home.rglob(f"{stack.run.user_pool_id}-access.pem")
    bad = {
        "none": None,
        "nonsense": "not.a.token",
        "expired": resigned(token, next(key), exp=int(time.time()) - 60),
        "tampered": tampered(token, sub=stack.run.driver(NEIGHBOUR).sub),
        "foreign": ".".join([*token.split(".")[:2], neighbours.split(".")[2]]),
    }[kind]
    with stack.anonymous_api(bad) as app:
        assert app.chargers().status == 401
        assert app.stop(NOBODYS).status == 401
        assert app.session(NOBODYS).status == 401


def test_a_token_signed_anew_by_the_pool_is_accepted(stack: LocalStack) -> None:
    """Shows that the expired token above was refused for its expiry, not for how the test made it."""
    key = next(stack.stack.settings.home.rglob(f"{stack.run.user_pool_id}-access.pem"))
    with stack.anonymous_api(resigned(stack.token(), key, exp=int(time.time()) + 60)) as app:
        assert app.chargers().status == 200


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "code"),
    [
        ("GET", "/v1/sessions", {"params": {"limit": "-1"}}, 400, "invalid_request"),
        ("GET", "/v1/sessions", {"params": {"limit": "many"}}, 400, "invalid_request"),
        ("GET", "/v1/sessions", {"params": {"colour": "red"}}, 400, "invalid_request"),
        ("GET", "/v1/sessions", {"params": {"status": "lost"}}, 400, "invalid_request"),
        ("GET", "/v1/sessions", {"params": {"from": "yesterday"}}, 400, "invalid_request"),
        ("GET", "/v1/sessions", {"params": {"cursor": "x" * 5000}}, 400, "invalid_request"),
        ("GET", "/v1/sessions", {"params": {"cursor": "ZZZZ"}}, 400, "invalid_request"),
        ("GET", "/v1/chargers", {"params": {"cursor": "ä"}}, 400, "invalid_request"),
        ("GET", f"/v1/sessions/{'0' * 3000}", {}, 400, "invalid_request"),
        ("GET", "/v1/sessions/not-an-id", {}, 400, "invalid_request"),
        ("GET", "/v1/chargers/PX-NONE", {}, 404, "charger_not_found"),
        ("POST", "/v1/chargers/PX-0001/evses/9/sessions", {}, 404, "evse_not_found"),
        ("POST", "/v1/chargers/PX-0001/evses/one/sessions", {}, 400, "invalid_request"),
        ("POST", f"/v1/sessions/{NOBODYS}/stop", {"json": {"force": True}}, 400, "invalid_request"),
        ("POST", f"/v1/sessions/{NOBODYS}/stop", {"json": []}, 400, "invalid_request"),
        (
            "POST",
            f"/v1/sessions/{NOBODYS}/stop",
            {"content": b"{", "headers": {"content-type": "application/json"}},
            400,
            "invalid_request",
        ),
        (
            "POST",
            f"/v1/sessions/{NOBODYS}/stop",
            {"content": b"\xff\xfe{", "headers": {"content-type": "application/json"}},
            400,
            "invalid_request",
        ),
        (
            "POST",
            f"/v1/sessions/{NOBODYS}/stop",
            {"content": b"<stop/>", "headers": {"content-type": "application/xml"}},
            415,
            "unsupported_media_type",
        ),
        (
            "POST",
            "/v1/chargers/PX-0001/evses/1/sessions",
            {"headers": {"idempotency-key": "k" * 300}},
            400,
            "invalid_request",
        ),
    ],
)
def test_bad_input_is_a_clear_problem_and_never_a_500(
    owner: DriverApi, method: str, path: str, options: dict[str, Any], status: int, code: str
) -> None:
    answer = owner.call(method, path, **options)

    assert (answer.status, answer.body.get("code")) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.body["title"]
    assert answer.body["advice"]


def test_a_cursor_of_another_drivers_list_is_refused(
    owner: DriverApi, neighbour: DriverApi, fresh_charger: FreshChargers
) -> None:
    charger = fresh_charger()
    for _ in range(2):
        ended_id = charging(owner, charger)
        owner.stop(ended_id, wait_s=5).expect(200)
        ended(owner, ended_id)
    cursor = owner.sessions(limit=1).expect(200)["cursor"]

    assert owner.sessions(limit=1, cursor=cursor).status == 200
    refused = neighbour.sessions(limit=1, cursor=cursor)

    assert (refused.status, refused.body["code"]) == (400, "invalid_request")


def test_a_session_that_has_not_changed_is_not_sent_again(owner: DriverApi, fresh_charger: FreshChargers) -> None:
    charger = fresh_charger()
    session_id = charging(owner, charger)
    owner.stop(session_id, wait_s=5).expect(200)
    ended(owner, session_id)
    etag = owner.session(session_id).headers["etag"]

    answer = owner.session(session_id, etag=etag)

    assert answer.status in (200, 304)  # 200 once, if the last ack arrived in between
    etag = owner.session(session_id).headers["etag"]
    assert owner.session(session_id, etag=etag).status == 304


def test_a_charger_that_is_switched_off_cannot_start_and_says_so(owner: DriverApi) -> None:
    refused = owner.start("PX-0003", 1)

    assert (refused.status, refused.body["code"], refused.body["retryable"]) == (503, "charger_offline", True)
    assert int(refused.headers["retry-after"]) > 0


def test_the_same_idempotency_key_is_the_same_session(owner: DriverApi, fresh_charger: FreshChargers) -> None:
    charger = fresh_charger(evses=2)

    first = owner.start(charger.charger_id, 1, idempotency_key="tap-1").expect(202)
    second = owner.start(charger.charger_id, 1, idempotency_key="tap-1").expect(202)
    elsewhere = owner.start(charger.charger_id, 2, idempotency_key="tap-1")

    assert second["sessionId"] == first["sessionId"]
    assert (elsewhere.status, elsewhere.body["code"]) == (422, "idempotency_key_reused")
