"""Cards: the cloud is asked; whoever holds one gets one verdict, in time, whether the cloud answers or not."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from contract.authorisation import AuthorisationAnswer, AuthorisationRequest
from contract.cards import id_token_hash
from contract.topics import authorise_topic
from contract.vocabulary import CardStatus
from device_agent.authorising import (
    ANSWER_WITHIN_S,
    LATE_WITHIN_S,
    QUESTIONS_AT_MOST,
    Authorising,
    OfflineCards,
    remembered,
    verdict_without_the_cloud,
)
from device_agent.drivers.base import CardShown, Verdict
from device_agent.journal import CARDS_KEPT, PRUNE_SLACK, Journal
from device_agent.records import CardRecord
from tests.support.charger_bench import CHARGER, NOON, BenchClock, ulid

if TYPE_CHECKING:
    from pathlib import Path

CARD, OTHER_CARD = id_token_hash("04A22B91"), id_token_hash("0477001C")
GROUP = "SMT3AQYGRWQZYGV4VYVY"
HOUR_S = 3600
ACCEPTED, REFUSED = Verdict(accepted=True, group=GROUP), Verdict(accepted=False)
KNOWN = CardRecord(CARD, accepted=True, group=GROUP, until=int(NOON) + HOUR_S)
REFUSED_LAST = CardRecord(CARD, accepted=False, group="", until=int(NOON))
BLOCKED_SINCE = CardRecord(CARD, accepted=False, group=GROUP, until=int(NOON))


@dataclass
class Line:
    """As much of a link as is needed: keeps what is said, or takes nothing."""

    said: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    takes: bool = True

    def publish(self, topic: str, payload: bytes) -> int | None:
        if not self.takes:
            return None
        self.said.append((topic, json.loads(payload)))
        return len(self.said)


@dataclass
class Reader:
    """A charger's card reader and all behind it."""

    journal: Journal
    line: Line = field(default_factory=Line)
    clock: BenchClock = field(default_factory=BenchClock)
    verdicts: list[Verdict] = field(default_factory=list)
    up: bool = True
    offline: OfflineCards = "cached"

    def __post_init__(self) -> None:
        new = (ulid(number) for number in itertools.count(1))
        self.cards = Authorising(CHARGER, self.journal, self.line, new.__next__, self.offline)  # type: ignore[arg-type]  # the one method it uses

    def show(self, card: str = CARD) -> None:
        self.cards.shown(CardShown(card, self.verdicts.append), self.clock.now(), up=self.up)

    def answer(self, status: str = "accepted", *, question: int = -1, **changes: Any) -> None:
        """The cloud answers one of the questions."""
        _, asked = self.line.said[question]
        document = {"v": 1, "id": asked["id"], "idTokenHash": asked["idTokenHash"], "status": status, "cacheS": 0}
        if status == "accepted":
            document |= {"group": GROUP, "cacheS": HOUR_S}
        self.cards.answered(document | changes, self.clock.now())

    def pass_s(self, seconds: float) -> None:
        self.clock.pass_s(seconds)
        self.cards.tick(self.clock.now())


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal.open(tmp_path / "journal.sqlite3")
    yield journal
    journal.close()


@pytest.fixture
def reader(journal: Journal) -> Reader:
    return Reader(journal)


def test_a_card_is_asked_about_and_the_answer_is_the_verdict(reader: Reader) -> None:
    reader.show()
    ((topic, document),) = reader.line.said
    assert topic == authorise_topic(CHARGER)
    request = AuthorisationRequest.read(document)
    assert (request.id_token_hash, request.at) == (CARD, int(NOON))
    assert reader.verdicts == []
    reader.answer()
    assert reader.verdicts == [ACCEPTED]


@pytest.mark.parametrize("status", ["unknown", "blocked"])
def test_a_card_that_may_not_charge_is_refused(reader: Reader, status: str) -> None:
    reader.show()
    reader.answer(status)
    assert reader.verdicts == [REFUSED]


