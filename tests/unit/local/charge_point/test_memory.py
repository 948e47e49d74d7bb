"""What the simulated charge point still knows after a restart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from local.charge_point import memory as memory_module
from local.charge_point.memory import Memory
from local.charge_point.outlet import Cause, Letter, Permit, Transaction

TRANSACTION = Transaction("T1", Permit("PX01", remote=True))


def letter(kind: str, seq: int) -> Letter:
    return Letter(kind, 1, TRANSACTION, seq, 1000.0 + seq, 5, 0, "Trigger")  # type: ignore[arg-type]


def test_letters_and_transactions_are_there_again_in_order(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "memory.json", [1, 2])
    memory.outlets[1].transaction, memory.outlets[1].stopping = TRANSACTION, Cause("Remote")
    memory.add([letter("started", 0), letter("meter", 1)])

    again = Memory(tmp_path / "memory.json", [1, 2])

    assert again.letters == [letter("started", 0), letter("meter", 1)]
    assert (again.outlets[1].transaction, again.outlets[1].stopping) == (TRANSACTION, Cause("Remote"))
    assert again.outlets[1].restarted
    assert again.outlets[2].transaction is None


def test_what_the_other_side_says_of_a_transaction_holds_for_the_letters_that_follow(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "memory.json", [1])
    memory.add([letter("started", 0), letter("ended", 1)])
    memory.answered(memory.letters[0])

    memory.change(replace(TRANSACTION, number=7))

    assert [each.transaction.number for each in memory.letters] == [7]


def test_too_many_letters_cost_the_oldest_meter_values_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_module, "LETTERS_AT_MOST", 3)
    memory = Memory(tmp_path / "memory.json", [1])
    for seq, kind in enumerate(["started", "meter", "meter", "meter", "ended"]):
        memory.add([letter(kind, seq)])

    assert [(each.kind, each.seq) for each in memory.letters] == [("started", 0), ("meter", 3), ("ended", 4)]
