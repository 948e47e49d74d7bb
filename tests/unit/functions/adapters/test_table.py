"""Reading many items at once, of which DynamoDB gives as many as it has capacity for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from functions.adapters.table import MOST_AT_ONCE, TRIES, Table, to_dynamo
from functions.domain.errors import TemporaryError

NAME = "sessions"


@dataclass
class Batches:
    """A client that gives so many items of each batch."""

    gives: int
    stored: dict[str, dict[str, Any]]
    asked: list[int] = field(default_factory=list)

    def batch_get_item(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 - AWS's name
        keys = RequestItems[NAME]["Keys"]
        self.asked.append(len(keys))
        given, left = keys[: self.gives], keys[self.gives :]
        items = [self.stored[key["id"]["S"]] for key in given if key["id"]["S"] in self.stored]
        return {"Responses": {NAME: items[::-1]}, "UnprocessedKeys": {NAME: {"Keys": left}} if left else {}}


def _keys(number: int) -> list[dict[str, Any]]:
    return [{"id": f"{each:03}"} for each in range(number)]


def _table(gives: int, stored: int) -> tuple[Table, Batches]:
    client = Batches(gives, {key["id"]: to_dynamo(key) for key in _keys(stored)})
    return Table(client, NAME), client  # type: ignore[arg-type]  # the one method that is used


def test_items_come_in_the_order_of_their_keys_whatever_order_they_were_read_in() -> None:
    table, _ = _table(gives=100, stored=30)
    assert table.get_many(_keys(30)[::-1]) == _keys(30)[::-1]


def test_what_is_gone_is_left_out() -> None:
    table, _ = _table(gives=100, stored=2)
    assert table.get_many(_keys(4)) == _keys(2)


def test_nothing_asked_for_is_no_request() -> None:
    table, client = _table(gives=100, stored=2)
    assert table.get_many([]) == []
    assert client.asked == []


def test_more_than_a_batch_takes_is_several_batches() -> None:
    table, client = _table(gives=100, stored=250)
    assert len(table.get_many(_keys(250))) == 250
    assert client.asked == [MOST_AT_ONCE, MOST_AT_ONCE, 50]


def test_what_was_left_out_is_asked_for_again() -> None:
    table, client = _table(gives=2, stored=5)
    assert table.get_many(_keys(5)) == _keys(5)
    assert client.asked == [5, 3, 1]


def test_a_table_that_goes_on_leaving_out_is_busy() -> None:
    table, client = _table(gives=0, stored=5)
    with pytest.raises(TemporaryError) as raised:
        table.get_many(_keys(5))
    assert raised.value.code == "too_many_requests"
    assert client.asked == [5] * TRIES
