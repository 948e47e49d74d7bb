"""A charger with its agent and the cloud's own rules, joined by a network that repeats, reorders and holds back."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contract.intents import WatchHint
from contract.topics import authorise_topic, authorised_topic, events_topic, watch_topic
from contract.vocabulary import CardStatus, EndReason
from device_agent.drivers.base import CardShown, Verdict
from functions.domain.errors import PolarisError
from functions.domain.records import SessionPhase, SessionRecord
from tests.support import builders
from tests.support.builders import CARD, CHARGER, NEIGHBOUR, OTHER_CARD
from tests.support.clock import FakeClock
from tests.support.cloud import Cloud
from tests.support.keeper import KeeperBench

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from functions.domain.targets import Target
    from tests.support.charger_bench import BenchClock

THEIR_CARD, LOST_CARD, STRANGE_CARD = "11" * 32, "22" * 32, "33" * 32
CARDS = {
    CARD: builders.card(),
    OTHER_CARD: builders.card(id_token_hash=OTHER_CARD),
    THEIR_CARD: builders.card(id_token_hash=THEIR_CARD, owner=NEIGHBOUR),
    LOST_CARD: builders.card(id_token_hash=LOST_CARD, status=CardStatus.BLOCKED),
}


@dataclass
class SharedClock(FakeClock):
    """The cloud's clock: the bench's."""

    bench: BenchClock | None = None

    def __call__(self) -> int:
        assert self.bench is not None
        return int(self.bench.epoch_s * 1000)


class BothSides:
    """One charger that keeps transactions, with one EVSE, and two drivers with cards and apps."""

    def __init__(self, folder: Path, random: Random) -> None:
        self.bench, self._random = KeeperBench(folder), random
        self.cloud = Cloud(clock=SharedClock(bench=self.bench.clock))
        self.cloud.keep(builders.charger(accepts_cards=True), builders.evse(shadow_version=None), *CARDS.values())
        self.verdicts: list[tuple[str, Verdict]] = []
        self._queue: list[str] = []
        self._group = ""
        """Whose transaction is open, as the charger knows it."""
        self._taken = [0, 0, 0, 0, 0]
        """How much of what either side has said is under way: messages, updates, intents, answers, hints."""
        self.lose_hints = 0
        """How many of the next hints get lost on their way."""
        self.bench.turn_on()

    def close(self) -> None:
        """Put it away."""
        self.bench.lose_power()

    def tap(self, card: str) -> None:
        """Somebody holds a card to the charger, which does as it is told and as OCPP chargers do."""
        told: list[Verdict] = []
        self.bench.box.tell(CardShown(card, told.append))
        self.let_pass(4)
        (verdict,) = told
        self.verdicts.append((card, verdict))
        box = self.bench.box
        if verdict.accepted and (box.open_now is None or self._group_of_open() == verdict.group):
            self._group = verdict.group
            self.bench.tap(card)

    def start(self, owner: str, target: Target | None = None) -> None:
        """A driver taps Start charging."""
        with suppress(PolarisError):  # in use, or no connection: that is told to the driver
            self.cloud.starting.start(CHARGER, 1, owner=owner, target=target)
        self.let_pass(1)

    def stop(self, owner: str) -> None:
        """A driver taps Stop charging, in every session of theirs that runs."""
        for session in list(self.cloud.memory.sessions.values()):
            if session.owner == owner and session.phase is not SessionPhase.ENDED:
                self.cloud.stopping.stop(session.session_id, owner=owner)
        self.let_pass(1)

    def let_pass(self, seconds: float) -> None:
        """Time goes by; questions and intents travel at once, what the charger tells goes into the queue."""
        for _ in range(max(1, round(seconds))):
            self._carry()
            self.bench.pass_s(1, step_s=1)
        self._carry()

    def deliver(self) -> None:
        """The queue reaches the cloud, in any order, and some of it twice."""
        self._carry()
        due = [*self._queue, *(message for message in self._queue if self._random.random() < 0.3)]
        self._random.shuffle(due)
        self._queue.clear()
        self.cloud.hear(*due)

    def settle(self) -> None:
        """The network is back, what runs is ended at the charger, and all that was said arrives."""
        self.bench.link.restore()
        self.let_pass(70)
        self.bench.end(EndReason.LOCAL)
        self.let_pass(70)
        self.deliver()
        self.let_pass(100)
        self.deliver()

    def session_of(self, transaction_id: str) -> SessionRecord:
        """The one session on record with a transaction."""
        (session,) = [it for it in self.cloud.memory.sessions.values() if it.transaction_id == transaction_id]
        return session

    def _group_of_open(self) -> str:
        """A transaction that a start from the app began belongs to the group of its order."""
        opened = self.bench.box.open_now
        if opened is not None and opened.began.session_id:
            return next(it.group for it in self.bench.box.starts if it.session_id == opened.began.session_id)
        return self._group

    def _carry(self) -> None:
        for topic, document in self._new(0, self.bench.cloud.published):
            if topic == authorise_topic(CHARGER):
                message = builders.question_message(document)
                self.cloud.card_authorisation.take(message, received_at_ms=self.cloud.clock())
            elif topic == events_topic(CHARGER, 1):
                self._queue.append(builders.event_message(document))
        first = self._taken[1] + 1
        for version, request in enumerate(self._new(1, self.bench.cloud.updates), first):
            message = builders.shadow_message(request["state"]["reported"], version=version, previousN=None)
            self._queue.append(message)
        for _, evse_id, intent in self._new(2, self.cloud.shadows.sent):
            self.bench.cloud.desire(CHARGER, evse_id, intent.to_wire())
        for charger_id, answer in self._new(3, self.cloud.answers.told):
            self.bench.cloud.send(authorised_topic(charger_id), json.dumps(answer.to_wire()).encode())
        for charger_id, evse_id, until_s in self._new(4, self.cloud.watchers.hints):
            if self.lose_hints > 0:
                self.lose_hints -= 1
            else:
                hint = json.dumps(WatchHint(until=until_s).to_wire()).encode()
                self.bench.cloud.send(watch_topic(charger_id, evse_id), hint)
        self.bench.agent.catch_up()

    def _new(self, kind: int, said: list[Any]) -> list[Any]:
        new, self._taken[kind] = said[self._taken[kind] :], len(said)
        return new
