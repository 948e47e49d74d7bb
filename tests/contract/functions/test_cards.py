"""The ports `Cards` and `Answers`."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from contract.authorisation import AuthorisationAnswer
from contract.vocabulary import CardStatus
from functions.adapters.iot import IotAnswers
from functions.adapters.memory import MemoryAnswers
from functions.domain.errors import TemporaryError
from tests.contract.functions.conftest import World
from tests.support import builders
from tests.support.builders import CARD, CHARGER, NEIGHBOUR, OTHER_CARD, QUESTION

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
