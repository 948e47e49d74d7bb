"""The ports `Cards` and `Answers`."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from contract.authorisation import AuthorisationAnswer
from contract.vocabulary import CardStatus
from functions.adapters.iot import IotAnswers
from functions.adapters.memory import MemoryAnswers
from functions.domain.errors import TemporaryError
from functions.domain.records import CardRecord
from tests.contract.functions.conftest import World
from tests.support import builders
from tests.support.builders import CARD, CHARGER, NEIGHBOUR, OTHER_CARD, OWNER, QUESTION
from tests.support.clock import NOON_MS

ANSWER = AuthorisationAnswer(
    id=QUESTION, id_token_hash=CARD, status=CardStatus.ACCEPTED, group="SMT3AQYGRWQZYGV4VYVY", cache_s=60
)


@pytest.mark.parametrize("status", [CardStatus.ACCEPTED, CardStatus.BLOCKED])
def test_a_card_comes_back_as_it_was_registered(world: World, status: CardStatus) -> None:
    card = builders.card(status=status)
    world.keep(card, builders.card(id_token_hash=OTHER_CARD, owner=NEIGHBOUR))
    assert world.cards.get(CARD) == card


def test_a_card_nobody_has_registered_is_none(world: World) -> None:
    assert world.cards.get(CARD) is None


def ids(cards: list[CardRecord]) -> set[str]:
    return {card.id_token_hash for card in cards}


NEW = CardRecord(id_token_hash=CARD, owner=OWNER, status=CardStatus.ACCEPTED, label="Blue keyring", added_at_ms=NOON_MS)


def test_a_card_is_added_once_whoevers_it_is(world: World) -> None:
    assert world.cards.add(NEW)
    assert not world.cards.add(replace(NEW, owner=NEIGHBOUR, label="mine"))
    assert world.cards.get(CARD) == replace(NEW, revision=1)


def test_a_persons_cards_are_theirs_alone_and_no_more_than_asked_for(world: World) -> None:
    world.keep(
        builders.card(), builders.card(id_token_hash=OTHER_CARD), builders.card(id_token_hash="c" * 64, owner=NEIGHBOUR)
    )
    assert ids(world.cards.of_owner(OWNER, limit=20)) == {CARD, OTHER_CARD}
    assert len(world.cards.of_owner(OWNER, limit=1)) == 1
    assert world.cards.of_owner("somebody-new", limit=20) == []


def test_a_card_is_replaced_only_by_whoever_saw_its_last_write(world: World) -> None:
    old = builders.card()  # as the operator puts it: without a revision
    world.keep(old)
    lost = replace(old, status=CardStatus.BLOCKED, lost_at_ms=NOON_MS, label="Red")
    assert world.cards.replace(old, lost)
    assert not world.cards.replace(old, replace(old, label="Blue"))
    assert world.cards.get(CARD) == replace(lost, revision=1)


def test_a_card_that_lost_its_owner_is_in_nobodys_list(world: World) -> None:
    old = builders.card(status=CardStatus.BLOCKED)
    world.keep(old)
    assert world.cards.replace(old, replace(old, owner=""))
    assert world.cards.of_owner(OWNER, limit=20) == []
    assert world.cards.get(CARD) == replace(old, owner="", revision=1)


def test_a_card_is_removed_from_its_owner_only_and_removing_it_twice_changes_nothing(world: World) -> None:
    world.keep(builders.card())
    world.cards.remove(builders.card(owner=NEIGHBOUR))
    assert world.cards.get(CARD) == builders.card()
    for _ in range(2):
        world.cards.remove(builders.card())
        assert world.cards.get(CARD) is None


def test_a_card_that_was_blocked_since_it_was_read_is_not_removed(world: World) -> None:
    blocked = builders.card(status=CardStatus.BLOCKED)
    world.keep(blocked)
    world.cards.remove(builders.card())
    assert world.cards.get(CARD) == blocked


class Client:
    """An IoT data client whose publishes are kept, or fail."""

    def __init__(self, code: str = "") -> None:
        self.code = code
        self.published: list[dict[str, Any]] = []

    def publish(self, **message: Any) -> None:
        if self.code:
            raise ClientError({"Error": {"Code": self.code}}, "Publish")
        self.published.append(message)


def test_an_answer_goes_to_the_charger_that_asked_and_is_delivered_at_least_once() -> None:
    client, memory = Client(), MemoryAnswers()
    for answers in (IotAnswers(client), memory):  # type: ignore[arg-type]  # the one method the port uses
        answers.tell(CHARGER, ANSWER)
    ((charger_id, answer),) = memory.told
    (message,) = client.published
    assert message["topic"] == f"polaris/v1/{charger_id}/authorised"
    assert AuthorisationAnswer.read(json.loads(message["payload"])) == answer
    assert message["qos"] == 1


def test_a_service_that_is_down_is_a_temporary_error() -> None:
    with pytest.raises(TemporaryError):
        IotAnswers(Client("ServiceUnavailableException")).tell(CHARGER, ANSWER)  # type: ignore[arg-type]  # as above
