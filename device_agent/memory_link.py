"""A cloud in memory: a broker with the shadow service's rules, and the link to it. For tests and simulations.

Behaves as AWS IoT's named shadows do: objects merge, lists and scalars are replaced whole, null deletes; every accepted
update raises the version and is followed by a delta while desired and reported differ; a missing shadow is a 404, and
rejections tell no time.
What the network may do can be asked for: lose messages of a kind, withhold acknowledgements, cut the link.
"""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from contract.topics import shadow_name, shadow_topic
from device_agent.link import Down, LinkInput, Message, Published, Subscribed, Up

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

STATE_MAX_BYTES = 8192
"""AWS IoT Core's limit for a shadow's state."""

_REQUEST = re.compile(r"^\$aws/things/([^/]+)/shadow/name/([^/]+)/(get|update)$")


@dataclass
class Shadow:
    """One named shadow as the service keeps it."""

    version: int = 0
    state: dict[str, Any] = field(default_factory=dict)

    def delta(self) -> dict[str, Any]:
        """What is desired and differs from what is reported."""
        return _difference(self.state.get("desired", {}), self.state.get("reported", {}))


class MemoryCloud:
    """The broker, the shadow service, and the rule that takes session events in."""

    def __init__(self, epoch_s: Callable[[], float]) -> None:
        self._epoch_s = epoch_s
        self._shadows: dict[tuple[str, str], Shadow] = {}
        self._links: list[MemoryLink] = []
        self.published: list[tuple[str, dict[str, Any]]] = []
        """Everything that came in on topics other than the shadow's: the session events."""
        self.updates: list[dict[str, Any]] = []
        """Every update request that was accepted from a charger."""
        self.lose: Counter[str] = Counter()
        """How many of the next answers of each kind get lost, by topic suffix such as `get/accepted`, or `suback`."""
        self.reject: Counter[int] = Counter()
        """How many of the next updates are rejected, by code."""
        self.acknowledge = True
        """Whether publishes get their PUBACK."""

    def desire(self, charger_id: str, evse_id: int, intent: dict[str, Any], v: int = 1) -> None:
        """The cloud wants this of an EVSE."""
        request = {"state": {"desired": {"v": v, "intent": [intent]}}}
        self._update(charger_id, shadow_name(evse_id), request)

    def reported(self, charger_id: str, evse_id: int) -> dict[str, Any]:
        """What an EVSE's shadow says it is; empty if there is none."""
        shadow = self._shadows.get((charger_id, shadow_name(evse_id)), Shadow())
        reported: dict[str, Any] = shadow.state.get("reported", {})
        return reported

    def in_sync(self, charger_id: str, evse_id: int) -> bool:
        """Whether the service sees no difference."""
        return not self._shadows[(charger_id, shadow_name(evse_id))].delta()

    def forget(self, charger_id: str, evse_id: int) -> None:
        """Delete an EVSE's shadow; the next one begins at version 1."""
        self._shadows.pop((charger_id, shadow_name(evse_id)), None)

    def send(self, topic: str, payload: bytes) -> None:
        """Deliver a message to whoever has subscribed to it."""
        suffix = "/".join(topic.split("/")[-2:])
        if self.lose[suffix] > 0:
            self.lose[suffix] -= 1
            return
        for link in self._links:
            link.receive(topic, payload)

    def send_delta(self, charger_id: str, evse_id: int, intent: dict[str, Any], version: int) -> None:
        """A delta as it might arrive late, doubled or out of order."""
        payload = json.dumps({"version": version, "timestamp": int(self._epoch_s()), "state": {"intent": [intent]}})
        self.send(shadow_topic(charger_id, evse_id, "update/delta"), payload.encode())

    def version(self, charger_id: str, evse_id: int) -> int:
        """The version of an EVSE's shadow, 0 if there is none."""
        return self._shadows.get((charger_id, shadow_name(evse_id)), Shadow()).version

    def attach(self, link: MemoryLink) -> None:
        """A charger's link joins."""
        self._links.append(link)

    def take(self, topic: str, payload: bytes) -> None:
        """A charger has published."""
        request = _REQUEST.match(topic)
        if request is None:
            self.published.append((topic, json.loads(payload)))
        elif request[3] == "get":
            self._get(request[1], request[2])
        else:
            self._update(request[1], request[2], json.loads(payload), own=True)

    def _get(self, thing: str, name: str) -> None:
        shadow = self._shadows.get((thing, name))
        if shadow is None:
            self._answer(thing, name, "get/rejected", {"code": 404, "message": f"No shadow exists with name: '{name}'"})
            return
        state = copy.deepcopy(shadow.state)
        if delta := shadow.delta():
            state["delta"] = delta
        self._answer(thing, name, "get/accepted", {"state": state, "version": shadow.version})

    def _update(self, thing: str, name: str, request: dict[str, Any], *, own: bool = False) -> None:
        token = {"clientToken": request["clientToken"]} if "clientToken" in request else {}
        code = next((code for code, times in self.reject.items() if times > 0), None) if own else None
        shadow = self._shadows.get((thing, name), Shadow())
        merged = _merge(shadow.state, request["state"])
        if len(json.dumps(merged)) > STATE_MAX_BYTES:
            code = 413
        elif "version" in request and request["version"] != shadow.version:
            code = 409
        if code is not None:
            self.reject[code] = max(0, self.reject[code] - 1)
            self._answer(thing, name, "update/rejected", token | {"code": code, "message": "rejected"})
            return
        shadow = self._shadows[(thing, name)] = Shadow(shadow.version + 1, merged)
        if own:
            self.updates.append(request)
        self._answer(thing, name, "update/accepted", token | {"state": request["state"], "version": shadow.version})
        if delta := shadow.delta():
            self._answer(thing, name, "update/delta", {"state": delta, "version": shadow.version})

    def _answer(self, thing: str, name: str, suffix: str, document: dict[str, Any]) -> None:
        stamped = document if "code" in document else document | {"timestamp": int(self._epoch_s())}
        self.send(f"$aws/things/{thing}/shadow/name/{name}/{suffix}", json.dumps(stamped).encode())


