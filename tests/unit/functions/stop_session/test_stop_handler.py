"""POST and DELETE /v1/sessions/{sessionId}/stop, as API Gateway calls them."""

from __future__ import annotations

from typing import Any

import pytest

from functions.domain.errors import TemporaryError
from functions.domain.records import IntentStatus, SessionPhase
from functions.stop_session.handler import handler
from tests.support import builders
from tests.support.api_events import LambdaContext, body_of, problem_code, stop_event
from tests.support.builders import NEIGHBOUR, SESSION
from tests.support.cloud import Cloud


def call(cloud: Cloud, event: dict[str, Any]) -> dict[str, Any]:
    return dict(handler(event, LambdaContext(), cloud.stopping))


@pytest.fixture
def cloud(cloud: Cloud) -> Cloud:
    cloud.keep(builders.active_session())
    return cloud


def test_a_tap_is_answered_202_with_the_session_stopping(cloud: Cloud) -> None:
    answer = call(cloud, stop_event())
    session = body_of(answer)
    assert answer["statusCode"] == 202
    assert answer["headers"]["content-type"] == "application/json"
    assert (session["sessionId"], session["status"], session["energyWh"]) == (SESSION, "stopping", 7200)
    assert (session["stop"]["status"], session["stop"]["withdrawable"]) == ("requested", True)
    assert session["pollAfterMs"] == 500


def test_a_second_tap_is_answered_the_same(cloud: Cloud) -> None:
    assert call(cloud, stop_event())["body"] == call(cloud, stop_event())["body"]
    assert len(cloud.sent) == 1


def test_an_ended_session_is_answered_200(cloud: Cloud) -> None:
    cloud.keep(builders.active_session(phase=SessionPhase.ENDED))
    answer = call(cloud, stop_event())
    assert (answer["statusCode"], body_of(answer)["status"]) == (200, "ended")


@pytest.mark.parametrize("body", [None, "", "{}", " {} "])
def test_no_body_and_an_empty_one_are_welcome(cloud: Cloud, body: str | None) -> None:
    assert call(cloud, stop_event(body=body, headers={"content-type": "application/json"}))["statusCode"] == 202


def test_a_body_in_base64_is_read_like_any_other(cloud: Cloud) -> None:
    event = stop_event(body=b"{}", headers={"Content-Type": "application/json; charset=utf-8"})
    assert call(cloud, event)["statusCode"] == 202


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        ("wait=3", 3),
        ("respond-async, wait=3", 3),
        ("WAIT = 3; foo", 3),
        ("wait=99", 10),
        ("wait=0", 0),
        ("wait=-1", 0),
        ("wait=abc", 0),
        ("await=5", 0),
        ("wait=5.5", 0),
        ("wait=123456789", 0),
        ("", 0),
    ],
)
def test_a_wait_is_granted_up_to_ten_seconds_and_nonsense_is_no_wait(cloud: Cloud, prefer: str, seconds: int) -> None:
    before = cloud.clock()
    answer = call(cloud, stop_event(headers={"prefer": prefer}))
    assert answer["statusCode"] == 202
    assert seconds * 1000 <= cloud.clock() - before <= seconds * 1000 + 100
    assert answer["headers"].get("preference-applied") == (f"wait={seconds}" if seconds else None)


def test_only_the_tap_that_sends_waits_for_the_outcome_and_its_repetitions_are_answered_at_once(cloud: Cloud) -> None:
    waiting = stop_event(headers={"prefer": "wait=1"})
    call(cloud, stop_event())
    cloud.clock.pass_s(0.5)
    before = cloud.clock()
    repeated = call(cloud, waiting)
    assert (repeated["statusCode"], cloud.clock()) == (202, before)
    assert "preference-applied" not in repeated["headers"]
    cloud.clock.pass_s(2)
    sent_again = call(cloud, waiting)
    assert sent_again["headers"]["preference-applied"] == "wait=1"
    assert cloud.clock() > before + 2000


def test_a_withdrawal_is_answered_with_the_session_going_on(cloud: Cloud) -> None:
    cloud.keep(builders.stopping_session())
    session = body_of(call(cloud, stop_event(method="DELETE")))
    assert (session["status"], session["stop"]["status"], session["stop"]["reason"]) == (
        "active",
        "withdrawn",
        "withdrawn",
    )


