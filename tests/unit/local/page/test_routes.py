from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from infra.page import SECURITY_HEADERS, content_security_policy
from local.page.messages import Answer, Request
from local.page.routes import DriverPage
from tests.unit.local.page.lines import FakeLine

if TYPE_CHECKING:
    from pathlib import Path

HOST = {"host": "127.0.0.1:8080"}


@pytest.fixture
def page(tmp_path: Path) -> DriverPage:
    (tmp_path / "index.html").write_text("<!doctype html>")
    return DriverPage(8080, "api.localhost:4566", "client", ("owner@example.com", "neighbour@example.com"), tmp_path)


def line() -> FakeLine:
    return FakeLine(Answer(200, {"content-type": "application/json"}, b"[]"))


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/?code=x", 200),
        ("HEAD", "/index.html", 200),
        ("GET", "/config.json", 200),
        ("GET", "/v1/chargers", 200),
        ("POST", "/v1/sessions/1/stop", 200),
        ("DELETE", "/v1/sessions/1/stop", 200),
        ("POST", "/auth/sign-in", 400),
        ("GET", "/auth/sign-in", 405),
        ("POST", "/", 405),
        ("DELETE", "/index.html", 405),
        ("GET", "/auth/other", 404),
        ("GET", "/v1", 404),
        ("GET", "/v1x/chargers", 404),
        ("GET", "/nothing.js", 404),
    ],
)
def test_every_answer_has_the_pages_security_headers(page: DriverPage, method: str, target: str, status: int) -> None:
    answer = page.answer(Request(method, target, HOST), line())
    assert answer.status == status
    assert answer.headers.items() >= SECURITY_HEADERS.items()
    assert answer.headers["content-security-policy"] == content_security_policy()


def test_the_settings_name_the_seeded_drivers_and_are_never_kept(page: DriverPage) -> None:
    answer = page.answer(Request("GET", "/config.json", HOST), line())
    drivers = ["owner@example.com", "neighbour@example.com"]
    assert json.loads(answer.body) == {"auth": {"kind": "local", "drivers": drivers, "clientId": "client"}}
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:80", "localhost:8080.evil.example", ""])
def test_a_foreign_name_that_leads_here_gets_nothing(page: DriverPage, host: str) -> None:
    api = line()
    for target in ("/", "/config.json", "/v1/chargers"):
        assert page.answer(Request("GET", target, {"host": host}), api).status == 421
    assert api.asked == []


def test_the_page_answers_to_localhost_too(page: DriverPage) -> None:
    assert page.answer(Request("GET", "/", {"host": "localhost:8080"}), line()).status == 200
