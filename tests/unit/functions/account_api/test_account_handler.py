"""DELETE /v1/me, as API Gateway calls it."""

from __future__ import annotations

from typing import Any

import pytest

from functions.account_api.handler import handler
from functions.domain.errors import TemporaryError
from functions.domain.leaving import SESSIONS_AT_ONCE
from functions.domain.records import SessionPhase
from tests.support import builders
from tests.support.api_events import LambdaContext, api_event, body_of, problem_code
from tests.support.cloud import Cloud


def call(cloud: Cloud, **request: Any) -> dict[str, Any]:
    return dict(handler(api_event("DELETE", "/v1/me", **request), LambdaContext(), cloud.leaving))


def test_a_deleted_account_is_204_and_again_204(cloud: Cloud) -> None:
    for _ in range(2):
        answer = call(cloud)
        assert (answer["statusCode"], answer["body"]) == (204, "")


def test_while_more_is_left_to_do_it_is_202_and_says_when_to_ask_again(cloud: Cloud) -> None:
    for number in range(SESSIONS_AT_ONCE + 1):
        cloud.keep(builders.active_session(session_id=f"01JF{number:022d}", phase=SessionPhase.ENDED))
    first = call(cloud)
    assert (first["statusCode"], body_of(first), first["headers"]["retry-after"]) == (202, {"status": "deleting"}, "1")
    assert call(cloud)["statusCode"] == 204


def test_a_running_session_is_stopped_first(cloud: Cloud) -> None:
    cloud.keep(builders.active_session())
    answer = call(cloud)
    assert (answer["statusCode"], problem_code(answer)) == (409, "session_running")


def test_a_sign_in_that_could_not_be_deleted_is_503(cloud: Cloud) -> None:
    cloud.identities.failing_with = TemporaryError("unavailable")
    answer = call(cloud)
    assert (answer["statusCode"], problem_code(answer)) == (503, "unavailable")


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        ({"owner": None}, 401, "unauthorized"),
        ({"body": "{}"}, 415, "unsupported_media_type"),
        ({"body": '{"x": 1}', "headers": {"content-type": "application/json"}}, 400, "invalid_request"),
    ],
)
def test_bad_input_deletes_nothing(cloud: Cloud, request_: dict[str, Any], status: int, code: str) -> None:
    answer = call(cloud, **request_)
    assert (answer["statusCode"], problem_code(answer)) == (status, code)
    assert cloud.memory.writes == 0
