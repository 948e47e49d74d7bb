"""The agent's link over the emulator's MQTT with mutual TLS keeps the contract of every link."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from device_agent.paho_link import Broker, PahoLink
from local.seed import AC_22_KW, Site
from tests.local.support import LocalStack
from tests.support.charger_link_contract import LinkContract, LinkWorld

_NUMBERS = itertools.count(1)


class TestPahoLink(LinkContract):
    @pytest.fixture
    def world(self, stack: LocalStack) -> Iterator[LinkWorld]:
        charger_id = f"PX-L{next(_NUMBERS):04d}"
        site = Site(charger_id, f"Link {charger_id}", "Test Street 1", "53.5", "10.0", (AC_22_KW, AC_22_KW))
        files = stack.stack.seeder.add_charger(site, stack.stack.fleet.folder(charger_id))
        broker = Broker("localhost", stack.run.mqtt.port, stack.run.mqtt.ca, files.certificate, files.private_key)

        def desire(intent: dict[str, Any]) -> None:
            document = json.dumps({"state": {"desired": {"v": 1, "intent": [intent]}}}).encode()
            stack.client("iot-data").update_thing_shadow(thingName=charger_id, shadowName="evse-1", payload=document)

        link = PahoLink(charger_id, broker, random.Random(1).random)  # noqa: S311 - jitter is no secret
        yield LinkWorld(link, charger_id, desire)
        link.stop()
