"""Where the charger's connection and the agent meet: EVSEs, facts and cards that wait for an answer.

The connection lives on an event loop of its own, the agent on another thread; one lock keeps the picture whole.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic

from device_agent.drivers.base import CardShown, DriverInput, Fact, Look, Order, Resumed, TransactionBegan, Verdict
from device_agent.drivers.ocpp.bays import Bay

log = logging.getLogger(__name__)

Told = TransactionBegan | bool
"""What an EVSE makes of a beginning: a fact to be settled, or the verdict it had when it was told before."""

VERDICT_HOLDS_S = 300.0
"""A transaction begins without another question with a card that was accepted this long ago at most: first it is shown,
then a cable is plugged in, and only then the transaction begins."""

CARDS_AT_MOST = 64
"""Verdicts kept."""


SAID_AT_MOST = 200
"""Peculiarities logged of one charger: one that has more sends noise, and would fill log and memory with it."""

FACTS_AT_MOST = 64
"""A charger waits for the answer to one beginning or end before it tells the next: with this many not settled of one
EVSE it does not, and hears nothing until there is room. It then repeats what counts."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the driver waits, in seconds."""

    settle_s: float = 20.0
    """For the agent to have a fact on record. Less than the 30 s after which chargers commonly give up waiting for an
    answer; then they repeat the message."""
    verdict_s: float = 5.0
    """For a card's verdict: longer than the agent takes to ask the cloud, shorter than a person waits."""
    answer_s: float = 5.0
    """For the charger's answer to a command."""
    errand_s: float = 3.0
    """For its answer to anything else: a command waits for one errand at most, and together that is less than the 10 s
    that an intent waits for its hardware (`device_agent.reconciler.DRIVER_WAIT_S`)."""
    boot_s: float = 2.0
    """For a charger that has connected to tell that it has booted, before it is told how to behave."""
    chores_s: float = 1.0
    """Between two looks at what is left to do."""
    ping_s: float = 15.0
    """Between two pings, and for the answer to one: a dead peer is noticed within 30 s."""


