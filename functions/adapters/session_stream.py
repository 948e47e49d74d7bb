"""The stream of the sessions table: what a session's record was before a write and after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.adapters.items import DUE, SESSION_ITEM, session_from_item
from functions.adapters.table import from_dynamo
from functions.domain.records import SessionRecord


def change_of(record: Mapping[str, Any]) -> tuple[SessionRecord | None, SessionRecord] | None:
    """The session before and after; None for anything else, a record that is gone, and one put off.

    Raises:
        ContractViolation: internal; nobody can read this record, now or later.
    """
    change = record.get("dynamodb", {})
    after = change.get("NewImage")
    if after is None or change.get("Keys", {}).get("item") != {"S": SESSION_ITEM}:
        return None
    before = change.get("OldImage")
    if before is not None and before | {DUE: None} == after | {DUE: None}:
        return None  # `Sessions.postpone`: that nobody can read it is no news each minute
    old = session_from_item(from_dynamo(before)) if before else None
    return old, session_from_item(from_dynamo(after))
