"""What it costs to keep a session after it is over: its record, its curve, and the index entries of both.

Every table has point-in-time recovery, which is billed by the table's size without its indexes.
"""

from __future__ import annotations

from collections.abc import Iterable

from functions.adapters import items
from functions.adapters.table import to_dynamo
from local.bench.capacity import Item, Table, size
from local.bench.metered import Counts
from local.bench.station import Station

ITEM_BYTES = 100
"""What DynamoDB bills for an item, and for an entry of an index, beside its own bytes (guide, "Table size")."""

MONTH_S = 730 * 3600
RECORD_MONTHS = 120
"""Assumed: records are kept for accounting (docs/personal-data.md), of which ten years is the longest usual term."""
CURVE_MONTHS = items.METER_HISTORY_S / MONTH_S

SESSIONS = "TablesSessions"


def kept(here: Station, session_id: str, *, samples: int | None = None) -> Counts:
    """The byte-months of a session that is over; with `samples`, if its curve had so many."""
    table = here.meter.tables[SESSIONS]
    found = here.account.dynamodb.query(
        TableName=SESSIONS,
        KeyConditionExpression="session_id = :id",
        ExpressionAttributeValues=to_dynamo({":id": session_id}),
    )["Items"]
    curve = [it for it in found if it["item"]["S"].startswith(items.METER_PREFIX)]
    record = [it for it in found if it not in curve]
    times = 1 if samples is None else samples / len(curve)
    both = [(record, float(RECORD_MONTHS)), (curve, CURVE_MONTHS * times)]
    recoverable = sum(_bytes(part) * months for part, months in both)
    indexed = sum(_bytes(_entries(part, table)) * months for part, months in both)
    return {"dynamodb_byte_months": recoverable + indexed, "dynamodb_recoverable_byte_months": recoverable}


def _bytes(found: Iterable[Item]) -> int:
    return sum(size(item) + ITEM_BYTES for item in found)


def _entries(found: Iterable[Item], table: Table) -> list[Item]:
    views = (index.view(item, table.key) for item in found for index in table.indexes.values())
    return [view for view in views if view is not None]
