"""A charger's connection that a crowd of chargers can share one thread with.

`PahoLink` has two threads for each connection, and paho's own waits with `select`, which takes no file above 1,023.
Here whoever drives the crowd waits for all sockets together and calls `move`.
"""

from __future__ import annotations

import json
import logging
import ssl
from collections.abc import Callable, Sequence
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from contract.topics import EVENTS_RULE
from device_agent.link import Down, LinkInput, Message, Published, Subscribed, Up
from device_agent.paho_link import CONNECT_WAIT_S, FILTERS_PER_SUBSCRIBE, RECEIPTS_PER_CONNECTION, Broker

log = logging.getLogger(__name__)

KEEP_ALIVE_S = 60
"""Twice an agent's own: a crowd on one thread may come round to a connection late."""

EVENTS = f"/{EVENTS_RULE}/"


class Line:
    """`Link` over a real broker with mutual TLS, moved from outside."""

    def __init__(self, charger_id: str, broker: Broker, context: ssl.SSLContext) -> None:
        self._charger_id, self._broker, self._context = charger_id, broker, context
        self._deliver: Callable[[LinkInput], None] = lambda _input: None
        self._client: Client | None = None
        self._ungranted: set[int] = set()
        self._events: dict[int, dict[str, Any]] = {}
        self._number = 0
        self.told: list[dict[str, Any]] = []
        """Every session event that the broker has acknowledged."""
        self.messages = 0
        """Sent and acknowledged, or received."""
        self.lost: list[str] = []
        """Why each connection that ended had ended."""

    def start(self, deliver: Callable[[LinkInput], None]) -> None:
        """See `Link.start`; connects when it is moved for the first time."""
        self._deliver = deliver

    def subscribe(self, topics: Sequence[str]) -> None:
        """See `Link.subscribe`."""
        for first in range(0, len(topics), FILTERS_PER_SUBSCRIBE):
            batch = [(topic, 1) for topic in topics[first : first + FILTERS_PER_SUBSCRIBE]]
            if self._client is not None:
                _, mid = self._client.subscribe(batch)
                self._ungranted.add(mid or 0)

    def publish(self, topic: str, payload: bytes) -> int | None:
        """See `Link.publish`."""
        if self._client is None:
            return None
        sent = self._client.publish(topic, payload, qos=1)
        if sent.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            return None
        receipt = self._number * RECEIPTS_PER_CONNECTION + sent.mid
        if EVENTS in topic:
            self._events[receipt] = json.loads(payload)
        return receipt

    def reconnect(self, why: str) -> None:
        """See `Link.reconnect`."""
        self._over(why)

    def stop(self) -> None:
        """See `Link.stop`."""
        if self._client is not None:
            self._client.disconnect()
            self._client = None

    @property
    def socket(self) -> Any:
        """What to wait for; None without a connection."""
        return self._client.socket() if self._client is not None else None

    def connect(self) -> Any:
        """Make the connection, with its TLS handshake: what to wait for, None if it was not made."""
        self._number += 1
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._charger_id,
            protocol=MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_WAIT_S
        client.tls_set_context(self._context)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        try:
            client.connect(self._broker.host, self._broker.port, KEEP_ALIVE_S)
        except OSError as error:
            self.lost.append(f"not connected: {error}")
            return None
        self._client = client
        return self.socket

    def move(self) -> None:
        """Take in what has arrived, send what waits, and keep the connection alive."""
        client = self._client
        if client is None:
            return
        code = client.loop_read()
        while code == MQTTErrorCode.MQTT_ERR_SUCCESS and _pending(client):
            code = client.loop_read()
        self._see(code)

    def tend(self) -> None:
        """What has to be done from time to time: what could not be sent at once, and keeping alive."""
        client = self._client
        if client is not None:
            if client.want_write():
                client.loop_write()
            self._see(client.loop_misc())

    def _see(self, code: MQTTErrorCode) -> None:
        if code not in (MQTTErrorCode.MQTT_ERR_SUCCESS, MQTTErrorCode.MQTT_ERR_AGAIN):
            self._over(str(code))

    def _over(self, why: str) -> None:
        if self._client is not None:
            self._client.disconnect()
            self._client = None
            self._ungranted.clear()
            self.lost.append(why)
            self._deliver(Down(why))

    def _on_connect(self, _client: Client, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
        if not code.is_failure:
            self._deliver(Up())

    def _on_subscribe(self, _client: Client, _data: Any, mid: int, codes: list[Any], _properties: Any) -> None:
        self._ungranted.discard(mid)
        if any(code.is_failure for code in codes):
            self.lost.append("a subscription was not granted")
        elif not self._ungranted:
            self._deliver(Subscribed())

    def _on_publish(self, _client: Client, _data: Any, mid: int, _code: Any, _properties: Any) -> None:
        receipt = self._number * RECEIPTS_PER_CONNECTION + mid
        self.messages += 1
        if (event := self._events.pop(receipt, None)) is not None:
            self.told.append(event)
        self._deliver(Published(receipt))

    def _on_message(self, _client: Client, _data: Any, message: Any) -> None:
        self.messages += 1
        self._deliver(Message(message.topic, bytes(message.payload)))


def _pending(client: Client) -> bool:
    """Whether TLS has decrypted more than was read: the socket alone would not say so."""
    sock = client.socket()
    return isinstance(sock, ssl.SSLSocket) and sock.pending() > 0
