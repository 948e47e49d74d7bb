"""A loss is found, whatever it is; and nothing is found where nothing was lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from local.bench.load.losses import Kept, Told, losses

TOLD = Told(seqs=frozenset({0, 1, 2}), started=True, ended=True, drawn_wh=40, told_wh=40, numbered=3)
KEPT = Kept(seqs=frozenset({0, 1, 2}), started=True, ended=True, reason="Remote", intent_id="stop", energy_wh=40)
STOPPED = {"a": "stop"}


def test_a_stopped_session_that_both_sides_tell_alike_has_lost_nothing() -> None:
    assert losses({"a": TOLD}, {"a": KEPT}, STOPPED) == []


def test_a_session_that_nobody_stopped_goes_on() -> None:
    told, kept = replace(TOLD, ended=False, told_wh=30), Kept(TOLD.seqs, started=True, ended=False, energy_wh=30)
    assert losses({"a": told}, {"a": kept}, {}) == []


def test_the_energy_of_a_running_session_is_what_was_told_last() -> None:
    told, kept = replace(TOLD, ended=False, told_wh=30), Kept(TOLD.seqs, started=True, ended=False, energy_wh=25)
    assert losses({"a": told}, {"a": kept}, {}) == ["a: 25 Wh on record of a running session, 30 Wh were told"]


@pytest.mark.parametrize(
    ("told", "kept", "what"),
    [
        (TOLD, None, "a: not on record"),
        (None, KEPT, "a: its charger knows nothing of it"),
        (TOLD, replace(KEPT, started=False), "a: its start was lost"),
        (TOLD, replace(KEPT, seqs=frozenset({0, 2})), "a: 1 events were lost: [1]"),
        (TOLD, replace(KEPT, seqs=frozenset({0, 1, 2, 9})), "a: 1 events are on record that were not told: [9]"),
        (replace(TOLD, numbered=4), KEPT, "a: 4 events are in its charger's journal, 3 were told"),
        (replace(TOLD, ended=False), KEPT, "a: it was stopped, and its charger went on"),
        (TOLD, replace(KEPT, ended=False), "a: it was stopped, and reads as running"),
        (TOLD, replace(KEPT, reason="Local"), "a: it ended for another reason: Local, stop"),
        (TOLD, replace(KEPT, intent_id="other"), "a: it ended for another reason: Remote, other"),
        (TOLD, replace(KEPT, energy_wh=39), "a: 39 Wh on record, 40 Wh by the register"),
    ],
)
def test_whatever_differs_is_told(told: Told | None, kept: Kept | None, what: str) -> None:
    sides = {"a": told} if told else {}, {"a": kept} if kept else {}
    assert losses(*sides, STOPPED) == [what]


def test_a_session_that_ended_by_itself_is_told() -> None:
    assert losses({"a": TOLD}, {"a": KEPT}, {}) == ["a: it ended, and nobody stopped it"]
