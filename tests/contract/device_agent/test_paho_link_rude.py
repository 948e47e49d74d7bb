"""The link and brokers that treat it badly: a dead peer is noticed, and a refusal is not answered by hammering."""

from __future__ import annotations

import queue
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from device_agent.link import Down, LinkInput, Up
from device_agent.paho_link import HANG_UPS_AT_MOST, KEEP_ALIVE_S, Broker, PahoLink
from tests.support.certificates import make_certificate
from tests.support.rude_broker import Manner, RudeBroker

if TYPE_CHECKING:
    from pathlib import Path

DEAD_PEER_S = 90.0
"""Within this a dead peer has to be noticed."""
WITHIN_S = 30.0
SLACK_S = 10.0
"""What a busy machine adds."""


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
        assert inputs.get(timeout=WITHIN_S) == Up()
        up_s = time.monotonic()
        assert isinstance(inputs.get(timeout=WITHIN_S), Down)
        noticed_s = time.monotonic() - up_s
        assert inputs.get(timeout=WITHIN_S) == Up()
        link.stop()
    assert 1 <= noticed_s <= 2 + SLACK_S
    assert 2 * KEEP_ALIVE_S + SLACK_S <= DEAD_PEER_S


@pytest.mark.parametrize(("manner", "forgiven"), [(Manner.REFUSES, 0), (Manner.HANGS_UP, HANG_UPS_AT_MOST - 1)])
def test_a_broker_that_will_not_have_us_is_asked_ever_more_seldom(
    broker: Broker, manner: Manner, forgiven: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[tuple[int, bool]] = []

    def backoff_s(attempt: int, _random: object, *, refused: bool, **_rest: float) -> float:
        waits.append((attempt, refused))
        return 0.002

    monkeypatch.setattr("device_agent.paho_link.backoff_s", backoff_s)
    rude = RudeBroker(broker, manner)
    tries = HANG_UPS_AT_MOST + 2
    with rude as port:
        link = PahoLink("PX-0001", replace(broker, port=port), lambda: 0.0)
        link.start(lambda _input: None)
        until_s = time.monotonic() + WITHIN_S
        while len(waits) < tries and time.monotonic() < until_s:
            time.sleep(0.01)
        link.stop()
    assert waits[:tries] == [(attempt, attempt >= forgiven) for attempt in range(tries)]
