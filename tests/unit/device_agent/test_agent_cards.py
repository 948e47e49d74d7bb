"""A card held to the charger, through the whole agent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from contract.cards import id_token_hash
from contract.topics import authorise_topic, authorised_topic
from device_agent.drivers.base import CardShown, Verdict
from tests.support.charger_bench import CHARGER

if TYPE_CHECKING:
    from tests.support.charger_bench import Bench

CARD = id_token_hash("04A22B91")
GROUP = "SMT3AQYGRWQZYGV4VYVY"


@pytest.fixture
def verdicts(bench: Bench) -> list[Verdict]:
    """Somebody holds a card to the charger; what it is told."""
    told: list[Verdict] = []
    bench.hardware.tell(CardShown(CARD, told.append))
    bench.agent.catch_up()
    return told


def asked(bench: Bench) -> list[dict[str, Any]]:
    return [document for topic, document in bench.cloud.published if topic == authorise_topic(CHARGER)]


def answer(bench: Bench, charger_id: str = CHARGER) -> None:
    (question,) = asked(bench)
    document = {key: question[key] for key in ("v", "id", "idTokenHash")}
    document |= {"status": "accepted", "group": GROUP, "cacheS": 60}
    bench.cloud.send(authorised_topic(charger_id), json.dumps(document).encode())
    bench.agent.catch_up()


def test_a_card_is_asked_about_and_the_cloud_decides(bench: Bench, verdicts: list[Verdict]) -> None:
    assert verdicts == []
    answer(bench)
    assert verdicts == [Verdict(accepted=True, group=GROUP)]


def test_another_chargers_answer_is_not_heard(bench: Bench, verdicts: list[Verdict]) -> None:
    answer(bench, "PX-0002")
    assert verdicts == []


def test_without_an_answer_the_charger_decides_after_three_seconds(bench: Bench, verdicts: list[Verdict]) -> None:
    bench.pass_s(2.5)
    assert verdicts == []
    bench.pass_s(1)
    assert verdicts == [Verdict(accepted=False)]


def test_a_link_lost_meanwhile_is_the_end_of_the_wait(bench: Bench, verdicts: list[Verdict]) -> None:
    bench.link.cut()
    bench.agent.catch_up()
    assert verdicts == [Verdict(accepted=False)]


def test_a_question_about_a_card_is_asked_once_and_not_repeated_by_a_new_connection(
    bench: Bench, verdicts: list[Verdict]
) -> None:
    bench.link.cut()
    bench.link.restore()
    bench.pass_s(10)
    assert len(asked(bench)) == 1
    assert len(verdicts) == 1
