"""The story of a session from the tables of a deployment."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from explain.records import gather
from explain.story import story
from functions.adapters.dynamodb_chargers import DynamoChargers
from functions.adapters.dynamodb_sessions import DynamoSessions

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def story_of(session_id: str, dynamodb: DynamoDBClient, *, sessions_table: str, chargers_table: str) -> str | None:
    """The story of a session in these tables; None if it is not on record."""
    records = gather(
        session_id,
        sessions=DynamoSessions(dynamodb, sessions_table, chargers_table),
        chargers=DynamoChargers(dynamodb, chargers_table),
        clock=lambda: time.time_ns() // 1_000_000,
    )
    return story(records) if records is not None else None