class MemoryLink:
    """`Link` to a `MemoryCloud`. Everything happens within the call that causes it."""

    def __init__(self, cloud: MemoryCloud) -> None:
        self._cloud = cloud
        self._deliver: Callable[[LinkInput], None] = lambda _input: None
        self._topics: frozenset[str] = frozenset()
        self._receipts = 0
        self._reachable = True
        self.connected = False
        self.reconnects: list[str] = []
        """Why the agent has asked for a new connection, each time."""
        cloud.attach(self)

    def start(self, deliver: Callable[[LinkInput], None]) -> None:
        """Begin to connect, and stay connected."""
        self._deliver = deliver
        if self._reachable:
            self._connect()

    def subscribe(self, topics: Sequence[str]) -> None:
        """Ask for these topics."""
        if self.connected:
            if self._cloud.lose["suback"] > 0:
                self._cloud.lose["suback"] -= 1
                return
            self._topics |= frozenset(topics)
            self._deliver(Subscribed())

    def publish(self, topic: str, payload: bytes) -> int | None:
        """Send; the cloud has it at once."""
        if not self.connected:
            return None
        self._receipts += 1
        if self._cloud.acknowledge:
            self._deliver(Published(self._receipts))
        self._cloud.take(topic, payload)
        return self._receipts

    def reconnect(self, why: str) -> None:
        """Drop the connection and make a new one."""
        self.reconnects.append(why)
        self.cut(why)
        self.restore()

    def stop(self) -> None:
        """Disconnect for good."""
        self.connected = self._reachable = False
        self._topics = frozenset()

    def cut(self, why: str = "network gone") -> None:
        """The network goes away."""
        self._reachable = False
        if self.connected:
            self.connected, self._topics = False, frozenset()
            self._deliver(Down(why))

    def restore(self) -> None:
        """The network is back."""
        self._reachable = True
        if not self.connected:
            self._connect()

    def receive(self, topic: str, payload: bytes) -> None:
        """A message from the cloud; nothing is kept for a link that is down or has not subscribed."""
        if topic in self._topics:
            self._deliver(Message(topic, payload))

    def _connect(self) -> None:
        self.connected = True
        self._deliver(Up())


def _merge(old: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    merged = dict(old)
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            before = merged.get(key)
            merged[key] = _merge(before if isinstance(before, dict) else {}, value)
        else:
            merged[key] = copy.deepcopy(value)
    return merged


def _difference(desired: dict[str, Any], reported: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in desired.items():
        other = reported.get(key)
        if isinstance(value, dict) and isinstance(other, dict):
            if inner := _difference(value, other):
                found[key] = inner
        elif value != other:
            found[key] = value
    return found
