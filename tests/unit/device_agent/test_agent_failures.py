"""A turn that fails is tried again, not at once and not for ever."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

import pytest

from device_agent.agent import Stop

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


def test_only_a_turn_that_succeeded_is_a_sign_of_life(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    def turn(_item: object) -> None:
        told.append("turn")
        if len(told) == 3:
            raise RuntimeError("a defect")
        if len(told) == 4:
            bench.agent.post(Stop())
            monkeypatch.undo()

    monkeypatch.setattr(bench.agent, "turn", turn)
    monkeypatch.setattr(bench.agent, "begin", lambda: None)
    bench.agent.run(lambda: told.append("alive"))
    assert told == ["turn", "alive", "turn", "turn", "alive", "alive"]


@pytest.mark.parametrize(("every_s", "ends"), [(1.0, True), (4.0, False)])
def test_a_process_in_which_an_evse_fails_again_and_again_ends_though_other_turns_succeed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, *, every_s: float, ends: bool
) -> None:
    turns = iter(range(100))

    def turn(_item: object) -> None:
        number = next(turns, None)
        if number is None:
            bench.agent.post(Stop())
            monkeypatch.undo()
        elif number % 2:
            bench.clock.pass_s(every_s)
            raise RuntimeError("a defect")

    monkeypatch.setattr(bench.agent, "turn", turn)
    monkeypatch.setattr(bench.agent, "begin", lambda: None)
    with pytest.raises(RuntimeError) if ends else contextlib.nullcontext():
        bench.agent.run()
    assert (next(turns, None) is not None) == ends


def test_the_agent_tells_people_what_a_report_of_this_moment_would_say(bench: Bench) -> None:
    bench.charge()
    bench.pass_s(30)
    status = bench.agent.status()
    assert (status["link"], status["outbox"]) == (True, 0)
    first, second = status["evses"]
    assert (first["id"], first["evse"][0]["status"], first["session"][0]["state"]) == (1, "charging", "charging")
    assert (second["id"], "session" in second) == (2, False)
