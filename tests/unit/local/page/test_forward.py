from __future__ import annotations

import json

import pytest

from local.page.forward import forward
from local.page.line import SilentError, UnreachableError
from local.page.messages import Answer, Request
from tests.unit.local.page.lines import FakeLine

HOST = "abc.execute-api.localhost:4566"


def test_a_call_reaches_the_api_under_its_own_name_with_what_it_needs_and_no_more() -> None:
    line = FakeLine(Answer(202))
    said = {
        "accept": "application/json",
        "authorization": "Bearer t",
        "content-type": "application/json",
        "idempotency-key": "01J",
        "if-none-match": '"1"',
        "prefer": "wait=5",
        "user-agent": "phone",
    }
    noise = {"host": "127.0.0.1:8080", "cookie": "c=1", "connection": "keep-alive", "origin": "http://127.0.0.1:8080"}
    forward(Request("POST", "/v1/sessions/01J/stop?x=%20y", said | noise, b"{}"), line, HOST)
    [asked] = line.asked
    assert (asked.method, asked.target, asked.body) == ("POST", "/v1/sessions/01J/stop?x=%20y", b"{}")
    assert asked.headers == said | {"host": HOST}


def test_the_answer_comes_back_with_what_the_page_needs_and_no_more() -> None:
    told = {
        "content-type": "application/problem+json",
        "cache-control": "no-store",
        "etag": '"2"',
        "location": "/v1/sessions/01J",
        "preference-applied": "wait=5",
        "retry-after": "2",
    }
    noise = {"access-control-allow-origin": "*", "transfer-encoding": "chunked", "server": "x", "set-cookie": "c=1"}
    answer = forward(Request("GET", "/v1/chargers", {}), FakeLine(Answer(503, told | noise, b"{}")), HOST)
    assert answer == Answer(503, told, b"{}")
    assert answer.headers == told


@pytest.mark.parametrize(
    "target",
    [
        "/v1/../_ministack/config",
        "/v1/%2e%2e/_ministack/config",
        "/v1/%252e%252e/_ministack/config",
        "/v1/..%2f_ministack",
        "/v1/.%2e/x",
        "/v1/./chargers",
        "/v1/..\\x",
        "/v1/..%5cx",
        "/v1/chargers HTTP/1.1\r\nHost: x",
        "/v1/chargers\x00",
        "/v1/chargers#x",
        "/v1/chargérs",
        "/v2/chargers",
        "http://127.0.0.1:4566/v1/chargers",
    ],
)
def test_no_call_gets_past_the_api_to_the_emulators_own_doors(target: str) -> None:
    line = FakeLine(Answer(200))
    assert forward(Request("GET", target, {}), line, HOST).status == 400
    assert line.asked == []


@pytest.mark.parametrize(
    ("trouble", "status", "code"),
    [(SilentError("GET"), 504, "service_silent"), (UnreachableError("GET"), 502, "service_unreachable")],
)
def test_an_api_that_does_not_answer_makes_a_problem_that_fits_the_banner(
    trouble: Exception, status: int, code: str
) -> None:
    answer = forward(Request("GET", "/v1/chargers", {}), FakeLine(trouble), HOST)
    problem = json.loads(answer.body)
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
    assert (problem["code"], problem["retryable"], answer.headers["retry-after"]) == (code, True, "2")
    assert 0 < len(problem["title"]) <= 60
    assert problem["advice"]
