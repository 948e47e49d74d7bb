"""The operators' command line: announced before it is done, asked for, and honest about what failed."""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from operator_cli import __main__ as program
from operator_cli.api import PAGES_AT_MOST, OperatorApi, OperatorError
from operator_cli.commands import Person, add_commands, operate
from operator_cli.sign_in import read_token, sign_in, write_token

ACT = {"act": "stop_session", "target": "01JD", "effect": "It is asked to end.", "recorded": True}
DRY = {**ACT, "dryRun": True, "actionId": None, "outcome": None}
DONE = {**ACT, "dryRun": False, "actionId": "01JE", "outcome": "stop 01JF: requested"}
STOP = ("stop", "01JD", "--reason", "driver called")

Answer = Callable[[httpx.Request], httpx.Response]


def answered(*documents: dict[str, Any]) -> tuple[OperatorApi, list[httpx.Request]]:
    """An API that gives these answers in turn, and what it was asked."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json=documents[len(asked) - 1])

    return api_that(answer), asked


def api_that(answer: Answer) -> OperatorApi:
    api = OperatorApi("https://api.example.com", "secret-token")
    api._http = httpx.Client(
        base_url=api._http.base_url, headers=api._http.headers, transport=httpx.MockTransport(answer)
    )
    return api


def said(api: OperatorApi, *words: str, reply: str | None = "y") -> tuple[int, str]:
    """The exit code and what was printed; `reply` None: nobody is there to be asked."""

    def ask(_question: str) -> str:
        if reply is None:
            raise EOFError
        return reply

    parser, out = argparse.ArgumentParser(), io.StringIO()
    add_commands(parser)
    code = operate(parser.parse_args(words), api, Person(out, ask))
    return code, out.getvalue()


def bodies(asked: list[httpx.Request]) -> list[Any]:
    return [json.loads(request.content) for request in asked]


def test_an_act_is_announced_by_a_dry_run_and_done_once_it_is_confirmed() -> None:
    api, asked = answered(DRY, DONE)
    code, told = said(api, *STOP)
    assert code == 0
    assert told == "What it means: It is asked to end.\nDone: stop 01JF: requested\nOn record as 01JE.\n"
    assert [request.url.path for request in asked] == ["/v1/operator/sessions/01JD/stop"] * 2
    assert bodies(asked) == [{"reason": "driver called", "dryRun": dry} for dry in (True, False)]


@pytest.mark.parametrize("reply", ["", "n", "no", "yes please", None])
def test_what_is_not_confirmed_is_not_done_and_is_no_success(reply: str | None) -> None:
    api, asked = answered(DRY)
    code, told = said(api, *STOP, reply=reply)
    assert (code, told.splitlines()[-1]) == (1, "Nothing was done.")
    assert len(asked) == 1


def test_a_dry_run_ends_with_what_would_happen() -> None:
    api, asked = answered(DRY)
    assert said(api, *STOP, "--dry-run")[0] == 0
    assert bodies(asked) == [{"reason": "driver called", "dryRun": True}]


def test_somebody_in_a_hurry_is_not_asked_but_told_all_the_same() -> None:
    api, asked = answered(DRY, {**DONE, "recorded": False})
    code, told = said(api, *STOP, "--yes", reply=None)
    assert code == 0
    assert told.startswith("What it means: ")
    assert "could not be put on record" in told
    assert len(asked) == 2


def test_nothing_is_asked_of_the_api_without_a_reason() -> None:
    api, asked = answered(DRY)
    with pytest.raises(SystemExit) as wrong:
        said(api, "close", "01JD")
    assert wrong.value.code == 2
    assert asked == []


@pytest.mark.parametrize(
    ("words", "query"),
    [
        (("sessions", "--open"), {"state": "open", "limit": "20"}),
        (
            ("sessions", "--charger", "PX-1", "--evse", "2", "--limit", "5"),
            {"chargerId": "PX-1", "evseId": "2", "limit": "5"},
        ),
        (("sessions", "--owner", "sub-1"), {"owner": "sub-1", "limit": "20"}),
        (
            ("chargers", "--disconnected", "--out-of-service"),
            {"connected": "false", "inService": "false", "limit": "20"},
        ),
        (("chargers", "--status", "faulted"), {"status": "faulted", "limit": "20"}),
        (("audit",), {"limit": "20"}),
    ],
)
def test_a_list_is_asked_for_in_the_words_of_the_api(words: tuple[str, ...], query: dict[str, str]) -> None:
    key = {"sessions": "sessions", "chargers": "chargers", "audit": "acts"}[words[0]]
    api, asked = answered({key: [], "cursor": None})
    assert said(api, *words) == (0, "None found.\n")
    assert dict(asked[0].url.params) == query


def entry(number: int) -> dict[str, Any]:
    return {
        "actionId": f"01JE{number}",
        "at": "2026-11-22T12:00:00Z",
        "operator": "night\x1b[2Jshift",
        "act": "stop_session",
        "target": "01JD",
        "effect": "It is asked to end.",
        "reason": "driver called",
        "correlationId": "request-1",
        "outcome": None,
        "outcomeAt": None,
    }


def test_a_list_goes_on_page_after_page_and_says_if_there_is_more() -> None:
    pages = ({"acts": [entry(1)], "cursor": "a"}, {"acts": [], "cursor": "b"}, {"acts": [entry(2)], "cursor": "c"})
    api, asked = answered(*pages)
    _, told = said(api, "audit", "--limit", "2")
    assert [request.url.params.get("cursor") for request in asked] == [None, "a", "b"]
    assert told.count("driver called") == 2
    assert told.endswith("… and more: raise --limit\n")


def test_a_list_without_end_is_given_up() -> None:
    api, asked = answered(*[{"acts": [], "cursor": "again"}] * (PAGES_AT_MOST + 1))
    _, told = said(api, "audit")
    assert len(asked) == PAGES_AT_MOST
    assert told == "… and more: raise --limit\n"


def test_what_others_wrote_cannot_steer_the_terminal_and_a_missing_outcome_is_pointed_out() -> None:
    api, _ = answered({"acts": [entry(1)], "cursor": None})
    _, told = said(api, "audit")
    assert "\x1b" not in told
    assert "NO OUTCOME ON RECORD" in told


@pytest.mark.parametrize(
    ("status", "document", "why"),
    [
        (401, None, "sign in again"),
        (404, {"code": "route_not_found", "title": "", "detail": "", "advice": ""}, "in the group of operators"),
        (
            409,
            {"code": "session_not_active", "title": "Not running", "detail": "It ended.", "advice": "Look."},
            "Not running (session_not_active): It ended. Look.",
        ),
        (502, None, "answered 502"),
    ],
)
def test_a_refusal_is_told_in_words(status: int, document: dict[str, str] | None, why: str) -> None:
    def refuse(_request: httpx.Request) -> httpx.Response:
        if document is None:
            return httpx.Response(status, text="no")
        return httpx.Response(status, json=document, headers={"content-type": "application/problem+json"})

    with pytest.raises(OperatorError) as refused:
        said(api_that(refuse), *STOP)
    assert why in str(refused.value)
    assert "secret-token" not in str(refused.value)


def test_no_answer_is_told_as_such() -> None:
    def fail(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route to secret-token")

    with pytest.raises(OperatorError, match=r"^The API gives no answer: ConnectError\.$"):
        said(api_that(fail), *STOP)


def test_one_evse_is_asked_for_with_its_charger() -> None:
    api, asked = answered()
    with pytest.raises(OperatorError, match="--charger"):
        said(api, "sessions", "--open", "--evse", "1")
    assert asked == []


def test_a_token_is_kept_where_nobody_else_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("old")
    write_token(file, "secret-token")
    assert file.stat().st_mode & 0o777 == 0o600
    assert read_token(file) == "secret-token"
    file.chmod(0o640)
    with pytest.raises(OperatorError, match="chmod 600"):
        read_token(file)
    with pytest.raises(OperatorError, match="No such file"):
        read_token(tmp_path / "missing")


class Cognito:
    """A user pool that wants these answers one after the other."""

    def __init__(self, *answers: dict[str, Any] | ClientError) -> None:
        self._answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    def admin_initiate_auth(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked)
        answer = self._answers.pop(0)
        if isinstance(answer, ClientError):
            raise answer
        return answer

    admin_respond_to_auth_challenge = admin_initiate_auth


TOKENS = {"AuthenticationResult": {"AccessToken": "secret-token", "IdToken": "other"}}
WHO: dict[str, Any] = {"pool_id": "pool", "client_id": "client", "email": "night@example.com", "password": "secret"}


def test_an_operator_signs_in_with_a_second_factor_if_they_have_one() -> None:
    pool = Cognito({"ChallengeName": "SOFTWARE_TOKEN_MFA", "Session": "s"}, TOKENS)
    assert sign_in(pool, **WHO, ask=lambda _: "123456") == "secret-token"
    assert pool.asked[0]["AuthFlow"] == "ADMIN_USER_PASSWORD_AUTH"
    assert pool.asked[1]["ChallengeResponses"] == {"USERNAME": WHO["email"], "SOFTWARE_TOKEN_MFA_CODE": "123456"}


def test_who_cannot_be_signed_in_is_told_why_without_the_password() -> None:
    refused = ClientError({"Error": {"Code": "NotAuthorizedException", "Message": "secret"}}, "AdminInitiateAuth")
    with pytest.raises(OperatorError, match=r"refused: NotAuthorizedException\.$"):
        sign_in(Cognito(refused), **WHO, ask=input)
    with pytest.raises(OperatorError, match="NEW_PASSWORD_REQUIRED"):
        sign_in(Cognito({"ChallengeName": "NEW_PASSWORD_REQUIRED"}), **WHO, ask=input)


class CloudFormation:
    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        if StackName != "Polaris-prod":
            raise ClientError({"Error": {"Code": "ValidationError", "Message": "no such stack"}}, "DescribeStacks")
        names = {"ApiUrl": "https://api.example.com/", "UserPoolId": "pool", "OperatorsClientId": "client"}
        return {"Stacks": [{"Outputs": [{"OutputKey": key, "OutputValue": it} for key, it in names.items()]}]}


def clients(service: str) -> Any:
    return CloudFormation() if service == "cloudformation" else Cognito(TOKENS)


def test_signing_in_keeps_the_token_in_the_file_and_prints_it_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POLARIS_OPERATOR", "night@example.com")
    monkeypatch.setenv("POLARIS_OPERATOR_PASSWORD", "secret")
    assert program.main(["--env", "prod", "sign-in", str(tmp_path / "token")], clients) == 0
    assert read_token(tmp_path / "token") == "secret-token"
    printed = capsys.readouterr()
    assert "secret" not in printed.out + printed.err


def test_a_command_goes_to_the_deployment_with_the_token_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made: list[tuple[str, str]] = []

    def connect(address: str, token: str) -> OperatorApi:
        made.append((address, token))
        return answered({"queues": []})[0]

    monkeypatch.setattr(program, "OperatorApi", connect)
    write_token(tmp_path / "token", "secret-token")
    assert program.main(["--env", "prod", "--token-file", str(tmp_path / "token"), "dead-letters"], clients) == 0
    assert made == [("https://api.example.com", "secret-token")]
    assert program.main(["--env", "dev", "dead-letters"], clients) == 1
    assert "AWS does not help" in capsys.readouterr().err