def test_a_withdrawal_after_the_charger_answered_is_409(cloud: Cloud) -> None:
    cloud.keep(builders.stopping_session(stop=builders.stop_intent(status=IntentStatus.EXECUTING)))
    answer = call(cloud, stop_event(method="DELETE"))
    assert (answer["statusCode"], problem_code(answer)) == (409, "stop_already_acknowledged")


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_somebody_elses_session_and_a_missing_one_get_the_same_404_byte_for_byte(cloud: Cloud, method: str) -> None:
    elses = call(cloud, stop_event(method=method, owner=NEIGHBOUR))
    missing = call(cloud, stop_event(builders.OTHER_SESSION, method=method, owner=NEIGHBOUR))
    assert elses == missing
    assert (elses["statusCode"], problem_code(elses)) == (404, "session_not_found")
    assert (cloud.memory.writes, cloud.sent) == (0, [])


def test_a_stop_that_could_not_be_sent_is_503_with_retry_after(cloud: Cloud) -> None:
    cloud.shadows.failing_with = TemporaryError("unavailable")
    answer = call(cloud, stop_event())
    assert (answer["statusCode"], problem_code(answer)) == (503, "not_sent")
    assert answer["headers"]["retry-after"] == "2"


@pytest.mark.parametrize("owner", [None, ""])
def test_without_a_verified_token_it_is_401(cloud: Cloud, owner: str | None) -> None:
    answer = call(cloud, stop_event(owner=owner))
    assert (answer["statusCode"], problem_code(answer)) == (401, "unauthorized")
    assert cloud.memory.writes == 0


@pytest.mark.parametrize("token_use", ["id", None, ["access"]])
def test_a_token_that_is_no_access_token_is_401(cloud: Cloud, token_use: object) -> None:
    event = stop_event()
    event["requestContext"]["authorizer"]["jwt"]["claims"]["token_use"] = token_use
    answer = call(cloud, event)
    assert (answer["statusCode"], problem_code(answer)) == (401, "unauthorized")
    assert cloud.memory.writes == 0


JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("event", "status", "code"),
    [
        (stop_event("x"), 400, "invalid_request"),
        (stop_event(SESSION + "0"), 400, "invalid_request"),
        (stop_event(SESSION + "\n"), 400, "invalid_request"),
        (stop_event(SESSION.lower()), 400, "invalid_request"),
        (stop_event("A" * 5000), 400, "invalid_request"),
        (stop_event(body="{", headers=JSON), 400, "invalid_request"),
        (stop_event(body="[" * 4000, headers=JSON), 400, "invalid_request"),
        (stop_event(body="[]", headers=JSON), 400, "invalid_request"),
        (stop_event(body="null", headers=JSON), 400, "invalid_request"),
        (stop_event(body='"stop"', headers=JSON), 400, "invalid_request"),
        (stop_event(body='{"force": true}', headers=JSON), 400, "invalid_request"),
        (stop_event(body='{"\\ud800": 1}', headers=JSON), 400, "invalid_request"),
        (stop_event(body='{"x": ' + "1" * 3000 + "}", headers=JSON), 400, "invalid_request"),
        (stop_event(body=" " * 4097, headers=JSON), 413, "request_too_large"),
        (stop_event(body="\N{EURO SIGN}" * 1366, headers=JSON), 413, "request_too_large"),
        (stop_event(body=b" " * 4097), 413, "request_too_large"),
        (stop_event(body='{"x": ' + "[" * 2000 + "]" * 2000 + "}", headers=JSON), 400, "invalid_request"),
        (stop_event(body=b"\xff\xfe", headers=JSON), 400, "invalid_request"),
        (stop_event(body="{}"), 415, "unsupported_media_type"),
        (
            stop_event(body="a=b", headers={"content-type": "application/x-www-form-urlencoded"}),
            415,
            "unsupported_media_type",
        ),
        (stop_event(body="x", headers={"content-type": "multipart/form-data"}), 415, "unsupported_media_type"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_bad_input_is_a_problem_and_writes_nothing(
    cloud: Cloud, event: dict[str, Any], status: int, code: str, method: str
) -> None:
    event["requestContext"]["http"]["method"] = method
    answer = call(cloud, event)
    assert (answer["statusCode"], problem_code(answer)) == (status, code)
    assert (cloud.memory.writes, cloud.sent) == (0, [])
    assert len(answer["body"]) < 1000


def test_an_error_of_ours_is_500_without_its_details(cloud: Cloud) -> None:
    cloud.shadows.failing_with = RuntimeError("table polaris-secret is on fire")
    answer = call(cloud, stop_event())
    assert (answer["statusCode"], problem_code(answer)) == (500, "internal")
    assert "secret" not in answer["body"]
