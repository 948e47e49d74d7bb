"""The link over MQTT 3.1.1 with mutual TLS, by paho-mqtt.

One thread of ours connects, waits for the connection's end, and connects again; paho's own thread moves the bytes.
Each connection has a paho client of its own, so that nothing paho had queued for a lost one is sent twice: what must
not be lost is in the journal.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from device_agent.identity import Fixed, Pair
from device_agent.link import BACKOFF_CAP_S, Down, LinkInput, Message, Published, Subscribed, Up, backoff_s
from device_agent.tls import needs_a_person, ours_is_refused, trusting

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from paho.mqtt.client import ConnectFlags, DisconnectFlags
    from paho.mqtt.properties import Properties
    from paho.mqtt.reasoncodes import ReasonCode

    from device_agent.identity import Credentials

log = logging.getLogger(__name__)

KEEP_ALIVE_S = 30
"""A dead connection is noticed within 45 s by the broker (AWS IoT: 1.5 times), within 60 s here."""

HANG_UPS_AT_MOST = 3
"""AWS IoT answers a certificate that may not connect by hanging up; a broker that restarts does not do it so often."""

CONNECT_WAIT_S = 10.0
"""TCP, TLS and CONNACK together; a slow mobile network needs three."""

FILTERS_PER_SUBSCRIBE = 8
"""AWS IoT Core refuses more in one packet."""

STABLE_S = 30.0
"""A connection that lasted this long was a good one: the next back-off begins anew."""

CREDENTIALS_EVERY_S = 600.0
"""How often the credentials are asked whether they want the line: a certificate is renewed months before it has to."""

RECEIPTS_PER_CONNECTION = 1 << 16
"""MQTT message ids are 16 bit; the connection's number goes above them, so that no receipt is ever used twice."""


@dataclass(frozen=True)
class Broker:
    """Where the broker is, and the files that prove who is who."""

    host: str
    port: int
    ca: Path
    certificate: Path
    private_key: Path
    keep_alive_s: int = KEEP_ALIVE_S
    reconnect_at_most_s: float = BACKOFF_CAP_S

    def showing(self, pair: Pair) -> Broker:
        """The same broker, shown another certificate."""
        return replace(self, certificate=pair.certificate, private_key=pair.private_key)

    def tls(self) -> ssl.SSLContext:
        """TLS 1.2 or newer, the broker's certificate and name verified, our own certificate presented."""
        context = trusting(self.ca)
        context.load_cert_chain(str(self.certificate), str(self.private_key))
        return context


class PahoLink:
    """`Link` over a real broker."""

    def __init__(
        self,
        client_id: str,
        broker: Broker,
        random: Callable[[], float],
        credentials: Credentials | None = None,
    ) -> None:
        self._client_id, self._broker, self._random = client_id, broker, random
        self._credentials = credentials or Fixed(Pair(broker.certificate, broker.private_key))
        self._deliver: Callable[[LinkInput], None] = lambda _input: None
        self._connection: _Connection | None = None
        self._number = self._hang_ups = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._stay_connected, name="link", daemon=True)

    def start(self, deliver: Callable[[LinkInput], None]) -> None:
        """Begin to connect, and stay connected."""
        self._deliver = deliver
        self._thread.start()

    def subscribe(self, topics: Sequence[str]) -> None:
        """Ask for these topics at QoS 1, as many at a time as the broker takes."""
        connection = self._connection  # read once: the link's own thread may clear it at any moment
        if connection is not None:
            connection.subscribe(topics)

    def publish(self, topic: str, payload: bytes) -> int | None:
        """Send at QoS 1."""
        connection = self._connection
        return None if connection is None else connection.publish(topic, payload)

    def reconnect(self, why: str) -> None:
        """Drop the connection and make a new one."""
        connection = self._connection
        if connection is not None:
            connection.end(why)

    def stop(self) -> None:
        """Disconnect for good."""
        self._stopping.set()
        self.reconnect("the agent ends")
        if self._thread.is_alive():
            self._thread.join(CONNECT_WAIT_S)

    def _stay_connected(self) -> None:
        attempt, complained = 0, ""
        while not self._stopping.is_set():
            began_s, refused = time.monotonic(), False
            try:
                self._credentials.between_connections()
                context = self._broker.showing(self._credentials.present()).tls()
                self._number += 1
                connection = _Connection(self._client_id, context, self._number, self._deliver)
                why, refused = self._live(connection)
            except OSError as error:  # ssl.SSLError and unreadable certificate files among them
                why, refused = f"{type(error).__name__}: {error}", needs_a_person(error)
                if ours_is_refused(error):
                    self._credentials.refused()
            except Exception as error:  # a defect: without this thread the charger would never be heard of again
                why = f"{type(error).__name__}: {error}"
                if why != complained:
                    log.exception("link failed; it connects anew")
            lasted = time.monotonic() - began_s >= STABLE_S
            attempt = 0 if lasted else attempt
            if self._stopping.is_set():
                return
            if why != complained or lasted:
                log.warning("link lost", extra={"why": why, "refused": refused})
                complained = why
            self._stopping.wait(self._wait_s(attempt, refused=refused))
            attempt += 1

    def _wait_s(self, attempt: int, *, refused: bool) -> float:
        return backoff_s(attempt, self._random, cap_s=self._broker.reconnect_at_most_s, refused=refused)

    def _live(self, connection: _Connection) -> tuple[str, bool]:
        """One connection from beginning to end: why it ended, and whether the broker had refused it."""
        try:
            connection.open(self._broker)
            if not connection.opened.wait(CONNECT_WAIT_S):
                connection.end("no answer to CONNECT")
            elif not connection.ended.is_set():
                self._connection, self._hang_ups = connection, 0
                self._deliver(Up())
                self._stay(connection)
                return connection.why, False
            else:
                self._hang_ups += 1
                self._credentials.refused()
            return connection.why, connection.refused or self._hang_ups >= HANG_UPS_AT_MOST
        finally:
            was_up, self._connection = self._connection is not None, None
            connection.close()
            if was_up and not self._stopping.is_set():
                self._deliver(Down(connection.why))

    def _stay(self, connection: _Connection) -> None:
        """Until the connection ends, or has to make room for something to do with the credentials."""
        self._credentials.accepted()
        while not self._credentials.wants_the_line():
            if connection.ended.wait(CREDENTIALS_EVERY_S):
                return
        connection.end("the credentials want the line")


