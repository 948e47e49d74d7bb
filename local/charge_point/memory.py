"""What the charge point remembers over its own restart: messages without an answer, and transactions that run."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from local.charge_point.outlet import Cause, Letter, Outlet, Permit, Transaction

LETTERS_AT_MOST = 1000
"""A week of sessions. Above that the oldest meter value goes; beginnings and ends never do."""


class Memory:
    """Letters in the order in which they were written, and the outlets; in one small file, written whole."""

    def __init__(self, path: Path, evse_ids: list[int]) -> None:
        self._path = path
        self.letters: list[Letter] = []
        self.outlets = {evse_id: Outlet(evse_id) for evse_id in evse_ids}
        if path.exists():
            self._load(json.loads(path.read_text()))

    def add(self, letters: list[Letter]) -> None:
        """Keep these until they are answered."""
        self.letters += letters
        if len(self.letters) > LETTERS_AT_MOST:
            samples = (letter for letter in self.letters if letter.kind == "meter")
            self.letters.remove(next(samples, self.letters[0]))
        self.save()

    def answered(self, letter: Letter) -> None:
        """This one has its answer, or will never get one."""
        name = (letter.transaction.id, letter.seq)
        self.letters = [each for each in self.letters if (each.transaction.id, each.seq) != name]
        self.save()

    def change(self, transaction: Transaction) -> None:
        """The other side has said something of this transaction: what follows says so too."""
        for outlet in self.outlets.values():
            if outlet.transaction and outlet.transaction.id == transaction.id:
                outlet.transaction = transaction
        self.letters = [
            replace(letter, transaction=transaction) if letter.transaction.id == transaction.id else letter
            for letter in self.letters
        ]

    def save(self) -> None:
        """Write the file, at once and whole."""
        draft = self._path.with_suffix(".new")
        running = {
            outlet.evse_id: {
                "transaction": asdict(outlet.transaction),
                "seq": outlet.seq,
                "stopping": asdict(outlet.stopping) if outlet.stopping else None,
            }
            for outlet in self.outlets.values()
            if outlet.transaction
        }
        draft.write_text(json.dumps({"letters": [asdict(letter) for letter in self.letters], "running": running}))
        draft.replace(self._path)

    def _load(self, content: dict[str, Any]) -> None:
        self.letters = [
            Letter(**each | {"transaction": _transaction(each["transaction"])}) for each in content["letters"]
        ]
        for number, each in content["running"].items():
            outlet = self.outlets[int(number)]
            outlet.transaction, outlet.seq = _transaction(each["transaction"]), each["seq"]
            outlet.stopping = Cause(**each["stopping"]) if each["stopping"] else None
            outlet.restarted = True


def _transaction(content: dict[str, Any]) -> Transaction:
    return Transaction(**content | {"permit": Permit(**content["permit"])})
