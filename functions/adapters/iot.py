"""The device shadows, the watch hint and the answers about cards, over the AWS IoT data plane."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract.authorisation import AuthorisationAnswer
from contract.intents import Desired, Intent, WatchHint
from contract.topics import authorised_topic, shadow_name, watch_topic
from functions.adapters.aws_errors import aws_errors

if TYPE_CHECKING:
    from mypy_boto3_iot_data import IoTDataPlaneClient


@dataclass(frozen=True, slots=True)
class IotShadows:
    """`functions.domain.ports.Shadows` over UpdateThingShadow: one call, which leaves `reported` alone."""

    client: IoTDataPlaneClient

    def send(self, charger_id: str, evse_id: int, intent: Intent) -> None:
        """See `Shadows.send`."""
        document = {"state": {"desired": Desired(intent=(intent,)).to_wire()}}
        with aws_errors():
            self.client.update_thing_shadow(
                thingName=charger_id, shadowName=shadow_name(evse_id), payload=json.dumps(document).encode()
            )


@dataclass(frozen=True, slots=True)
class IotWatchers:
    """`functions.domain.ports.Watchers` over a plain publish, QoS 0: a hint that is lost is not missed."""

    client: IoTDataPlaneClient

    def hint(self, charger_id: str, evse_id: int, until_s: int) -> None:
        """See `Watchers.hint`."""
        payload = json.dumps(WatchHint(until=until_s).to_wire()).encode()
        with aws_errors():
            self.client.publish(topic=watch_topic(charger_id, evse_id), qos=0, payload=payload)


@dataclass(frozen=True, slots=True)
class IotAnswers:
    """`functions.domain.ports.Answers` over a plain publish, QoS 1: somebody stands at the charger and waits."""

    client: IoTDataPlaneClient

    def tell(self, charger_id: str, answer: AuthorisationAnswer) -> None:
        """See `Answers.tell`."""
        payload = json.dumps(answer.to_wire()).encode()
        with aws_errors():
            self.client.publish(topic=authorised_topic(charger_id), qos=1, payload=payload)