class Desk:
    """All EVSEs of one charger, and who waits for what."""

    def __init__(
        self,
        evse_ids: Sequence[int],
        connectors: Mapping[int, int],
        patience: Patience,
        epoch_s: Callable[[], float],
    ) -> None:
        self.patience, self._epoch_s = patience, epoch_s
        self.bays = {evse_id: Bay(evse_id) for evse_id in evse_ids}
        self.connectors = {evse_id: connectors.get(evse_id, evse_id) for evse_id in evse_ids}
        """The charger's own number of each EVSE."""
        self.loop: asyncio.AbstractEventLoop | None = None
        self.greeted = False
        """Whether the charger has been asked, since the agent began, what runs."""
        self.told_ids: dict[str, str] = {}
        """What the charger calls the transactions that have another name here (2.0.1): kept over its connections."""
        self._lock = threading.Lock()
        self._tell: Callable[[DriverInput], None] = lambda _: None
        self._waiting: dict[Fact, list[asyncio.Future[bool]]] = {}
        self._verdicts: dict[str, tuple[Verdict, float]] = {}
        self._said: set[str] = set()

    def open(
        self, tell: Callable[[DriverInput], None], running: Mapping[int, Resumed], name_of: Callable[[Order], str]
    ) -> None:
        """Begin: whom to tell, and what was there before."""
        self._tell = tell
        for evse_id, resumed in running.items():
            if evse_id in self.bays:
                self.bays[evse_id].resume(name_of(resumed.order), resumed)

    def evse_of(self, connector: int | None) -> int | None:
        """The EVSE that the charger calls by this number; None if it is none of ours."""
        return next((evse_id for evse_id, theirs in self.connectors.items() if theirs == connector), None)

    def clock(self) -> str:
        """The agent's time as both versions write it; chargers set their clocks by it."""
        return datetime.fromtimestamp(self._epoch_s(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    @contextlib.contextmanager
    def at(self, evse_id: int) -> Iterator[Bay]:
        """One EVSE, with everybody else kept out."""
        with self._lock:
            yield self.bays[evse_id]

    @contextlib.contextmanager
    def at_all(self) -> Iterator[Sequence[Bay]]:
        """All EVSEs, with everybody else kept out."""
        with self._lock:
            yield list(self.bays.values())

    @property
    def swamped(self) -> bool:
        """Whether more has been told than the agent has been able to put on record."""
        with self._lock:
            return any(len(bay.facts) >= FACTS_AT_MOST for bay in self.bays.values())

    def look(self, evse_id: int) -> None:
        """Have the agent look at this EVSE."""
        self._tell(Look(evse_id))

    def once(self, what: str, **details: object) -> None:
        """Log a peculiarity of this charger, the first time it shows. Never holds a card's number."""
        if what not in self._said and len(self._said) < SAID_AT_MOST:
            self._said.add(what)
            log.warning(what, extra=details)

    def ordered(self, name: str) -> Order | None:
        """The start that was commanded under this name on any EVSE."""
        with self._lock:
            return next((order for bay in self.bays.values() if (order := bay.ordered(name))), None)

    def settle(self, fact: Fact, *, accepted: bool) -> None:
        """The agent has this fact on record; from any thread."""
        with self._lock:
            self.bays[fact.evse_id].settle(fact, accepted=accepted)
        if self.loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits any more
                self.loop.call_soon_threadsafe(self._settled, fact, accepted)

    def _settled(self, fact: Fact, accepted: bool) -> None:  # noqa: FBT001  (a callback of the loop takes no names)
        for waiting in self._waiting.pop(fact, []):
            if not waiting.done():
                waiting.set_result(accepted)

    async def settled(self, fact: Fact | bool | None) -> bool | None:  # noqa: FBT001  (a verdict, no switch)
        """Whether the agent accepts, once it has the fact on record; None if it does not come to that in time.

        Takes what a bay made of a message: a fact, the verdict it had, or None for an end that is on record.
        """
        if fact is None or isinstance(fact, bool):
            return fact is not False
        self.look(fact.evse_id)
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(fact, []).append(waiting)
        try:
            return await asyncio.wait_for(waiting, self.patience.settle_s)
        except TimeoutError:
            log.warning("fact not on record in time; the charger will repeat it", extra={"evse": fact.evse_id})
            return None
        finally:
            rest = [each for each in self._waiting.get(fact, []) if each is not waiting]
            if rest:
                self._waiting[fact] = rest
            else:
                self._waiting.pop(fact, None)

    async def verdict(self, id_token_hash: str, *, shown: bool = False) -> Verdict:
        """Whether a card may charge: as the agent says, or as it said of late.

        `shown`: somebody holds it to the charger now. Then the agent is asked in any case: it may be lost since.
        """
        known = self._verdicts.get(id_token_hash)
        if known is not None and monotonic() < known[1] and not shown:
            return known[0]
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[Verdict] = loop.create_future()

        def hear(verdict: Verdict) -> None:
            if not waiting.done():
                waiting.set_result(verdict)

        def answer(verdict: Verdict) -> None:
            with contextlib.suppress(RuntimeError):  # as above
                loop.call_soon_threadsafe(hear, verdict)

        self._tell(CardShown(id_token_hash, answer))
        try:
            verdict = await asyncio.wait_for(waiting, self.patience.verdict_s)
        except TimeoutError:
            log.warning("no verdict in time; card refused", extra={"id_token_hash": id_token_hash})
            return Verdict(accepted=False)
        self._verdicts.pop(id_token_hash, None)
        if verdict.accepted:
            self._verdicts[id_token_hash] = verdict, monotonic() + VERDICT_HOLDS_S
            while len(self._verdicts) > CARDS_AT_MOST:
                del self._verdicts[next(iter(self._verdicts))]
        return verdict

    async def begun(
        self,
        told: Told,
        by: Order | str | None,
    ) -> tuple[bool, str] | None:
        """What to answer to a beginning: whether it may go on, and the group; None for no answer yet.

        Args:
            told: what the EVSE made of it.
            by: the order it carries out, or the hash of the card; None for a name that no order explains.
        """
        asked = asyncio.ensure_future(self.verdict(by)) if isinstance(by, str) and by else None
        try:
            accepted = await self.settled(told)
            verdict = (
                await asked if asked is not None else Verdict(by is not None, by.group if isinstance(by, Order) else "")
            )
        finally:
            if asked is not None:
                asked.cancel()
        return None if accepted is None else (accepted and verdict.accepted, verdict.group)
