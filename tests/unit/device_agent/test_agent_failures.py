"""A turn that fails is tried again, not at once and not for ever."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.charger_bench import Bench


def test_an_evse_whose_turn_failed_is_left_alone_for_a_second(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.charge()
    tried_s: list[float] = []

    def full(*_: object) -> None:
        tried_s.append(bench.clock.mono_s)
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(bench.journal, "write", full)
    bench.evse.press_stop(bench.clock.mono_s)
    for _ in range(300):
        bench.clock.pass_s(0.01)
        try:
            bench.agent.turn(None)
        except sqlite3.OperationalError:
            continue
    assert 2 <= len(tried_s) <= 4
    monkeypatch.undo()
    bench.pass_s(2)
    assert bench.story() == ["started", "ended Local"]
