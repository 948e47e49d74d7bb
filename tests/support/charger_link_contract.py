"""What every link must do, whichever broker is behind it. Subclass `LinkContract` and give it a world.

The suite needs a charger `world.charger_id` whose shadow `evse-1` does not exist yet, and a way to act as the cloud.
"""

from __future__ import annotations

import json
import queue
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from contract.topics import events_topic, shadow_topic
from contract.vocabulary import EventType
from device_agent.link import Down, LinkInput, Message, Published, Subscribed, Up
from device_agent.shadow import SUFFIXES
from tests.support.charger_bench import SESSION, intent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from device_agent.link import Link

PATIENCE_S = 20.0


@dataclass
class LinkWorld:
    """A link that has not been started, and the cloud behind it."""

    link: Link
    charger_id: str
    desire: Callable[[dict[str, Any]], object]
    """Write this intent into the desired state of EVSE 1, as the cloud."""
    inputs: queue.SimpleQueue[LinkInput] = field(default_factory=queue.SimpleQueue)

    def topic(self, suffix: str) -> str:
        return shadow_topic(self.charger_id, 1, suffix)

    def wait_for(self, kind: type[LinkInput]) -> Any:
        """The next input of a kind; others before it are passed over."""
        until_s = time.monotonic() + PATIENCE_S
        while (left_s := until_s - time.monotonic()) > 0:
            try:
                item = self.inputs.get(timeout=left_s)
            except queue.Empty:
                break
            if isinstance(item, kind):
                return item
        raise AssertionError(f"no {kind.__name__} within {PATIENCE_S} s")

    def message(self, suffix: str) -> dict[str, Any]:
        """The next message on one of the shadow's topics."""
        while (found := self.wait_for(Message)).topic != self.topic(suffix):
            pass
        document: dict[str, Any] = json.loads(found.payload)
        return document

    def silent(self, suffix: str, for_s: float = 0.3) -> bool:
        """Whether nothing arrives on one of the shadow's topics for a while."""
        until_s = time.monotonic() + for_s
        while (left_s := until_s - time.monotonic()) > 0:
            try:
                item = self.inputs.get(timeout=left_s)
            except queue.Empty:
                return True
            if isinstance(item, Message) and item.topic == self.topic(suffix):
                return False
        return True

    def connect(self) -> None:
        self.link.start(self.inputs.put)
        self.wait_for(Up)
        topics = [shadow_topic(self.charger_id, evse_id, suffix) for evse_id in (1, 2) for suffix in SUFFIXES]
        self.link.subscribe(topics)  # ten: more than a broker grants in one packet
        self.wait_for(Subscribed)

    def report(self, reported: dict[str, Any]) -> None:
        payload = {"state": {"reported": reported}, "clientToken": "abcd-1"}
        assert self.link.publish(self.topic("update"), json.dumps(payload).encode()) is not None


class LinkContract:
    """Inherited by the tests of one link."""

    @pytest.fixture
    def world(self) -> Iterator[LinkWorld]:
        raise NotImplementedError("a subclass makes the world of its link")

    def test_nothing_is_sent_before_the_link_is_up(self, world: LinkWorld) -> None:
        assert world.link.publish(world.topic("get"), b"") is None

    def test_a_shadow_nobody_has_written_is_not_found(self, world: LinkWorld) -> None:
        world.connect()
        world.link.publish(world.topic("get"), b"")
        assert world.message("get/rejected")["code"] == 404

    def test_a_publish_is_acknowledged_by_its_receipt(self, world: LinkWorld) -> None:
        world.connect()
        event = {"v": 1, "sessionId": SESSION, "seq": 1, "type": EventType.METER}
        topic = events_topic(world.charger_id, 1)
        receipts = [world.link.publish(topic, json.dumps(event).encode()) for _ in range(3)]
        assert len(set(receipts)) == 3
        assert {world.wait_for(Published).receipt for _ in range(3)} == set(receipts)

    def test_a_report_is_accepted_with_a_version_and_its_own_content(self, world: LinkWorld) -> None:
        world.connect()
        world.report({"boot": "abcd", "n": 1})
        accepted = world.message("update/accepted")
        assert accepted["state"]["reported"] == {"boot": "abcd", "n": 1}
        assert accepted["clientToken"] == "abcd-1"
        assert isinstance(accepted["version"], int)

    def test_what_the_cloud_wants_comes_as_a_delta_until_it_is_reported(self, world: LinkWorld) -> None:
        world.connect()
        wanted = intent("stop")
        world.report({"v": 1, "boot": "abcd", "n": 1})
        world.message("update/accepted")
        world.desire(wanted)
        delta = world.message("update/delta")
        assert delta["state"]["intent"] == [wanted]
        assert "v" not in delta["state"]
        world.report({"boot": "abcd", "n": 2})
        assert world.message("update/delta")["state"]["intent"] == [wanted]
        world.report({"boot": "abcd", "n": 3, "intent": [wanted]})
        assert world.message("update/accepted")["version"] > delta["version"]
        assert world.silent("update/delta")

    def test_the_whole_document_has_both_sides_and_the_version(self, world: LinkWorld) -> None:
        world.connect()
        world.desire(intent("stop"))
        world.report({"boot": "abcd", "n": 1})
        world.message("update/accepted")
        world.link.publish(world.topic("get"), b"")
        document = world.message("get/accepted")
        assert document["state"]["desired"]["intent"] == [intent("stop")]
        assert document["state"]["reported"]["boot"] == "abcd"
        assert isinstance(document["version"], int)

    def test_a_new_connection_is_made_when_asked_and_has_to_subscribe_again(self, world: LinkWorld) -> None:
        world.connect()
        world.link.reconnect("a test wants it")
        assert world.wait_for(Down).why == "a test wants it"
        world.wait_for(Up)
        world.link.subscribe([world.topic("get/rejected"), world.topic("get/accepted")])
        world.wait_for(Subscribed)
        world.link.publish(world.topic("get"), b"")
        assert world.message("get/rejected")["code"] == 404

    def test_a_stopped_link_delivers_nothing_more(self, world: LinkWorld) -> None:
        world.connect()
        world.link.stop()
        while not world.inputs.empty():
            world.inputs.get()
        world.desire(intent("stop"))
        assert world.silent("update/delta")
        assert world.link.publish(world.topic("get"), b"") is None
