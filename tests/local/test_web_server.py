from __future__ import annotations

import io
import re
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest

from infra.page import SECURITY_HEADERS, content_security_policy
from local.howto import explain
from local.runfile import RunFile
from local.seed import NEIGHBOUR, OWNER
from local.terminal import Terminal
from local.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.local.support import FreshCharger, LocalStack

WITHIN_S = 20.0


@pytest.fixture
def page(stack: LocalStack) -> Iterator[httpx.Client]:
    """A browser on the page's origin."""
    with httpx.Client(base_url=stack.run.web_url, timeout=30, trust_env=False) as http:
        yield http


@pytest.fixture
def token(stack: LocalStack) -> dict[str, str]:
    return {"Authorization": f"Bearer {stack.token()}"}


def sign_in(page: httpx.Client, email: str, password: str) -> httpx.Response:
    return page.post("/auth/sign-in", json={"email": email, "password": password})


def test_the_page_comes_with_its_type_its_tag_and_a_policy_that_allows_nothing_inline(page: httpx.Client) -> None:
    answer = page.get("/")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.headers["content-security-policy"] == content_security_policy()
    assert {name: answer.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert "strict-transport-security" not in answer.headers
    assert page.get("/", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304


def test_asking_for_the_head_only_gives_the_head_only(page: httpx.Client) -> None:
    whole, head = page.get("/"), page.head("/")
    assert head.content == b""
    assert head.headers["content-length"] == str(len(whole.content))
    assert page.get("/").content == whole.content, "the connection is still in step"


def test_the_settings_name_the_pool_and_the_drivers_but_no_secret(page: httpx.Client, stack: LocalStack) -> None:
    answer = page.get("/config.json")
    auth = {"kind": "local", "drivers": [OWNER, NEIGHBOUR], "clientId": stack.run.client_id}
    assert answer.json() == {"auth": auth}
    assert answer.headers["cache-control"] == "no-store"


def test_a_driver_signs_in_stays_signed_in_and_signs_out(page: httpx.Client, stack: LocalStack) -> None:
    signed_in = sign_in(page, OWNER, stack.run.driver(OWNER).password)
    assert signed_in.status_code == 200
    told: dict[str, Any] = signed_in.json()
    assert (told["email"], told["expiresIn"]) == (OWNER, 3600)
    refresh = {"refreshToken": told["refreshToken"]}
    again = page.post("/auth/refresh", json=refresh).json()
    for access_token in (told["accessToken"], again["accessToken"]):
        shown = page.get("/v1/chargers", headers={"Authorization": f"Bearer {access_token}"})
        assert shown.status_code == 200
    assert page.post("/auth/sign-out", json=refresh).status_code == 204
    after = page.post("/auth/refresh", json=refresh)
    assert (after.status_code, after.json()["code"]) == (401, "signed_out")


@pytest.mark.parametrize("email", [OWNER, "nobody@example.com"])
def test_a_wrong_password_is_told_in_words_for_the_driver(page: httpx.Client, email: str) -> None:
    answer = sign_in(page, email, "Wrong-password-1!")
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    assert answer.json()["title"] == "Email or password is wrong"
    assert answer.json()["advice"] == "Check both and try again."


def test_no_password_and_no_token_is_logged(page: httpx.Client, stack: LocalStack) -> None:
    password = stack.run.driver(NEIGHBOUR).password
    told = sign_in(page, NEIGHBOUR, password).json()
    page.get(f"/v1/chargers?seen={told['refreshToken']}", headers={"Authorization": f"Bearer {told['accessToken']}"})
    page.get("/last-words")
    log = stack.run.logs / "web.log"
    wait_for(lambda: "GET /last-words 404" in log.read_text(), "the log is written", within_s=WITHIN_S)
    text = log.read_text()
    assert "POST /auth/sign-in 200" in text
    assert not [secret for secret in (password, told["refreshToken"], told["accessToken"]) if secret in text]


def test_the_api_is_the_same_here_as_under_its_own_name(
    page: httpx.Client, stack: LocalStack, token: dict[str, str]
) -> None:
    with stack.api() as api:
        for path in ("/v1/chargers/PX-0003", "/v1/sessions?limit=1", "/v1/sessions/nobodys", "/v1/nothing"):
            direct = api.call("GET", path)
            through = page.get(path, headers=token)
            assert (through.status_code, through.json()) == (direct.status, direct.body)
            assert through.headers["content-type"] == direct.headers["content-type"]


def test_without_a_token_the_api_refuses_here_too(page: httpx.Client) -> None:
    assert page.get("/v1/chargers").status_code == 401


def test_a_session_is_started_read_and_stopped_through_the_page(
    page: httpx.Client, token: dict[str, str], fresh_charger: Callable[..., FreshCharger]
) -> None:
    charger = fresh_charger()
    start = f"/v1/chargers/{charger.charger_id}/evses/1/sessions"
    key = {"Idempotency-Key": "01JD0000000000000000000WEB"}
    first, second = (page.post(start, headers=token | key) for _ in range(2))
    assert (first.status_code, second.json()["sessionId"]) == (202, first.json()["sessionId"])
    session = f"/v1/sessions/{first.json()['sessionId']}"
    wait_for(lambda: page.get(session, headers=token).json()["status"] == "active", "it is active", within_s=WITHIN_S)
    stopped = page.post(f"{session}/stop", headers=token | {"Prefer": "wait=5"})
    assert (stopped.status_code, stopped.json()["status"]) == (200, "ended")
    assert stopped.headers["preference-applied"] == "wait=5"
    ended = page.get(session, headers=token)
    unchanged = page.get(session, headers=token | {"If-None-Match": ended.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    withdrawn = page.delete(f"{session}/stop", headers=token)
    assert (withdrawn.status_code, withdrawn.headers["content-type"]) == (409, "application/problem+json")


@pytest.mark.parametrize("target", ["/../local/seed.py", "/%2e%2e/local/seed.py", "/js/../../pyproject.toml"])
def test_nothing_outside_the_page_is_served(stack: LocalStack, target: str) -> None:
    # Not by httpx, which would tidy the path up before sending it.
    assert raw(stack, f"GET {target} HTTP/1.1").startswith(b"HTTP/1.1 404")


@pytest.mark.parametrize("target", ["/v1/../_ministack/config", "/v1/%2e%2e/_ministack/ready"])
def test_the_emulators_own_doors_stay_closed(stack: LocalStack, target: str) -> None:
    assert raw(stack, f"GET {target} HTTP/1.1").startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("POST /auth/sign-in HTTP/1.1\r\nContent-Length: 16385", 413),
        ("POST /auth/sign-in HTTP/1.1\r\nContent-Length: -1", 400),
        ("POST /auth/sign-in HTTP/1.1\r\nTransfer-Encoding: chunked", 400),
        ("BREW / HTTP/1.1", 501),
        ("GET / HTTP/9.9", 505),
        ("GET /" + "x" * 70_000 + " HTTP/1.1", 414),
    ],
)
def test_what_cannot_be_read_is_refused_in_the_apis_shape_and_the_connection_closed(
    stack: LocalStack, head: str, status: int
) -> None:
    answer = raw(stack, head)
    assert answer.startswith(f"HTTP/1.1 {status}".encode())
    assert b"application/problem+json" in answer
    assert b"content-security-policy: " in answer
    assert b"connection: close" in answer


def test_the_run_file_names_the_page(stack: LocalStack) -> None:
    run = RunFile.load(stack.stack.settings.run_file)
    assert run.web_url == stack.run.web_url
    assert run.pids["web"] == stack.stack.processes.pids()["web"]
    assert urlsplit(run.web_url).hostname == "127.0.0.1"


def test_the_link_and_two_drivers_who_can_sign_in_are_told_to_whoever_runs_it(
    page: httpx.Client, stack: LocalStack
) -> None:
    out = io.StringIO()
    explain(stack.run, stack.stack.settings, Terminal(out))
    assert f"The driver's page: {stack.run.web_url}\n" in out.getvalue()
    told = re.findall(r"sign in as (\S+) +password (\S+)", out.getvalue())
    assert [email for email, _ in told] == [OWNER, NEIGHBOUR]
    for email, password in told:
        assert sign_in(page, email, password).status_code == 200


def raw(stack: LocalStack, head: str) -> bytes:
    """What the server answers to these lines, up to the end of the connection."""
    address = urlsplit(stack.run.web_url)
    request = f"{head}\r\nHost: {address.netloc}\r\nConnection: close\r\n\r\n".encode()
    with socket.create_connection((str(address.hostname), address.port or 0), timeout=WITHIN_S) as connection:
        connection.sendall(request)
        answer = b""
        try:
            while part := connection.recv(65536):
                answer += part
        except ConnectionResetError:
            # It closed while some of an unreadable request was still on its way.
            pass
    return answer
