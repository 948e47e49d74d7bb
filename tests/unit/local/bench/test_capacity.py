"""DynamoDB's own arithmetic, on which the cost model and the growth figures rest."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from local.bench.capacity import Index, Item, Meter, Table, read_units, size, write_units

KEY = {"id": {"S": "a"}, "item": {"S": "session"}}
DECLARED = {
    "KeySchema": [{"AttributeName": "id"}, {"AttributeName": "item"}],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "whole",
            "KeySchema": [{"AttributeName": "owner"}],
            "Projection": {"ProjectionType": "ALL"},
        },
        {
            "IndexName": "keys",
            "KeySchema": [{"AttributeName": "shard"}, {"AttributeName": "due"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        },
    ],
}


@pytest.mark.parametrize(
    ("item", "size_bytes"),
    [
        ({}, 0),
        ({"ab": {"S": "four"}}, 6),
        ({"a": {"S": "ä"}}, 3),
        ({"n": {"N": "12345"}}, 5),
        ({"n": {"N": "-100"}}, 3),
        ({"yes": {"BOOL": True}}, 4),
        ({"m": {"M": {"a": {"S": "x"}}}}, 7),
        ({"l": {"L": [{"S": "xy"}, {"NULL": True}]}}, 9),
    ],
)
def test_an_item_is_as_large_as_its_names_and_values(item: dict[str, Any], size_bytes: int) -> None:
    assert size(item) == size_bytes


def test_reads_count_by_4_kb_and_half_if_they_may_be_a_moment_old() -> None:
    assert [read_units(it, consistent=True) for it in (0, 4096, 4097)] == [1, 1, 2]
    assert [read_units(it, consistent=False) for it in (0, 4096, 4097)] == [0.5, 0.5, 1]


def test_writes_count_by_1_kb() -> None:
    assert [write_units(it) for it in (0, 1024, 1025)] == [1, 1, 2]


def _index(name: str) -> tuple[Index, tuple[str, ...]]:
    table = Table.of(DECLARED)
    return table.indexes[name], table.key


def test_an_index_of_whole_items_is_written_with_every_change() -> None:
    index, key = _index("whole")
    before = {**KEY, "owner": {"S": "me"}, "n": {"N": "1"}}
    assert index.units(before, before, key) == 0
    assert index.units(before, {**before, "n": {"N": "2"}}, key) == 1
    assert index.units({}, {**before, "long": {"S": "x" * 2000}}, key) == 2


def test_an_index_of_keys_is_written_when_they_change_and_then_twice() -> None:
    index, key = _index("keys")
    due = {**KEY, "shard": {"S": "0"}, "due": {"N": "1"}}
    assert index.units(due, {**due, "n": {"N": "2"}}, key) == 0
    assert index.units(due, {**due, "due": {"N": "2"}}, key) == 2
    assert index.units(due, KEY, key) == 1
    assert index.units(KEY, KEY, key) == 0


@dataclass
class Kept:
    """A table's items, as a client nobody listens to reads them."""

    item: Item = field(default_factory=dict)

    def get_item(self, **_: Any) -> dict[str, Any]:
        return {"Item": self.item} if self.item else {}


def _put(item: Item, operation: str, params: dict[str, Any], **declared: Any) -> Meter:
    """The meter after a call that has put an item into an empty table."""
    kept = Kept()
    meter = Meter(kept, {"T": Table.of(DECLARED | declared)})
    model = SimpleNamespace(name=operation, service_model=SimpleNamespace(service_name="dynamodb"))
    meter._about_to(params=params, model=model)
    kept.item = item
    meter._done(parsed={}, model=model)
    return meter


OWNED = {**KEY, "owner": {"S": "me"}}
PUT = {"TableName": "T", "Item": OWNED}


def test_a_transaction_counts_twice_in_its_table_and_once_in_its_indexes() -> None:
    assert _put(OWNED, "PutItem", PUT).writes == 1 + 1
    assert _put(OWNED, "TransactWriteItems", {"TransactItems": [{"Put": PUT}]}).writes == 2 + 1


def test_a_stream_tells_what_has_changed_if_the_table_has_one() -> None:
    assert _put(OWNED, "PutItem", PUT).streamed == []
    assert _put(OWNED, "PutItem", PUT, StreamSpecification={}).streamed == [({}, OWNED)]
    assert _put({}, "PutItem", PUT, StreamSpecification={}).streamed == [], "its condition was not met"
