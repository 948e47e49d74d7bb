"""A charger asks about a card: answered to the charger whose topic it came by, in time or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from contract.vocabulary import CardStatus
from functions.domain.cards import group_of
from functions.domain.errors import ContractViolation
from tests.support import builders
from tests.support.builders import CARD, OTHER_CARD, OWNER, question, question_message
from tests.support.cloud import Cloud


def asked(cloud: Cloud, message: str, *, age_s: float = 0.1) -> str:
    return cloud.card_authorisation.take(message, received_at_ms=cloud.clock() - int(age_s * 1000))


def test_a_registered_card_is_accepted_with_its_owners_group(cloud: Cloud) -> None:
    cloud.keep(builders.card())
    assert asked(cloud, question_message(question())) == "accepted"
    ((charger_id, answer),) = cloud.answers.told
    assert charger_id == builders.CHARGER
    assert (answer.id, answer.id_token_hash, answer.status) == (builders.QUESTION, CARD, CardStatus.ACCEPTED)
    assert (answer.group, answer.cache_s) == (group_of(OWNER), 3600)


def test_a_card_nobody_has_registered_is_unknown(cloud: Cloud) -> None:
    cloud.keep(builders.card())
    assert asked(cloud, question_message(question(idTokenHash=OTHER_CARD))) == "unknown"


def test_a_card_that_was_taken_back_is_blocked(cloud: Cloud) -> None:
    cloud.keep(builders.card(status=CardStatus.BLOCKED))
    assert asked(cloud, question_message(question())) == "blocked"


def test_at_a_charger_out_of_service_no_card_begins_anything(cloud: Cloud) -> None:
    cloud.keep(builders.card(), builders.charger(in_service=False))
    assert asked(cloud, question_message(question())) == "blocked"
    assert asked(cloud, question_message(question(), charger_id="PX-0007")) == "accepted"


@pytest.mark.parametrize("owner", [OWNER, builders.NEIGHBOUR])
def test_whoever_has_a_session_there_may_hold_any_card_of_theirs_to_it_for_it_may_be_to_end_it(
    cloud: Cloud, owner: str
) -> None:
    cloud.keep(builders.card(), builders.charger(in_service=False), builders.account(suspended_at_ms=1))
    cloud.keep(builders.evse(current_session_id=builders.SESSION, current_owner=owner))
    assert asked(cloud, question_message(question())) == ("accepted" if owner == OWNER else "blocked")


def test_the_charger_is_the_one_of_the_topic_whatever_the_document_says(cloud: Cloud) -> None:
    asked(cloud, question_message(question(chargerId="PX-0002"), charger_id="PX-0007"))
    assert [charger_id for charger_id, _ in cloud.answers.told] == ["PX-0007"]


@pytest.mark.parametrize(("age_s", "answered"), [(0, True), (30, True), (30.001, False), (86_400, False)])
def test_a_question_that_nobody_waits_for_any_more_is_dropped(cloud: Cloud, age_s: float, *, answered: bool) -> None:
    kind = asked(cloud, question_message(question()), age_s=age_s)
    assert (kind != "too_late", bool(cloud.answers.told)) == (answered, answered)


def test_a_chargers_wrong_clock_makes_no_question_too_old(cloud: Cloud) -> None:
    assert asked(cloud, question_message(question(at=12))) == "unknown"


@pytest.mark.parametrize(
    "message",
    [
        "garbage",
        "[]",
        question_message(b"\xff\x00 not even text"),
        question_message(question(idTokenHash="04A22B91")),
        question_message(question(id="no-ulid")),
        question_message(question(v=2)),
        question_message(question(), charger_id="PX 0001"),
        question_message(b"[" * 1500),
        question_message(b'"' + b"x" * 4000 + b'"'),
    ],
)
def test_a_question_nobody_can_read_breaks_the_contract(cloud: Cloud, message: str) -> None:
    with pytest.raises(ContractViolation) as raised:
        asked(cloud, message)
    assert raised.value.code == "invalid_document"
    assert "04A22B91" not in raised.value.detail
    assert cloud.answers.told == []


def test_fields_of_a_newer_charger_are_ignored(cloud: Cloud) -> None:
    message: dict[str, Any] = question(reader="left")
    assert asked(cloud, question_message(message)) == "unknown"
