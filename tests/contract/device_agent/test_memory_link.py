from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from device_agent.memory_link import MemoryCloud, MemoryLink
from tests.support.charger_bench import CHARGER
from tests.support.charger_link_contract import LinkContract, LinkWorld

if TYPE_CHECKING:
    from collections.abc import Iterator


class TestMemoryLink(LinkContract):
    @pytest.fixture
    def world(self) -> Iterator[LinkWorld]:
        cloud = MemoryCloud(time.time)
        world = LinkWorld(MemoryLink(cloud), CHARGER, lambda wanted: cloud.desire(CHARGER, 1, wanted))
        yield world
        world.link.stop()


def test_objects_merge_lists_are_replaced_and_null_deletes() -> None:
    cloud = MemoryCloud(time.time)
    link = MemoryLink(cloud)
    link.start(lambda _input: None)
    for patch in ('{"a": {"b": 1, "c": [1, 2]}, "d": 4}', '{"a": {"c": [3]}, "d": null}'):
        link.publish(f"$aws/things/{CHARGER}/shadow/name/evse-1/update", f'{{"state":{{"reported":{patch}}}}}'.encode())
    assert cloud.reported(CHARGER, 1) == {"a": {"b": 1, "c": [3]}}
    assert cloud.version(CHARGER, 1) == 2


@pytest.mark.parametrize(
    ("payload", "code"),
    [(b'{"state":{"reported":{"a":1}},"version":7}', 409), (b'{"state":{"reported":{"a":"%s"}}}' % (b"x" * 9000), 413)],
)
def test_a_stale_version_and_an_oversized_state_are_rejected(payload: bytes, code: int) -> None:
    cloud = MemoryCloud(time.time)
    world = LinkWorld(MemoryLink(cloud), CHARGER, lambda wanted: cloud.desire(CHARGER, 1, wanted))
    world.connect()
    world.link.publish(world.topic("update"), payload)
    assert world.message("update/rejected")["code"] == code
    assert cloud.version(CHARGER, 1) == 0
