"""/v1/cards, as API Gateway calls it."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest

from functions.cards_api import handler as cards_api
from functions.cards_api.handler import handler
from functions.domain.errors import TemporaryError
from tests.support import builders
from tests.support.api_events import LambdaContext, body_of, card_event, problem_code
from tests.support.builders import CARD, NEIGHBOUR, OTHER_CARD, SESSION
from tests.support.cloud import Cloud

JSON = {"content-type": "application/json"}


def call(cloud: Cloud, event: dict[str, Any]) -> dict[str, Any]:
    return dict(handler(event, LambdaContext(), cloud.card_keeping))


def add(number: str = "04:A2:2B:91", **fields: Any) -> dict[str, Any]:
    return card_event("POST", headers=JSON, body=json.dumps({"number": number} | fields))


def test_an_added_card_is_answered_201_and_again_200_without_its_number(cloud: Cloud) -> None:
    answers = [call(cloud, add(label="Blue")) for _ in range(2)]
    assert [answer["statusCode"] for answer in answers] == [201, 200]
    card = {
        "cardId": CARD,
        "label": "Blue",
        "status": "accepted",
        "addedAt": "2026-11-22T12:00:00Z",
        "lostAt": None,
    }
    assert [body_of(answer) for answer in answers] == [card, card]


def test_the_list_has_the_callers_cards_those_of_the_operator_first(cloud: Cloud) -> None:
    call(cloud, add("0477001C"))
    cloud.keep(builders.card(), builders.card(id_token_hash="c" * 64, owner=NEIGHBOUR))
    answer = call(cloud, card_event("GET"))
    assert answer["statusCode"] == 200
    assert [card["cardId"] for card in body_of(answer)["cards"]] == [CARD, OTHER_CARD]


def test_a_lost_card_is_answered_with_the_sessions_that_were_told_to_stop(cloud: Cloud) -> None:
    cloud.keep(builders.card(), builders.card_session())
    answer = call(cloud, card_event("POST", CARD, "/lost"))
    assert answer["statusCode"] == 200
    assert body_of(answer)["stoppedSessions"] == [SESSION]
    assert body_of(answer)["card"]["status"] == "blocked"
    assert body_of(answer)["card"]["lostAt"] is not None


def test_a_lost_card_whose_session_could_not_be_told_is_503(cloud: Cloud) -> None:
    cloud.keep(builders.card(), builders.card_session())
    cloud.shadows.failing_with = TemporaryError("unavailable")
    answer = call(cloud, card_event("POST", CARD, "/lost"))
    assert (answer["statusCode"], problem_code(answer)) == (503, "not_sent")


def test_a_removed_card_is_204_and_then_missing(cloud: Cloud) -> None:
    cloud.keep(builders.card())
    answer = call(cloud, card_event("DELETE", CARD))
    assert (answer["statusCode"], answer["body"]) == (204, "")
    assert problem_code(call(cloud, card_event("DELETE", CARD))) == "card_not_found"


@pytest.mark.parametrize(
    ("event", "status", "code"),
    [
        (card_event("GET", owner=None), 401, "unauthorized"),
        (card_event("POST"), 400, "invalid_request"),
        (card_event("POST", body="{}"), 415, "unsupported_media_type"),
        (add(""), 400, "invalid_request"),
        (add("04A"), 400, "invalid_request"),
        (add("::::::::"), 400, "invalid_request"),
        (add("0" * 65), 400, "invalid_request"),
        (add("04A22B91\n"), 400, "invalid_request"),
        (add("\u0660\u0661\u0662\u0663\u0664"), 400, "invalid_request"),
        (add(label="x" * 61), 400, "invalid_request"),
        (add(label="a\nb"), 400, "invalid_request"),
        (add(owner=NEIGHBOUR), 400, "invalid_request"),
        (card_event("DELETE", "no-hash"), 400, "invalid_request"),
        (card_event("DELETE", CARD.upper()), 400, "invalid_request"),
        (card_event("POST", OTHER_CARD, "/lost"), 404, "card_not_found"),
    ],
)
def test_bad_input_is_a_problem_and_writes_nothing(cloud: Cloud, event: dict[str, Any], status: int, code: str) -> None:
    answer = call(cloud, event)
    assert (answer["statusCode"], problem_code(answer)) == (status, code)
    assert (cloud.memory.writes, cloud.sent) == (0, [])


@pytest.mark.parametrize("number", ["04:A2:2B:91", "SECRET!NUMBER", "04A2"])
def test_no_line_of_the_log_and_no_answer_carries_a_cards_number(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, number: str
) -> None:
    stream = StringIO()
    monkeypatch.setattr(cards_api.logger.registered_handler, "stream", stream)
    cloud.keep(builders.card(owner=NEIGHBOUR))
    answer = call(cloud, add(number))
    assert number not in stream.getvalue() + answer["body"]
