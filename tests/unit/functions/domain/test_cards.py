"""Whose a card is, and what a charger is told of it."""

from __future__ import annotations

import pytest

from contract.authorisation import AuthorisationRequest
from contract.intents import Intent
from contract.vocabulary import CardStatus
from functions.domain.cards import answer_to, group_of, owner_of_card
from functions.domain.wire_intents import wire_intent
from tests.support import builders
from tests.support.builders import CARD, NEIGHBOUR, OTHER_CARD, OWNER, QUESTION

REQUEST = AuthorisationRequest.read(builders.question())


def test_all_cards_of_one_owner_are_of_one_group_and_another_owners_are_not() -> None:
    """Scenario 8: the person is compared, not the card."""
    one = answer_to(REQUEST, builders.card(), may_begin=True, cache_s=60)
    two = answer_to(REQUEST, builders.card(id_token_hash=OTHER_CARD), may_begin=True, cache_s=60)
    theirs = answer_to(REQUEST, builders.card(owner=NEIGHBOUR), may_begin=True, cache_s=60)
    assert one.group == two.group == group_of(OWNER)
    assert theirs.group != one.group


def test_a_group_fits_the_parent_tag_of_ocpp_and_does_not_tell_the_owner() -> None:
    group = group_of("0b7c9a52-6f0e-4c55-9f0e-1d2c3b4a5968")
    assert len(group) == 20
    assert group.isalnum()
    assert group.upper() == group
    assert "0B7C" not in group


def test_a_group_is_the_same_for_ever() -> None:
    """Chargers remember it for days: another one would keep a driver's second card from stopping their session."""
    assert group_of(OWNER) == "SMT3AQYGRWQZYGV4VYVY"


def test_an_accepted_card_is_told_with_its_group_and_how_long_that_holds() -> None:
    answer = answer_to(REQUEST, builders.card(), may_begin=True, cache_s=60)
    assert (answer.id, answer.id_token_hash) == (QUESTION, CARD)
    assert (answer.status, answer.cache_s) == (CardStatus.ACCEPTED, 60)


@pytest.mark.parametrize(
    ("card", "status"),
    [(None, CardStatus.UNKNOWN), (builders.card(status=CardStatus.BLOCKED), CardStatus.BLOCKED)],
    ids=["unknown", "blocked"],
)
def test_a_card_that_may_not_charge_has_no_group_no_owner_and_nothing_to_remember(
    card: None, status: CardStatus
) -> None:
    answer = answer_to(REQUEST, card, may_begin=True, cache_s=60)
    assert (answer.status, answer.group, answer.cache_s) == (status, None, 0)
    assert owner_of_card(card) == ""


def test_a_start_from_the_app_carries_its_owners_group_so_that_their_card_can_end_it() -> None:
    session = builders.pending_session()
    assert session.start is not None
    assert wire_intent(session, session.start) == Intent.read(builders.start_wire(group=group_of(OWNER)))


def test_a_stop_carries_no_group() -> None:
    session = builders.stopping_session()
    assert session.stop is not None
    assert wire_intent(session, session.stop).group is None