def test_the_same_card_shown_again_while_it_is_asked_about_is_one_question_with_two_verdicts(reader: Reader) -> None:
    reader.show()
    reader.show()
    reader.show(OTHER_CARD)
    assert [document["idTokenHash"] for _, document in reader.line.said] == [CARD, OTHER_CARD]
    reader.answer(question=0)
    assert reader.verdicts == [ACCEPTED, ACCEPTED]


def test_an_answer_counts_once(reader: Reader) -> None:
    reader.show()
    reader.answer()
    reader.answer("blocked")
    assert reader.verdicts == [ACCEPTED]
    assert reader.journal.card(CARD) == KNOWN


@pytest.mark.parametrize(
    "changes",
    [{"id": ulid(999)}, {"idTokenHash": OTHER_CARD}, {"v": 2}, {"status": "splendid"}, {"id": 7}],
    ids=["another question's", "another card's", "of another version", "of another status", "malformed"],
)
def test_what_does_not_answer_the_question_is_ignored(reader: Reader, changes: dict[str, Any]) -> None:
    reader.show()
    reader.answer(**changes)
    assert reader.verdicts == []
    assert reader.journal.card(CARD) is None
    reader.pass_s(ANSWER_WITHIN_S)
    assert reader.verdicts == [REFUSED]


def test_nobody_waits_longer_than_three_seconds(reader: Reader) -> None:
    reader.journal.write(KNOWN)
    reader.show()
    reader.pass_s(2.9)
    assert reader.verdicts == []
    reader.pass_s(0.2)
    assert reader.verdicts == [ACCEPTED]
    reader.pass_s(ANSWER_WITHIN_S)
    assert reader.verdicts == [ACCEPTED]


def test_an_answer_after_the_wait_gives_no_second_verdict_but_the_next_try_goes_by_it(reader: Reader) -> None:
    reader.show()
    reader.pass_s(ANSWER_WITHIN_S)
    reader.answer()
    assert reader.verdicts == [REFUSED]
    reader.show()
    reader.pass_s(ANSWER_WITHIN_S)
    assert reader.verdicts == [REFUSED, ACCEPTED]


def test_an_answer_long_after_the_wait_is_ignored(reader: Reader) -> None:
    reader.show()
    reader.pass_s(ANSWER_WITHIN_S)
    reader.pass_s(LATE_WITHIN_S)
    reader.answer()
    assert reader.journal.card(CARD) is None


def test_a_card_shown_again_after_the_wait_is_asked_about_again(reader: Reader) -> None:
    reader.show()
    reader.pass_s(ANSWER_WITHIN_S)
    reader.show()
    assert len(reader.line.said) == 2
    reader.answer(question=1)
    assert reader.verdicts == [REFUSED, ACCEPTED]


def test_while_the_link_is_down_nobody_is_asked_and_the_verdict_comes_at_once(reader: Reader) -> None:
    reader.journal.write(KNOWN)
    reader.up = False
    reader.show()
    reader.show(OTHER_CARD)
    assert reader.line.said == []
    assert reader.verdicts == [ACCEPTED, REFUSED]


def test_a_question_that_the_link_does_not_take_is_decided_at_once(reader: Reader) -> None:
    reader.line.takes = False
    reader.show()
    assert reader.verdicts == [REFUSED]


def test_who_waits_when_the_link_is_lost_is_told_at_once(reader: Reader) -> None:
    reader.journal.write(KNOWN)
    reader.show()
    reader.cards.down(reader.clock.now())
    assert reader.verdicts == [ACCEPTED]
    reader.answer("blocked")
    assert reader.verdicts == [ACCEPTED]


def test_an_accepted_card_is_remembered_as_long_as_the_cloud_said(reader: Reader) -> None:
    reader.show()
    reader.answer()
    reader.up = False
    reader.pass_s(HOUR_S - 1)
    reader.show()
    reader.pass_s(1)
    reader.show()
    assert reader.verdicts == [ACCEPTED, ACCEPTED, REFUSED]