class _Connection:
    """One MQTT connection, used once."""

    def __init__(
        self, client_id: str, context: ssl.SSLContext, number: int, deliver: Callable[[LinkInput], None]
    ) -> None:
        self.opened, self.ended = threading.Event(), threading.Event()
        self.why, self.refused = "", False
        self._number, self._deliver = number, deliver
        self._granting = threading.Lock()
        self._ungranted: set[int] = set()
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=True,
            protocol=MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_WAIT_S
        client.tls_set_context(context)
        client.on_socket_open = _no_delay
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        self._client = client

    def open(self, broker: Broker) -> None:
        """Connect; `opened` is set on the broker's answer, whatever it is.

        Raises:
            OSError: no TCP or TLS connection comes about.
        """
        self._client.connect(broker.host, broker.port, broker.keep_alive_s)
        self._client.loop_start()

    def subscribe(self, topics: Sequence[str]) -> None:
        """Ask for topics in packets of eight."""
        with self._granting:  # an early grant must wait until all have been asked for
            for first in range(0, len(topics), FILTERS_PER_SUBSCRIBE):
                batch = [(topic, 1) for topic in topics[first : first + FILTERS_PER_SUBSCRIBE]]
                code, mid = self._client.subscribe(batch)
                if code != MQTTErrorCode.MQTT_ERR_SUCCESS or mid is None:
                    return  # the connection has just gone; its end is on the way
                self._ungranted.add(mid)

    def publish(self, topic: str, payload: bytes) -> int | None:
        """Send at QoS 1; None if the connection is gone."""
        info = self._client.publish(topic, payload, qos=1)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            return None
        return self._number * RECEIPTS_PER_CONNECTION + info.mid

    def end(self, why: str) -> None:
        """Have this connection over; `_live` closes it."""
        self.why = self.why or why
        self.opened.set()
        self.ended.set()

    def close(self) -> None:
        """Disconnect in an orderly way, if there is still somebody there, and let paho's thread end."""
        with contextlib.suppress(OSError):
            self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(
        self, _client: Client, _data: Any, _flags: ConnectFlags, code: ReasonCode, _properties: Properties | None
    ) -> None:
        if code.is_failure:
            self.refused = True
            self.end(f"refused: {code}")
        self.opened.set()

    def _on_disconnect(
        self, _client: Client, _data: Any, _flags: DisconnectFlags, code: ReasonCode, _properties: Properties | None
    ) -> None:
        self.end(str(code))

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        self._deliver(Message(message.topic, bytes(message.payload)))

    def _on_publish(
        self, _client: Client, _data: Any, mid: int, _code: ReasonCode, _properties: Properties | None
    ) -> None:
        self._deliver(Published(self._number * RECEIPTS_PER_CONNECTION + mid))

    def _on_subscribe(
        self, _client: Client, _data: Any, mid: int, codes: list[ReasonCode], _properties: Properties | None
    ) -> None:
        if any(code.is_failure for code in codes):
            self.end("the broker did not grant a subscription")
            return
        with self._granting:
            self._ungranted.discard(mid)
            granted = not self._ungranted
        if granted:
            self._deliver(Subscribed())


def _no_delay(_client: Client, _data: Any, sock: Any) -> None:
    """Send small packets at once: with Nagle's algorithm every QoS 1 round trip takes 44 ms instead of 0.2."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
