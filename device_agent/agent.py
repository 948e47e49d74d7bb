"""The agent's loop: one thread, one queue of inputs, one turn at a time.

Every turn takes one input or a tick, brings each EVSE it concerns up to date, and then sends what has become due. It
waits nowhere but on the queue. Level-triggered: a lost or doubled message changes when something happens, not what.
"""

from __future__ import annotations

import json
import logging
import queue
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from contract.intents import WatchHint, read_desired
from contract.topics import watch_topic
from device_agent.adoption import live_session
from device_agent.authorising import Authorising
from device_agent.drivers.base import CardShown, DriverInput, Look
from device_agent.evse import LOOK_EVERY_S, Evse
from device_agent.link import Down, LinkInput, Message, Published, Subscribed, Up
from device_agent.outbox import OutboxSender
from device_agent.pacing import Bucket, Requests
from device_agent.reports import Face, View, update
from device_agent.resuming import resumed
from device_agent.shadow import ShadowFollower

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from device_agent.drivers.base import ChargerDriver
    from device_agent.journal import Journal
    from device_agent.link import Link
    from device_agent.outside import Outside

log = logging.getLogger(__name__)

WATCH_AT_MOST_S = 120
"""A hint is repeated every 30 s while it lasts; one that claims more is cut to this."""

FAILED_TURNS_AT_MOST, FORGIVEN_PER_S = 20, 1 / 3
"""So many failed turns in a row, or one a second for half a minute while others succeed (an EVSE fails no faster), mean
that this process cannot do its work: it ends, and its supervisor starts it afresh."""


SUBSCRIBED_WITHIN_S = 10.0
"""A connection whose subscriptions are not granted by then will hear of nothing: it is made anew."""

TIME_WAIT_S = 5.0
"""Events wait so long for the cloud to tell the time, so that none goes out with the stamp of a wrong clock."""

PAUSE_AFTER_FAILURE_S = 1.0
"""An EVSE whose turn failed is looked at again after this: a full disk may have room again by then."""


@dataclass(frozen=True, slots=True)
class Stop:
    """End the agent. Sessions go on."""


AgentInput = LinkInput | DriverInput | Stop


@dataclass
class Followed:
    """One EVSE with the shadow that speaks for it, and what it has said last."""

    evse: Evse
    shadow: ShadowFollower
    watch: str
    face: Face | None = None
    n: int = 0
    """Reports of this EVSE since this process began."""


