"""May this card charge? The cloud is asked; if it does not answer, its last answer and the settings decide."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from contract.authorisation import AuthorisationAnswer, AuthorisationRequest
from contract.topics import authorise_topic, authorised_topic
from contract.vocabulary import CardStatus
from device_agent.drivers.base import Verdict
from device_agent.records import CardRecord

if TYPE_CHECKING:
    from collections.abc import Callable

    from device_agent.drivers.base import CardShown
    from device_agent.journal import Journal
    from device_agent.link import Link
    from device_agent.records import Moment

log = logging.getLogger(__name__)

OfflineCards = Literal["cached", "refuse", "accept"]
"""Which cards may charge while the cloud cannot be asked: those it accepted lately; none; any but those it refused."""

ANSWER_WITHIN_S = 3.0
"""As long as somebody who holds a card to a reader takes "please wait" for an answer. The cloud's answer is a queue and
one read away, which leaves time for a function that has to be started first."""

LATE_WITHIN_S = 60.0
"""An answer that comes after the wait is still remembered until then: over a slow link the second try finds it."""

QUESTIONS_AT_MOST = 16
"""Open questions, late ones included: two for each EVSE that a charger can have. Who asks more is no driver."""


def verdict_without_the_cloud(known: CardRecord | None, offline: OfflineCards, *, epoch_s: float) -> Verdict:
    """Whether a card may charge while nobody can be asked. A card that the cloud refused last is refused."""
    if offline == "refuse" or (known is not None and not known.accepted):
        return Verdict(accepted=False)
    if known is not None and epoch_s < known.until:
        return Verdict(accepted=True, group=known.group)
    return Verdict(accepted=offline == "accept")


def remembered(answer: AuthorisationAnswer, known: CardRecord | None, *, at: int) -> CardRecord | None:
    """What to keep of an answer; None if there is nothing to keep, or to correct.

    A refusal of a card that nobody knows is not kept, so that trying card after card does not push the drivers' out.
    A refused card keeps its group: what it began before can still be ended with its owner's other cards.
    """
    if answer.status is CardStatus.UNKNOWN and known is None:
        return None
    accepted = answer.status is CardStatus.ACCEPTED
    group = answer.group or (known.group if known is not None else "")
    return CardRecord(answer.id_token_hash, accepted, group, at + answer.cache_s)


@dataclass(frozen=True, slots=True)
class _Question:
    id_token_hash: str
    asked_s: float
    waiting: tuple[Callable[[Verdict], None], ...]
    """Who waits for the answer; empty once they were told without it."""


class Authorising:
    """The questions of one charger, over its link. Times in monotonic seconds."""

    def __init__(
        self, charger_id: str, journal: Journal, link: Link, new_ulid: Callable[[], str], offline: OfflineCards
    ) -> None:
        self.topic = authorised_topic(charger_id)
        """Where the answers come."""
        self._asking = authorise_topic(charger_id)
        self._journal, self._link, self._new_ulid, self._offline = journal, link, new_ulid, offline
        self._questions: dict[str, _Question] = {}

    def shown(self, card: CardShown, now: Moment, *, up: bool) -> None:
        """Somebody holds a card to the charger: ask, if the link is up; the same card asked about once."""
        for question_id, question in self._questions.items():
            if question.waiting and question.id_token_hash == card.id_token_hash:
                self._questions[question_id] = replace(question, waiting=(*question.waiting, card.answer))
                return
        question = _Question(card.id_token_hash, now.mono_s, (card.answer,))
        if not up or not self._has_room() or not self._ask(question, now):
            self._tell_without_the_cloud(question, now)

    def answered(self, document: object, now: Moment) -> None:
        """The cloud has said something on our topic; only an answer to an open question counts."""
        try:
            answer = AuthorisationAnswer.read(document)
        except ValidationError:
            log.warning("answer about a card ignored: it cannot be read")
            return
        question = self._questions.get(answer.id)
        if question is None or question.id_token_hash != answer.id_token_hash:
            return
        del self._questions[answer.id]
        log.info("card answered by the cloud", extra={"card": answer.id_token_hash, "status": answer.status})
        verdict = Verdict(accepted=answer.status is CardStatus.ACCEPTED, group=answer.group or "")
        for tell in question.waiting:  # first: somebody stands there
            tell(verdict)
        record = remembered(answer, self._journal.card(answer.id_token_hash), at=now.at)
        if record is not None:
            self._journal.write(record)

    def tick(self, now: Moment) -> None:
        """Nobody waits for longer than `ANSWER_WITHIN_S`."""
        for question_id, question in list(self._questions.items()):
            age_s = now.mono_s - question.asked_s
            if question.waiting and age_s >= ANSWER_WITHIN_S:
                self._give_up(question_id, now)
            elif age_s >= LATE_WITHIN_S:
                del self._questions[question_id]

    def down(self, now: Moment) -> None:
        """The link is lost, and with it every answer under way."""
        for question_id in list(self._questions):
            self._give_up(question_id, now)
        self._questions.clear()

    def _has_room(self) -> bool:
        if len(self._questions) < QUESTIONS_AT_MOST:
            return True
        late = next((each for each, question in self._questions.items() if not question.waiting), None)
        if late is not None:
            del self._questions[late]
        return late is not None

    def _ask(self, question: _Question, now: Moment) -> bool:
        request = AuthorisationRequest(id=self._new_ulid(), id_token_hash=question.id_token_hash, at=now.at)
        self._questions[request.id] = question
        if self._link.publish(self._asking, json.dumps(request.to_wire()).encode()) is not None:
            return True
        del self._questions[request.id]
        return False

    def _give_up(self, question_id: str, now: Moment) -> None:
        question = self._questions[question_id]
        self._questions[question_id] = replace(question, waiting=())
        if question.waiting:
            self._tell_without_the_cloud(question, now)

    def _tell_without_the_cloud(self, question: _Question, now: Moment) -> None:
        known = self._journal.card(question.id_token_hash)
        verdict = verdict_without_the_cloud(known, self._offline, epoch_s=now.epoch_s)
        log.info("card judged without the cloud", extra={"card": question.id_token_hash, "accepted": verdict.accepted})
        for tell in question.waiting:
            tell(verdict)
