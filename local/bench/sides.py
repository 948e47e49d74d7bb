"""The two sides of a comparison: our sessions, and the floor's. Each begins its own; all are stopped alike."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

from ulid import ULID

from local.bench.chargers import EVSE_ID
from local.bench.floor_handlers import ITEM
from local.client import DriverApi
from local.stack import Stack
from local.waiting import wait_for

WITHIN_S = 60.0
STARTERS = 4
"""Starts under way together: more of them would wake processes up that only starts need."""
QUIET_S = 0.1
"""After its start an agent has said what it has to say within this time; its next word, a meter value, has 2 s."""


@dataclass(frozen=True)
class Records:
    """The records of sessions, read beside the API: a look at fifty of them costs one call and runs no function."""

    dynamodb: Any
    table: str
    item: str
    """Sort key of one side's records."""

    @classmethod
    def of(cls, stack: Stack, item: str) -> Records:
        """Those of a stack."""
        return cls(stack.emulator.client("dynamodb"), stack.run.tables.sessions, item)

    def in_phase(self, phase: str, session_ids: Collection[str]) -> set[str]:
        """Which of some sessions, a hundred at most, are in this phase."""
        keys = [{"session_id": {"S": each}, "item": {"S": self.item}} for each in session_ids]
        wanted = {"Keys": keys, "ConsistentRead": True, "ProjectionExpression": "session_id, phase"}
        found = self.dynamodb.batch_get_item(RequestItems={self.table: wanted})["Responses"][self.table]
        return {each["session_id"]["S"] for each in found if each["phase"]["S"] == phase}


class Side(Protocol):
    """Ours or the floor's."""

    @property
    def records(self) -> Records:
        """Those of its sessions."""
        ...

    def begin(self, charger_ids: Sequence[str]) -> list[str]:
        """The ids of new sessions, one at each charger, all of them active and the stack quiet."""
        ...


@dataclass(frozen=True)
class Ours:
    """Sessions that a driver starts."""

    api: DriverApi
    records: Records

    def begin(self, charger_ids: Sequence[str]) -> list[str]:
        """See `Side.begin`."""
        with ThreadPoolExecutor(STARTERS) as pool:
            session_ids = list(pool.map(self._start, charger_ids))
        wait_for(
            lambda: self.records.in_phase("active", session_ids) == set(session_ids),
            f"{len(session_ids)} sessions are active",
            within_s=WITHIN_S,
        )
        time.sleep(QUIET_S)
        return session_ids

    def _start(self, charger_id: str) -> str:
        def started() -> str | None:
            answer = self.api.start(charger_id, EVSE_ID)  # refused while the last session's report is on its way
            session_id: str | None = answer.body.get("sessionId")
            return session_id

        return wait_for(started, f"a session begins at {charger_id}", within_s=WITHIN_S)


@dataclass(frozen=True)
class Beneath:
    """Sessions that exist because their record does: nobody asks for more on the floor."""

    records: Records

    def begin(self, charger_ids: Sequence[str]) -> list[str]:
        """See `Side.begin`."""
        session_ids = [str(ULID()) for _ in charger_ids]
        for charger_id, session_id in zip(charger_ids, session_ids, strict=True):
            item = {"session_id": session_id, "item": ITEM, "charger_id": charger_id, "phase": "active"}
            typed = {name: {"S": value} for name, value in item.items()}
            self.records.dynamodb.put_item(TableName=self.records.table, Item=typed)
        time.sleep(QUIET_S)
        return session_ids