class Agent:
    """All EVSEs of one charger, on one link."""

    def __init__(
        self,
        charger_id: str,
        evse_ids: Sequence[int],
        driver: ChargerDriver,
        journal: Journal,
        link: Link,
        outside: Outside,
    ) -> None:
        self._driver, self._journal, self._link = driver, journal, link
        self._outside, self._clock = outside, outside.clock
        self._clock.not_before(journal.newest_stamp())
        self._inbox: queue.SimpleQueue[AgentInput] = queue.SimpleQueue()
        self._outbox = OutboxSender(charger_id, journal, link)
        self._cards = Authorising(charger_id, journal, link, outside.new_ulid, outside.offline_cards)
        self._up = False
        self._subscribing_since_s: float | None = None
        self._subscribed_s = 0.0
        self._stopping = False
        requests = Requests()
        self._followed = [
            Followed(
                Evse(evse_id, driver, journal, outside),
                ShadowFollower(charger_id, evse_id, link, requests),
                watch_topic(charger_id, evse_id),
            )
            for evse_id in evse_ids
        ]

    def post(self, item: AgentInput) -> None:
        """Put an input into the queue, from any thread or signal handler."""
        self._inbox.put(item)

    def begin(self) -> None:
        """Open the hardware and have the link connect. `run` does this by itself."""
        running = {e.evse.evse_id: told for e in self._followed if (told := resumed(self._journal, e.evse.evse_id))}
        self._driver.open(self.post, running)
        self._link.start(self.post)

    def catch_up(self) -> None:
        """Take in everything that waits, and a tick, without waiting for more: for whoever drives the agent by hand."""
        while not self._inbox.empty():
            self.turn(self._inbox.get_nowait())
        self.turn(None)

    def run(self, after_turn: Callable[[], None] = lambda: None) -> None:
        """Work until `Stop` is posted; `after_turn` is called after every turn that succeeded."""
        self.begin()
        patience, failed = Bucket(FORGIVEN_PER_S, FAILED_TURNS_AT_MOST), False
        try:
            while not self._stopping:
                try:
                    self.turn(self._next())
                    failed = False
                    after_turn()
                except Exception:  # the outermost loop: a defect in one turn must not end the charging of every car
                    if not patience.take(self._clock.now().mono_s):
                        raise
                    if not failed:
                        log.exception("turn failed; the next one starts from what is wanted and observed")
                    failed = True
        finally:
            self._link.stop()

    def turn(self, item: AgentInput | None) -> None:
        """Take in one input, or none, and do all that is due."""
        if item is not None:
            self._take_in(item)
        now_s = self._clock.now().mono_s
        self._journal.tend(now_s)
        self._cards.tick(self._clock.now())
        for followed in self._followed:
            if now_s >= followed.evse.next_look_s:
                followed.evse.next_look_s = now_s + PAUSE_AFTER_FAILURE_S  # unless it comes to set a better one
                followed.evse.pursue()
        since_s = self._subscribing_since_s
        if since_s is not None and now_s - since_s >= SUBSCRIBED_WITHIN_S:
            self._subscribing_since_s = None
            self._link.reconnect("subscriptions are not granted")
        self._send()

    def status(self) -> dict[str, Any]:
        """What the agent knows now, for people: of each EVSE what a report of this moment would say."""
        boot, at, driver = self._outside.boot, self._clock.now().at, self._driver.name
        evses = [
            {"id": each.evse.evse_id} | self._view(each.evse).reported(driver, boot, each.n, at)
            for each in self._followed
        ]
        kept = {"outbox": self._journal.outbox_depth, "journal": self._journal.trouble}
        return {"at": at, "told": self._clock.told, "boot": boot, "link": self._up, **kept, "evses": evses}

    def _next(self) -> AgentInput | None:
        """The next input, or None when an EVSE is to be looked at before one comes."""
        due_s = min(followed.evse.next_look_s for followed in self._followed)
        wait_s = min(max(0.0, due_s - self._clock.now().mono_s), LOOK_EVERY_S)
        try:
            return self._inbox.get(timeout=wait_s) if wait_s > 0 else self._inbox.get_nowait()
        except queue.Empty:
            return None

    def _take_in(self, item: AgentInput) -> None:
        match item:
            case Message(topic=topic, payload=payload):
                self._message(topic, payload)
            case Published(receipt=receipt):
                self._outbox.published(receipt)
            case Look(evse_id=evse_id):
                for each in self._followed:
                    if each.evse.evse_id == evse_id:
                        each.evse.next_look_s = 0.0
            case CardShown():
                self._cards.shown(item, self._clock.now(), up=self._up)
            case Stop():
                self._stopping = True
            case _:
                self._link_changed(item)

    def _link_changed(self, item: Up | Subscribed | Down) -> None:
        match item:
            case Up():
                log.info("link up")
                self._subscribing_since_s = self._clock.now().mono_s
                topics = [topic for each in self._followed for topic in (*each.shadow.filters, each.watch)]
                self._link.subscribe([*topics, self._cards.topic])
            case Subscribed():
                self._up, self._subscribing_since_s = True, None
                self._subscribed_s = self._clock.now().mono_s
                for each in self._followed:
                    each.shadow.subscribed(self._clock.now().mono_s)
            case Down(why=why):
                log.info("link down", extra={"why": why})
                self._up, self._subscribing_since_s = False, None
                self._outbox.down()
                self._cards.down(self._clock.now())
                for each in self._followed:
                    each.shadow.down()

    def _message(self, topic: str, payload: bytes) -> None:
        try:
            document = json.loads(payload)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            log.warning("message ignored: not a JSON object", extra={"topic": topic})
            return
        if topic == self._cards.topic:
            self._cards.answered(document, self._clock.now())
            return
        for each in self._followed:
            if topic == each.watch:
                self._watch(each.evse, document)
            elif (suffix := each.shadow.suffix_of(topic)) is not None:
                self._tell_time(each, suffix, document)
                desired = each.shadow.received(suffix, document, self._clock.now().mono_s)
                if suffix == "get/accepted":
                    each.evse.said = live_session(each.shadow.reported)
                if desired is not None:
                    self._want(each.evse, desired)

    def _tell_time(self, each: Followed, suffix: str, document: dict[str, Any]) -> None:
        """An answer to what was sent just now says what time it is; other messages may have been long under way."""
        told_s, first = document.get("timestamp"), not self._clock.told
        if suffix == "update/accepted" and not first:
            return  # needed once, where there is no shadow yet: the answer that says so tells no time
        if not isinstance(told_s, int) or not each.shadow.answers(suffix, document, self._clock.now().mono_s):
            return
        self._clock.heard(told_s)
        if first and (stamps := self._journal.restamp(self._clock.corrected)):
            log.warning("clock was wrong; stamped anew", extra={"stamps": stamps, "now": self._clock.now().at})
            for followed in self._followed:
                followed.face = None

    def _want(self, evse: Evse, desired: dict[str, object]) -> None:
        intent = read_desired(desired)
        if intent is None:
            if desired.get("intent"):
                log.warning("desired state ignored: no intent with an id in it", extra={"evse": evse.evse_id})
            return
        entries = desired["intent"]
        evse.want(intent, entries[0] if isinstance(entries, list) else {})

    def _watch(self, evse: Evse, document: dict[str, object]) -> None:
        try:
            until = WatchHint.read(document).until
        except ValidationError:
            return  # a hint; nothing depends on it
        now = self._clock.now()
        evse.sampler.watched_until_s = now.mono_s + min(until - now.epoch_s, WATCH_AT_MOST_S)

    def _send(self) -> None:
        """Reports that are due, requests that need repeating, events that wait."""
        if not self._up:
            return
        now = self._clock.now()
        if self._clock.told or now.mono_s - self._subscribed_s >= TIME_WAIT_S:
            self._outbox.pump(now.mono_s)  # first: an end is what the driver waits for, its report repeats it
        for each in self._followed:
            view = self._view(each.evse)
            each.shadow.tick(now.mono_s, charging=view.current is not None)
            face = view.face()
            if (face != each.face or each.shadow.owes_report(now.mono_s)) and each.shadow.may_report(now.mono_s):
                each.n += 1
                each.face = face
                order = self._outside.boot, each.n
                document = view.reported(self._driver.name, *order, now.at)
                each.shadow.report(update(document, *order), order, now.mono_s)

    def _view(self, evse: Evse) -> View:
        record = self._journal.evse(evse.evse_id)
        return View(
            observed=evse.last_seen,
            driver_ok=evse.hardware.ok,
            flow=evse.sampler.flow,
            record=record,
            current=self._journal.current(evse.evse_id),
            shown=self._journal.session(evse.evse_id, record.last_session),
            answered=self._journal.intent(evse.evse_id, record.last_intent),
            meter_wh=evse.energy_wh,
            trouble=self._journal.trouble,
        )
