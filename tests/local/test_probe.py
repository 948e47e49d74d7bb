"""One round trip to the cloud, as `doctor` and `provision` make it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from device_agent.paho_link import Broker
from device_agent.probe import ProbeFailed, shadow_round_trip
from local.seed import AC_22_KW, Site
from tests.local.support import LocalStack

NEW = Site("PX-PROBE", "Probed", "Test Street 1", "53.5", "10.0", (AC_22_KW,))


@pytest.fixture(scope="module")
def broker(stack: LocalStack) -> Broker:
    files = stack.stack.seeder.add_charger(NEW, stack.stack.fleet.folder(NEW.charger_id))
    return Broker("localhost", stack.run.mqtt.port, stack.run.mqtt.ca, files.certificate, files.private_key)


def test_a_charger_that_has_never_reported_gets_an_answer(broker: Broker) -> None:
    told = shadow_round_trip(NEW.charger_id, 1, broker)
    assert told is None or told == pytest.approx(time.time(), abs=60)  # the emulator leaves it out of a 404


def test_a_charger_with_a_shadow_is_told_the_clouds_time(stack: LocalStack, broker: Broker) -> None:
    stack.client("iot-data").update_thing_shadow(
        thingName=NEW.charger_id, shadowName="evse-1", payload=b'{"state": {"reported": {"v": 1}}}'
    )
    assert shadow_round_trip(NEW.charger_id, 1, broker) == pytest.approx(time.time(), abs=60)


@pytest.mark.parametrize(
    ("charger_id", "change", "why"),
    [
        ("PX-0001", lambda broker: broker, "the broker"),
        (NEW.charger_id, lambda broker: replace(broker, port=9), "no connection: .*refused"),
    ],
)
def test_a_name_that_is_not_ours_and_a_broker_that_is_not_there_are_told_apart(
    broker: Broker, charger_id: str, change: Callable[[Broker], Broker], why: str
) -> None:
    with pytest.raises(ProbeFailed, match=why):
        shadow_round_trip(charger_id, 1, change(broker), within_s=5)
