"""One round trip to the cloud under the charger's own name: connect, ask for a shadow, take the answer, leave.

It proves that certificate, policy and broker fit together. The broker lets a name in once: while the agent runs, this
would push it out.
"""

from __future__ import annotations

import contextlib
import json
import queue
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from contract.topics import shadow_topic
from device_agent.paho_link import Broker

WITHIN_S = 15.0
"""Connection and answer together; a slow mobile network needs five."""


class ProbeFailed(Exception):  # noqa: N818  (reads as the fact it is)
    """There was no round trip; the text says how far it came."""


def shadow_round_trip(charger_id: str, evse_id: int, broker: Broker, within_s: float = WITHIN_S) -> float | None:
    """Ask for the shadow of this EVSE; whether there is one yet does not matter.

    Returns:
        The cloud's time, in epoch seconds; None if the answer does not tell it.

    Raises:
        ProbeFailed: no answer.
    """
    answers: queue.SimpleQueue[float | str | None] = queue.SimpleQueue()
    get, accepted, rejected = (shadow_topic(charger_id, evse_id, f"get{end}") for end in ("", "/accepted", "/rejected"))
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=charger_id,
        clean_session=True,
        protocol=MQTTProtocolVersion.MQTTv311,
        reconnect_on_failure=False,
    )

    def connected(*told: Any) -> None:
        code = told[3]
        if code.is_failure:
            answers.put(f"the broker refuses {charger_id}: {code}")
        else:
            client.subscribe([(accepted, 1), (rejected, 1)])

    def subscribed(*told: Any) -> None:
        if any(code.is_failure for code in told[3]):
            answers.put("the broker does not grant the subscription to the shadow's answers")
        else:
            client.publish(get, b"", qos=1)

    def answered(_client: Client, _data: Any, message: MQTTMessage) -> None:
        answers.put(_time_told(message.payload))

    client.on_connect, client.on_subscribe, client.on_message = connected, subscribed, answered
    client.on_disconnect = lambda *told: answers.put(f"the broker ended the connection: {told[3]}")
    try:
        client.tls_set_context(broker.tls())
        client.connect_timeout = within_s
        client.connect(broker.host, broker.port)
        client.loop_start()
        answer = answers.get(timeout=within_s)
    except OSError as error:
        raise ProbeFailed(f"no connection: {error}") from error
    except queue.Empty:
        raise ProbeFailed(f"no answer within {within_s:g} s") from None
    finally:
        with contextlib.suppress(OSError):
            client.disconnect()
        client.loop_stop()
    if isinstance(answer, str):
        raise ProbeFailed(answer)
    return answer


def _time_told(payload: bytes | bytearray) -> float | None:
    """The timestamp of the shadow service's answer, if it has one."""
    with contextlib.suppress(ValueError, TypeError, KeyError):
        return float(json.loads(payload)["timestamp"])
    return None
