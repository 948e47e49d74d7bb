"""/v1/operator/…: for operators what they asked for, for everybody else nothing at all."""

from __future__ import annotations

from typing import Any

import pytest

from functions.domain.operator_ports import DeadLetter
from functions.openapi.operator import ROUTES
from functions.operator_api.handler import handler
from tests.support import builders
from tests.support.api_events import LambdaContext, body_of, operator_event, problem_code
from tests.support.builders import CHARGER, NEIGHBOUR, OWNER, SESSION
from tests.support.clock import NOON_MS
from tests.support.cloud import Cloud

REASON = "driver called, app broken"


def ask(cloud: Cloud, method: str, path: str, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = handler(operator_event(method, path, **more), LambdaContext(), cloud.operating)
    return answer


@pytest.fixture
def busy(cloud: Cloud) -> Cloud:
    cloud.keep(builders.active_session(), builders.evse(current_session_id=SESSION, current_owner=OWNER))
    letter = DeadLetter(letter_id="letter-1", sent_at_ms=NOON_MS, received=5, why="invalid_event: seq", body="x" * 3000)
    cloud.letters.letters["reports"].append(letter)
    cloud.clock.pass_s(180)
    return cloud


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation_id)
@pytest.mark.parametrize("groups", [None, "[drivers]", "operators"])
def test_for_everybody_else_a_route_of_operators_is_not_there(busy: Cloud, route: Any, groups: str | None) -> None:
    path = route.path.removeprefix("/v1/operator/")
    for body in ({"reason": REASON}, {"nonsense": 1}):
        answer = ask(busy, route.method.upper(), path, groups=groups, json=body)
        assert problem_code(answer) == "route_not_found"
    assert busy.audit.records == {}
    assert busy.memory.writes == 0


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation_id)
def test_every_route_that_is_described_is_there_for_operators(busy: Cloud, route: Any) -> None:
    query = {"chargerId": CHARGER} if route.operation_id == "findSessions" else None
    body = {"reason": REASON, "dryRun": True} if route.body else None
    answer = ask(busy, route.method.upper(), route.path.removeprefix("/v1/operator/"), query=query, json=body)
    assert answer["statusCode"] == 200, answer["body"]


def test_an_unknown_route_is_told_as_such(busy: Cloud) -> None:
    assert problem_code(ask(busy, "GET", "secrets")) == "route_not_found"


def test_a_session_shows_what_an_operator_needs_beside_what_its_driver_sees(busy: Cloud) -> None:
    shown = body_of(ask(busy, "GET", "sessions/{sessionId}"))
    found = shown["found"]
    assert (found["owner"], found["transactionId"], found["stopBy"]) == (OWNER, "tx-1", None)
    assert found["session"]["sessionId"] == SESSION
    assert found["due"] == {"work": "look", "at": "2026-11-22T12:15:00Z"}
    assert [stage["stage"] for stage in shown["stages"]] == ["start_requested", "started"]


@pytest.mark.parametrize(
    "query",
    [
        None,
        {"limit": "10"},
        {"owner": OWNER, "chargerId": CHARGER},
        {"owner": OWNER, "state": "open"},
        {"owner": OWNER, "evseId": "1"},
        {"state": "zombie"},
        {"state": "open", "limit": "51"},
        {"chargerId": CHARGER, "evseId": "33"},
        {"chargerId": CHARGER, "cursor": "made-up"},
    ],
)
def test_sessions_are_found_by_one_thing_at_a_time(busy: Cloud, query: dict[str, str] | None) -> None:
    assert problem_code(ask(busy, "GET", "sessions", query=query)) == "invalid_request"


def test_a_cursor_continues_its_own_list_and_no_other(busy: Cloud) -> None:
    busy.keep(builders.active_session(session_id=builders.OTHER_SESSION, owner=NEIGHBOUR))
    first = body_of(ask(busy, "GET", "sessions", query={"chargerId": CHARGER, "limit": "1"}))
    more = {"chargerId": CHARGER, "limit": "1", "cursor": first["cursor"]}
    second = body_of(ask(busy, "GET", "sessions", query=more))
    found = {page["sessions"][0]["session"]["sessionId"] for page in (first, second)}
    assert found == {SESSION, builders.OTHER_SESSION}
    assert problem_code(ask(busy, "GET", "sessions", query=more | {"evseId": "1"})) == "invalid_request"


@pytest.mark.parametrize("query", [{"connected": "yes"}, {"inService": "1"}, {"status": "broken"}])
def test_chargers_are_found_by_words_of_the_api(busy: Cloud, query: dict[str, str]) -> None:
    assert problem_code(ask(busy, "GET", "chargers", query=query)) == "invalid_request"


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        {"reason": ""},
        {"reason": "ab"},
        {"reason": "   "},
        {"reason": "x" * 301},
        {"reason": "line\nbreak"},
        {"reason": "\x1b[2J clears the screen"},
        {"reason": REASON, "dryRun": "true"},
        {"reason": REASON, "dryrun": True},
        {"reason": REASON, "owner": OWNER},
        [REASON],
    ],
)
def test_nothing_is_done_without_a_reason_nor_with_a_word_that_nobody_knows(busy: Cloud, body: Any) -> None:
    assert problem_code(ask(busy, "POST", "sessions/{sessionId}/stop", json=body)) == "invalid_request"
    assert busy.sent == []
    assert busy.audit.records == {}


def test_an_act_is_answered_with_what_it_meant_and_what_became_of_it_and_is_in_the_audit(busy: Cloud) -> None:
    dry = body_of(ask(busy, "POST", "sessions/{sessionId}/stop", json={"reason": REASON, "dryRun": True}))
    assert (dry["dryRun"], dry["actionId"], dry["outcome"]) == (True, None, None)
    assert busy.sent == []
    done = body_of(ask(busy, "POST", "sessions/{sessionId}/stop", json={"reason": REASON}))
    assert (done["dryRun"], done["effect"], done["recorded"]) == (False, dry["effect"], True)
    [entry] = body_of(ask(busy, "GET", "audit"))["acts"]
    assert (entry["actionId"], entry["outcome"], entry["operator"]) == (done["actionId"], done["outcome"], OWNER)
    assert (entry["act"], entry["target"], entry["reason"]) == ("stop_session", SESSION, REASON)
    assert entry["correlationId"] == "request-1"


def test_a_dead_letter_is_shown_with_what_was_wrong_and_cut_where_it_is_long(busy: Cloud) -> None:
    shown = body_of(ask(busy, "GET", "dead-letters/{queue}"))
    assert shown["queue"] == {"name": "reports", "waiting": 1, "inHand": 0, "redrivable": True}
    [letter] = shown["letters"]
    assert (letter["why"], len(letter["body"])) == ("invalid_event: seq", 2000)
    assert problem_code(ask(busy, "GET", "dead-letters/other")) == "queue_not_found"


def test_a_redrive_takes_at_most_a_hundred_letters(busy: Cloud) -> None:
    body = {"reason": REASON, "limit": 101}
    assert problem_code(ask(busy, "POST", "dead-letters/{queue}/redrive", json=body)) == "invalid_request"
    done = body_of(ask(busy, "POST", "dead-letters/{queue}/redrive", json=body | {"limit": 100}))
    assert done["outcome"] == "1 letters moved"