@pytest.mark.parametrize("status", ["unknown", "blocked"])
def test_a_refusal_takes_the_place_of_what_was_remembered_at_once(reader: Reader, status: str) -> None:
    reader.journal.write(KNOWN)
    reader.show()
    reader.answer(status)
    reader.up = False
    reader.show()
    assert reader.verdicts == [REFUSED, REFUSED]


def test_what_was_remembered_survives_a_restart(reader: Reader, tmp_path: Path) -> None:
    reader.show()
    reader.answer()
    reader.journal.close()
    again = Journal.open(tmp_path / "journal.sqlite3")
    assert again.card(CARD) == KNOWN
    again.close()


def test_more_questions_than_a_charger_can_have_are_decided_without_the_cloud(reader: Reader) -> None:
    for number in range(QUESTIONS_AT_MOST + 1):
        reader.show(id_token_hash(f"{number:08d}"))
    assert len(reader.line.said) == QUESTIONS_AT_MOST
    assert reader.verdicts == [REFUSED]


def test_late_questions_make_room_for_new_ones(reader: Reader) -> None:
    for number in range(QUESTIONS_AT_MOST):
        reader.show(id_token_hash(f"{number:08d}"))
    reader.pass_s(ANSWER_WITHIN_S)
    reader.show()
    reader.answer()
    assert reader.verdicts == [*[REFUSED] * QUESTIONS_AT_MOST, ACCEPTED]


def test_cards_asked_about_longest_ago_are_forgotten_first(journal: Journal, tmp_path: Path) -> None:
    def known(number: int) -> CardRecord:
        return CardRecord(id_token_hash(f"{number:08d}"), accepted=True, group=GROUP, until=int(NOON))

    first, second = known(0), known(1)
    journal.write(*(known(number) for number in range(CARDS_KEPT + PRUNE_SLACK)))
    journal.write(first, known(CARDS_KEPT + PRUNE_SLACK))
    assert journal.card(second.id_token_hash) is None
    assert journal.card(first.id_token_hash) == first
    journal.close()
    again = Journal.open(tmp_path / "journal.sqlite3")
    assert (again.card(second.id_token_hash), again.card(first.id_token_hash)) == (None, first)
    again.close()


@pytest.mark.parametrize(
    ("known", "cached", "refuse", "accept"),
    [
        (KNOWN, True, False, True),
        (CardRecord(CARD, accepted=True, group=GROUP, until=int(NOON)), False, False, True),
        (REFUSED_LAST, False, False, False),
        (BLOCKED_SINCE, False, False, False),
        (None, False, False, True),
    ],
    ids=["accepted lately", "accepted long ago", "refused last", "blocked since", "never seen"],
)
def test_without_the_cloud_the_settings_decide_what_is_not_known(
    known: CardRecord | None, *, cached: bool, refuse: bool, accept: bool
) -> None:
    choices: tuple[OfflineCards, ...] = ("cached", "refuse", "accept")
    told = [verdict_without_the_cloud(known, offline, epoch_s=NOON).accepted for offline in choices]
    assert told == [cached, refuse, accept]


@pytest.mark.parametrize(
    ("status", "known", "kept"),
    [
        (CardStatus.ACCEPTED, None, KNOWN),
        (CardStatus.ACCEPTED, REFUSED_LAST, KNOWN),
        (CardStatus.BLOCKED, None, REFUSED_LAST),
        (CardStatus.BLOCKED, KNOWN, BLOCKED_SINCE),
        (CardStatus.UNKNOWN, KNOWN, BLOCKED_SINCE),
        (CardStatus.UNKNOWN, None, None),
    ],
)
def test_an_answer_is_kept_unless_it_is_about_a_card_nobody_knows(
    status: CardStatus, known: CardRecord | None, kept: CardRecord | None
) -> None:
    accepted = status is CardStatus.ACCEPTED
    answer = AuthorisationAnswer(
        id=ulid(1),
        id_token_hash=CARD,
        status=status,
        group=GROUP if accepted else None,
        cache_s=HOUR_S if accepted else 0,
    )
    assert remembered(answer, known, at=int(NOON)) == kept
