from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from local.page.line import SilentError, UnreachableError
from local.page.messages import Answer, Request
from local.page.sign_in import PATHS, SignIn
from tests.unit.local.page.lines import FakeLine

PASSWORD, REFRESH_TOKEN = "pa55-of-mine", "refresh-of-mine"
GOOD = {"email": "owner@example.com", "password": PASSWORD}


def post(path: str, form: Any, content_type: str = "application/json") -> Request:
    return Request("POST", path, {"content-type": content_type}, json.dumps(form).encode())


def tokens(**more: str) -> Answer:
    payload = base64.urlsafe_b64encode(json.dumps({"email": "owner@example.com"}).encode()).decode().rstrip("=")
    result = {"AccessToken": "a", "IdToken": f"h.{payload}.s", "ExpiresIn": 3600, **more}
    return Answer(200, {}, json.dumps({"AuthenticationResult": result}).encode())


def refusal(code: str) -> Answer:
    return Answer(400, {}, json.dumps({"__type": code, "message": f"{PASSWORD} {REFRESH_TOKEN}"}).encode())


def test_a_driver_who_signs_in_gets_tokens_and_their_name() -> None:
    line = FakeLine(tokens(RefreshToken="r"))
    answer = SignIn("client").answer(post("/auth/sign-in", GOOD), line)
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    expected = {"accessToken": "a", "refreshToken": "r", "expiresIn": 3600, "email": "owner@example.com"}
    assert json.loads(answer.body) == expected
    asked = json.loads(line.asked[0].body)
    assert (asked["AuthFlow"], asked["ClientId"]) == ("USER_PASSWORD_AUTH", "client")
    assert asked["AuthParameters"] == {"USERNAME": "owner@example.com", "PASSWORD": PASSWORD}


def test_a_refresh_keeps_the_refresh_token_unless_the_pool_gives_a_new_one() -> None:
    for given, kept in ((tokens(), REFRESH_TOKEN), (tokens(RefreshToken="new"), "new")):
        answer = SignIn("client").answer(post("/auth/refresh", {"refreshToken": REFRESH_TOKEN}), FakeLine(given))
        assert json.loads(answer.body)["refreshToken"] == kept


def test_signing_out_takes_the_token_back_at_the_pool() -> None:
    line = FakeLine(Answer(200, {}, b"{}"))
    answer = SignIn("client").answer(post("/auth/sign-out", {"refreshToken": REFRESH_TOKEN}), line)
    assert (answer.status, answer.body) == (204, b"")
    assert line.asked[0].headers["x-amz-target"].endswith(".RevokeToken")
    assert json.loads(line.asked[0].body) == {"ClientId": "client", "Token": REFRESH_TOKEN}


@pytest.mark.parametrize("code", ["NotAuthorizedException", "UserNotFoundException", "PasswordResetRequiredException"])
def test_a_wrong_password_and_an_unknown_driver_look_the_same(code: str) -> None:
    answer = SignIn("client").answer(post("/auth/sign-in", GOOD), FakeLine(refusal(code)))
    problem = json.loads(answer.body)
    assert (answer.status, answer.headers["content-type"]) == (401, "application/problem+json")
    assert (problem["title"], problem["code"]) == ("Email or password is wrong", "sign_in_refused")
    assert problem["advice"]


def test_a_refresh_token_that_no_longer_holds_signs_the_driver_out() -> None:
    request = post("/auth/refresh", {"refreshToken": REFRESH_TOKEN})
    answer = SignIn("client").answer(request, FakeLine(refusal("NotAuthorizedException")))
    assert (answer.status, json.loads(answer.body)["code"]) == (401, "signed_out")


@pytest.mark.parametrize(
    "says",
    [
        *(refusal("NotAuthorizedException"), refusal("InternalErrorException")),
        *(Answer(200, {}, b"{}"), SilentError(""), UnreachableError("")),
    ],
)
@pytest.mark.parametrize("path", ["/auth/sign-in", "/auth/refresh"])
def test_no_refusal_repeats_a_secret(path: str, says: Answer | Exception) -> None:
    form = GOOD if path == "/auth/sign-in" else {"refreshToken": REFRESH_TOKEN}
    answer = SignIn("client").answer(post(path, form), FakeLine(says))
    assert answer.status >= 400
    assert PASSWORD not in f"{answer.body!r}{answer}"
    assert REFRESH_TOKEN not in f"{answer.body!r}{answer}"


@pytest.mark.parametrize(
    "form",
    [{}, [], 5, {**GOOD, "more": 1}, {**GOOD, "password": ""}, {**GOOD, "password": [PASSWORD]}, {"email": PASSWORD}],
)
def test_a_form_that_is_not_one_is_refused_without_its_content(form: object) -> None:
    line = FakeLine(tokens(RefreshToken="r"))
    answer = SignIn("client").answer(post("/auth/sign-in", form), line)
    assert (answer.status, line.asked) == (400, [])
    assert PASSWORD.encode() not in answer.body


@pytest.mark.parametrize("path", PATHS)
def test_only_a_page_of_this_origin_can_post_a_form(path: str) -> None:
    line = FakeLine(tokens(RefreshToken="r"))
    for content_type in ("", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        assert SignIn("client").answer(post(path, GOOD, content_type), line).status == 400
    assert SignIn("client").answer(Request("GET", path, {}), line).status == 405
    assert line.asked == []
