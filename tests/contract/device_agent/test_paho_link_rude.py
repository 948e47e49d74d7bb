"""The link and brokers that treat it badly: a dead peer is noticed, and a refusal is not answered by hammering."""

from __future__ import annotations

import itertools
import queue
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from device_agent.link import BACKOFF_CAP_S, REFUSED_BASE_S, Down, LinkInput, Up
from device_agent.paho_link import HANG_UPS_AT_MOST, KEEP_ALIVE_S, Broker, PahoLink
from tests.support.certificates import make_certificate
from tests.support.rude_broker import Manner, RudeBroker

if TYPE_CHECKING:
    from pathlib import Path

DEAD_PEER_S = 90.0
"""Within this a dead peer has to be noticed."""


@pytest.fixture
def broker(tmp_path: Path) -> Broker:
    make_certificate(tmp_path, "localhost")
    return Broker("localhost", 0, tmp_path / "cert.pem", tmp_path / "cert.pem", tmp_path / "key.pem")


def test_a_peer_that_has_fallen_silent_is_noticed_within_two_keep_alives_and_the_link_connects_anew(
    broker: Broker,
) -> None:
    inputs: queue.SimpleQueue[LinkInput] = queue.SimpleQueue()
    rude = RudeBroker(broker, Manner.FALLS_SILENT)
    with rude as port:
        link = PahoLink("PX-0001", replace(broker, port=port, keep_alive_s=1), lambda: 0.0)
        link.start(inputs.put)
        assert inputs.get(timeout=10) == Up()
        up_s = time.monotonic()
        assert isinstance(inputs.get(timeout=10), Down)
        noticed_s = time.monotonic() - up_s
        assert inputs.get(timeout=10) == Up()
        link.stop()
    assert 1 <= noticed_s <= 2 + 1.5
    assert 2 * KEEP_ALIVE_S + 1.5 <= DEAD_PEER_S


@pytest.mark.parametrize("manner", [Manner.REFUSES, Manner.HANGS_UP])
def test_a_broker_that_will_not_have_us_is_asked_ever_more_seldom(broker: Broker, manner: Manner) -> None:
    waits: list[float] = []

    def jitter() -> float:
        waits.append(time.monotonic())
        return 0.002

    rude = RudeBroker(broker, manner)
    with rude as port:
        link = PahoLink("PX-0001", replace(broker, port=port), jitter)
        link.start(lambda _input: None)
        until_s = time.monotonic() + 20
        while len(waits) < HANG_UPS_AT_MOST + 3 and time.monotonic() < until_s:
            time.sleep(0.01)
        link.stop()
    gaps = [later - earlier for earlier, later in itertools.pairwise(rude.connects_s)]
    assert gaps[HANG_UPS_AT_MOST] >= REFUSED_BASE_S * 0.002 * 2**HANG_UPS_AT_MOST
    assert gaps[HANG_UPS_AT_MOST] > BACKOFF_CAP_S * 0.002
    if manner is Manner.HANGS_UP:
        assert gaps[0] < REFUSED_BASE_S * 0.002
