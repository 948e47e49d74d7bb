"""Energy and times of a transaction: what the charger told of them, as far as it can be right."""

from __future__ import annotations

import pytest

from contract.vocabulary import EndReason
from tests.support.charger_bench import SESSION, ulid
from tests.support.keeper import CHARGING_W, KeeperBench

OWN = ulid(1_000_000)
"""The first session that the agent names by itself."""
NEXT = ulid(1_000_001)


def test_the_energy_of_another_transaction_is_not_this_sessions(charger: KeeperBench) -> None:
    charger.charge(seconds=60)
    charger.box.connected = False
    charger.pass_s(1)
    charger.box.lose_end()
    charger.box.tap()
    charger.box.queue.clear()
    charger.pass_s(3600, step_s=30)
    charger.box.connected = True
    charger.pass_s(1)
    assert charger.told(SESSION, "ended")["meterWh"] - 1_000 < 150


@pytest.mark.parametrize("meter_wh", [0, 900])
def test_a_last_meter_value_that_falls_adds_no_energy_and_takes_none(charger: KeeperBench, meter_wh: int) -> None:
    charger.tap()
    charger.pass_s(3600, step_s=30)
    charger.end(EndReason.LOCAL, meter_wh)
    values = [event["meterWh"] for event in charger.events(OWN)]
    assert values == sorted(values)
    assert values[-1] - values[0] == pytest.approx(CHARGING_W, abs=2)
    charger.tap()
    assert charger.told(NEXT, "started")["meterWh"] == pytest.approx(values[-1], abs=2)


def test_a_meter_that_is_told_only_during_a_session_counts_from_its_first_value(charger: KeeperBench) -> None:
    charger.lose_journal()
    charger.box.tells_meter = False
    charger.turn_on()
    charger.want("start")
    charger.box.tells_meter = True
    charger.pass_s(3600, step_s=30)
    charger.want("stop")
    values = [event["meterWh"] for event in charger.events()]
    assert values[-1] - values[0] == pytest.approx(CHARGING_W, abs=70)  # 30 s of it were before the first value


def test_the_last_meter_value_counts_though_nobody_measured_since(charger: KeeperBench) -> None:
    charger.tap()
    charger.box.connected = False
    charger.pass_s(3600, step_s=30)
    charger.box.end(EndReason.EV_DISCONNECTED)
    charger.box.connected = True
    charger.pass_s(0.25)
    assert charger.told(OWN, "ended")["meterWh"] - 1_000 == pytest.approx(CHARGING_W, abs=2)


def test_sessions_that_came_and_went_while_the_charger_was_cut_off_are_told_whole_and_in_order(
    charger: KeeperBench,
) -> None:
    charger.box.connected = False
    for _ in range(3):
        charger.box.tap()
        charger.clock.pass_s(3600)
        charger.box.tap()
        charger.clock.pass_s(600)
    charger.box.connected = True
    charger.pass_s(1)
    told = [(e["type"], e["sessionId"][-1], e["meterWh"]) for _, e in charger.cloud.published]
    starts = [1_000, 8_200, 15_400]
    expected = [
        line for n, wh in enumerate(starts) for line in (("started", str(n), wh), ("ended", str(n), wh + CHARGING_W))
    ]
    assert told == [(kind, n, pytest.approx(wh, abs=3)) for kind, n, wh in expected]


def test_the_charger_says_when_it_was(charger: KeeperBench) -> None:
    charger.box.connected = False
    began_at = int(charger.clock.epoch_s)
    charger.box.tap()
    charger.clock.pass_s(600)
    charger.box.tap()
    charger.clock.pass_s(600)
    charger.box.connected = True
    charger.pass_s(1)
    assert charger.told(OWN, "started")["at"] == began_at
    assert charger.told(OWN, "ended")["at"] == began_at + 600


@pytest.mark.parametrize("off_s", [-1_795_000_000.0, 121.0, 400 * 86_400.0, -31 * 86_400.0])
def test_a_charger_whose_clock_cannot_be_right_is_not_believed(charger: KeeperBench, off_s: float) -> None:
    charger.box.clock_off_s = off_s
    before = int(charger.clock.epoch_s)
    charger.tap()
    charger.pass_s(60)
    charger.tap()
    assert charger.told(OWN, "started")["at"] == pytest.approx(before, abs=1)
    assert charger.told(OWN, "ended")["at"] == pytest.approx(before + 60, abs=2)


def test_an_end_is_not_before_its_beginning(charger: KeeperBench) -> None:
    charger.tap()
    charger.pass_s(60)
    charger.box.clock_off_s = -3600.0
    charger.tap()
    assert charger.told(OWN, "ended")["at"] == pytest.approx(charger.clock.epoch_s, abs=1)
