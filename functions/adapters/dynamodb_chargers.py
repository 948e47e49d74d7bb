"""The charger records in DynamoDB."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from functions.adapters import items
from functions.adapters.aws_errors import aws_errors
from functions.adapters.items import Item
from functions.adapters.positions import charger_position, read_charger_position
from functions.adapters.table import Table, from_dynamo, to_dynamo
from functions.adapters.unreadable import readable_ones
from functions.domain.ports import Page
from functions.domain.records import Charger, ChargerRecord, EvseRecord

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

USUAL_ITEMS = 3
"""A charger's own item and, usually, two EVSEs: a page of that many items is read, and may hold fewer chargers."""
MOST_ITEMS = 33
"""A charger's own item and at most 32 EVSEs (contract.wire.EvseId): fewer could not hold one whole charger."""


@dataclass(frozen=True, slots=True)
class DynamoChargers:
    """`functions.domain.ports.Chargers` over the chargers table."""

    client: DynamoDBClient
    chargers_table: str

    @property
    def _table(self) -> Table:
        return Table(self.client, self.chargers_table)

    def page(self, *, limit: int, cursor: str | None) -> Page[Charger]:
        """See `Chargers.page`.

        A scan: the list is of all chargers, so there is nothing to select by. A page is cut behind a whole charger.
        """
        start: dict[str, Any] = {}
        if cursor:
            charger_id, item = read_charger_position(cursor)
            start = {"ExclusiveStartKey": to_dynamo({"charger_id": charger_id, "item": item})}
        with aws_errors():
            answer = self.client.scan(
                TableName=self.chargers_table, Limit=max(limit * USUAL_ITEMS, MOST_ITEMS + 1), **start
            )
        groups = _by_charger([from_dynamo(item) for item in answer["Items"]])
        cut = "LastEvaluatedKey" in answer and len(groups) > 1
        whole = groups[:-1] if cut else groups
        chargers, more = whole[:limit], cut or len(whole) > limit or "LastEvaluatedKey" in answer
        found = [charger for charger in readable_ones(_charger, chargers) if charger is not None]
        last = chargers[-1][-1] if chargers else None
        return Page(found, charger_position(last["charger_id"], last["item"]) if more and last else None)

    def get(self, charger_id: str) -> Charger | None:
        """See `Chargers.get`."""
        with aws_errors():
            answer = self.client.query(
                TableName=self.chargers_table,
                KeyConditionExpression="charger_id = :id",
                ExpressionAttributeValues=to_dynamo({":id": charger_id}),
                ConsistentRead=True,
            )
        return _charger([from_dynamo(item) for item in answer["Items"]])

    def record(self, charger_id: str) -> ChargerRecord | None:
        """See `Chargers.record`."""
        item = self._table.get(items.charger_key(charger_id))
        return items.charger_from_item(item) if item else None

    def evse(self, charger_id: str, evse_id: int) -> EvseRecord | None:
        """See `Chargers.evse`."""
        item = self._table.get(items.evse_key(charger_id, evse_id))
        return items.evse_from_item(item) if item else None

    def replace_evse(self, old: EvseRecord, new: EvseRecord) -> bool:
        """See `Chargers.replace_evse`."""
        return self._table.replace(items.evse_key(old.charger_id, old.evse_id), items.to_item(old), items.to_item(new))

    def replace_charger(self, old: ChargerRecord, new: ChargerRecord) -> bool:
        """See `Chargers.replace_charger`."""
        return self._table.replace(items.charger_key(old.charger_id), items.to_item(old), items.to_item(new))


def _by_charger(found: list[Item]) -> list[list[Item]]:
    return [list(group) for _, group in groupby(found, key=lambda item: item["charger_id"])]


def _charger(found: list[Item]) -> Charger | None:
    record = next((items.charger_from_item(item) for item in found if item["item"] == items.CHARGER_ITEM), None)
    if record is None:
        return None
    evses = [items.evse_from_item(item) for item in found if item["item"].startswith(items.EVSE_PREFIX)]
    return Charger(charger=record, evses=tuple(sorted(evses, key=lambda evse: evse.evse_id)))
