"""Questions and answers over one MQTT connection, one after the other: for what is done once and can be waited for."""

from __future__ import annotations

import contextlib
import json
import queue
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from device_agent.paho_link import CONNECT_WAIT_S, KEEP_ALIVE_S, Broker
from device_agent.provisioning.errors import (
    CertificateRefused,
    CloudTrouble,
    ProvisioningError,
    Unreachable,
    WrongClock,
)
from device_agent.tls import NOT_YET_VALID, needs_a_person

ANSWER_WITHIN_S = 15.0
"""AWS IoT gives the hook 5 s; the rest is for a slow mobile network."""

OUTSIDE_ITS_TIME = (NOT_YET_VALID, 10)
"""The other is X509_V_ERR_CERT_HAS_EXPIRED (OpenSSL, x509_vfy.h)."""

_Event = tuple[str, Any]


@dataclass(slots=True)
class Conversation:
    """An open connection. AWS IoT answers on `<topic>/accepted` or `<topic>/rejected`, and to the asker alone."""

    client: Client
    events: queue.SimpleQueue[_Event] = field(default_factory=queue.SimpleQueue)

    def ask(self, topic: str, question: dict[str, Any] | None) -> tuple[bool, dict[str, Any]]:
        """Ask, and wait for the answer.

        Returns:
            Whether it was accepted, and the answer.

        Raises:
            CloudTrouble: no answer, or none that can be read.
        """
        answers = {f"{topic}/{word}": word == "accepted" for word in ("accepted", "rejected")}
        self._sent(self.client.subscribe([(answer, 1) for answer in answers])[0])
        self._next("granted", topic)
        payload = b"" if question is None else json.dumps(question).encode()
        self._sent(self.client.publish(topic, payload, qos=1).rc)
        while True:
            message: MQTTMessage = self._next("message", topic)
            if message.topic in answers:
                return answers[message.topic], _document(message)

    def _next(self, kind: str, topic: str) -> Any:
        try:
            what, value = self.events.get(timeout=ANSWER_WITHIN_S)
        except queue.Empty:
            raise CloudTrouble(f"The cloud gave no answer to {topic} within {ANSWER_WITHIN_S:.0f} s.") from None
        if what == "ended":
            raise CloudTrouble(
                f"The cloud ended the connection over {topic}: {value}. This certificate may not ask it."
            )
        return value if what == kind else self._next(kind, topic)

    def _sent(self, code: MQTTErrorCode) -> None:
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise CloudTrouble(f"The connection is gone: {code.name}")


@contextlib.contextmanager
def conversation(client_id: str, broker: Broker) -> Iterator[Conversation]:
    """A connection under a client id, closed at the end.

    Raises:
        Unreachable: there is no broker to speak to.
        CertificateRefused: there is one, and it does not let us in.
    """
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=client_id,
        clean_session=True,
        protocol=MQTTProtocolVersion.MQTTv311,
        reconnect_on_failure=False,
    )
    talk = Conversation(client)
    put = talk.events.put
    client.connect_timeout = CONNECT_WAIT_S
    client.tls_set_context(_tls(broker))
    client.on_connect = lambda _c, _d, _f, code, _p: put(("refused" if code.is_failure else "connected", code))
    client.on_disconnect = lambda _c, _d, _f, code, _p: put(("ended", code))
    client.on_message = lambda _c, _d, message: put(("message", message))
    client.on_subscribe = lambda _c, _d, _m, codes, _p: put(
        ("ended", "a subscription was not granted") if any(code.is_failure for code in codes) else ("granted", None)
    )
    try:
        client.connect(broker.host, broker.port, KEEP_ALIVE_S)
    except OSError as error:
        raise _unconnected(error, broker) from error
    client.loop_start()
    try:
        _await_welcome(talk, broker)
        yield talk
    finally:
        with contextlib.suppress(OSError):
            client.disconnect()
        client.loop_stop()


def _await_welcome(talk: Conversation, broker: Broker) -> None:
    try:
        what, why = talk.events.get(timeout=CONNECT_WAIT_S)
    except queue.Empty:
        raise Unreachable(f"{broker.host}:{broker.port} does not answer. Check the network, then try again.") from None
    if what != "connected":
        raise CertificateRefused(f"The broker does not let the certificate {broker.certificate} in ({why}).")


def _tls(broker: Broker) -> ssl.SSLContext:
    try:
        return broker.tls()
    except OSError as error:  # ssl.SSLError is one too
        raise CertificateRefused(
            f"{broker.certificate} and {broker.private_key}, or the authority {broker.ca}, cannot be used: {error}."
            " Check that the files are there, readable, and belong together."
        ) from error


def _unconnected(error: OSError, broker: Broker) -> ProvisioningError:
    where = f"{broker.host}:{broker.port}"
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code in OUTSIDE_ITS_TIME:
            return WrongClock(
                f"The certificate of {where} is not valid at the time this board believes it is. Set the clock"
                " (timedatectl; or wait until the board has its time from the network), then try again."
            )
        return Unreachable(
            f"What answers at {where} is not the broker: {error.verify_message}. Check link.host and link.ca, and"
            " whether the network wants somebody to sign in first."
        )
    if needs_a_person(error):
        return CertificateRefused(f"The broker at {where} does not take our certificate: {error}.")
    return Unreachable(
        f"{where} cannot be reached: {error}. Check the cable or the mobile network, DNS, and that outgoing"
        f" connections to port {broker.port} are allowed, then try again."
    )


def _document(message: MQTTMessage) -> dict[str, Any]:
    try:
        document = json.loads(message.payload)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise CloudTrouble(f"The answer on {message.topic} cannot be read.")
    return document
