"""The agent comes back, with its journal or without, while its charger goes on with a transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from device_agent.drivers.base import Order, Resumed
from tests.support.charger_bench import OTHER_SESSION, SESSION, PowerCut, ulid
from tests.support.keeper import KeeperBench

if TYPE_CHECKING:
    from collections.abc import Callable

OWN = ulid(1_000_000)
"""The first session that the agent names by itself."""


def test_after_a_restart_the_driver_goes_on_with_the_transaction(charger: KeeperBench) -> None:
    charger.tap()
    charger.restart()
    assert charger.box.running == {1: Resumed(Order(OWN), "T1", started=True)}
    charger.tap()
    assert charger.story(OWN) == ["started", "ended Local"]


def test_a_start_interrupted_by_a_power_cut_is_bound_to_the_transaction_it_began(
    charger: KeeperBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_it = charger.box.start

    def cut(evse_id: int, order: Order) -> None:
        start_it(evse_id, order)
        raise PowerCut

    with monkeypatch.context() as patched:
        patched.setattr(charger.box, "start", cut)
        with pytest.raises(PowerCut):
            charger.want("start")
    charger.restart()
    assert charger.box.running == {1: Resumed(Order(SESSION), "tx-1", started=False)}
    assert charger.answer()[1:] == ("done", "")
    assert charger.story() == ["started"]
    assert len(charger.box.starts) == 1


def test_a_session_of_a_lost_journal_is_adopted_with_its_transaction(charger: KeeperBench) -> None:
    charger.charge(seconds=600, step_s=10)
    charger.lose_journal()
    charger.turn_on()
    charger.want("stop")
    assert charger.box.stops == ["T1"]
    assert charger.story() == ["started", "ended Remote"]


@pytest.mark.parametrize("change", [lambda box: box.tap(), lambda box: box.unplug()])
def test_a_session_of_a_lost_journal_whose_end_is_told_ends_by_what_was_told(
    charger: KeeperBench, change: Callable[[object], None]
) -> None:
    charger.charge(seconds=600, step_s=10)
    charger.lose_journal()
    change(charger.box)
    said = charger.box.queue[0]
    charger.box.connected = False
    charger.turn_on()
    charger.box.connected = True
    charger.pass_s(1)
    assert charger.told(SESSION, "ended")["reason"] == getattr(said, "reason", None)


def test_a_session_of_a_lost_journal_is_not_taken_for_another_transaction(charger: KeeperBench) -> None:
    charger.charge(seconds=600, step_s=10)
    charger.lose_journal()
    charger.box.lose_end()
    charger.box.tap()
    charger.turn_on()
    charger.pass_s(1)
    assert charger.story() == ["started", "ended PowerLoss"]
    assert charger.story(OWN) == ["started"]
    charger.want("stop", OTHER_SESSION)
    assert charger.box.stops == []
    assert charger.box.open_now is not None
