"""A charger's own connection without its agent: says anything, hears what its certificate lets it hear."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from local.waiting import wait_for
from tests.local.support import WITHIN_S, FreshCharger, LocalStack


@dataclass
class Voice:
    """One connection."""

    client: Client
    heard: list[tuple[str, bytes]] = field(default_factory=list)
    granted: list[bool] = field(default_factory=list)
    """Of each subscription that was answered, whether it was granted."""
    lost: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.client.on_message = lambda _c, _u, message: self.heard.append((message.topic, bytes(message.payload)))
        self.client.on_subscribe = lambda _c, _u, _m, codes, _p: self.granted.append(not codes[0].is_failure)
        self.client.on_disconnect = lambda *_: self.lost.set()

    def say(self, topic: str, payload: bytes) -> None:
        self.client.publish(topic, payload, qos=1).wait_for_publish(WITHIN_S)

    def try_to_say(self, topic: str, payload: bytes) -> None:
        """Say what the broker may answer by closing the connection."""
        self.client.publish(topic, payload, qos=1)

    def listen(self, topic: str) -> bool:
        """Whether this may be listened to; a broker says no in its answer, or by closing the connection."""
        answered = len(self.granted)
        self.client.subscribe(topic, qos=1)
        wait_for(lambda: len(self.granted) > answered or self.lost.is_set(), "an answer", within_s=WITHIN_S)
        return not self.lost.is_set() and self.granted[-1]

    def hear(self, topic: str) -> dict[str, Any]:
        """The next document on a topic, once it is there."""

        def there() -> bytes | None:
            return next((payload for heard, payload in self.heard if heard == topic), None)

        payload = wait_for(there, f"something on {topic}", within_s=WITHIN_S)
        self.heard.remove((topic, payload))
        document: dict[str, Any] = json.loads(payload)
        return document


@contextmanager
def as_charger(stack: LocalStack, charger: FreshCharger) -> Iterator[Voice]:
    """Speak with a charger's own certificate while its agent is away."""
    files = charger.config.parent
    context = ssl.create_default_context(cafile=str(stack.run.mqtt.ca))
    (key,) = files.glob("*key*.pem")
    (certificate,) = files.glob("*cert*.pem")
    context.load_cert_chain(certificate, key)
    client = Client(CallbackAPIVersion.VERSION2, client_id=charger.charger_id, reconnect_on_failure=False)
    client.tls_set_context(context)
    voice = Voice(client)
    client.connect("localhost", stack.run.mqtt.port)
    client.loop_start()
    try:
        wait_for(client.is_connected, "the charger connects", within_s=WITHIN_S)
        yield voice
    finally:
        client.disconnect()
        client.loop_stop()
