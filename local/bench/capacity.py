"""What each DynamoDB call consumes, computed from what it really reads and writes.

moto answers `ReturnConsumedCapacity` with a constant, so the rules of the service are applied here to the items as
they are before and after a call: sizes by attribute, reads by 4 KB, writes by 1 KB, every index for itself, and
transactions twice, but not in their indexes.
Source: DynamoDB guide, "Item sizes and formats", "Read consumption", "Write consumption", "Global secondary indexes:
provisioned throughput considerations"; of indexes in transactions: aws/agent-toolkit-for-aws, calculate_costs.py, which
AWS verified. Units: read and write request units.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Item = Mapping[str, Any]
READ_BYTES, WRITE_BYTES = 4096, 1024


def size(item: Item) -> int:
    """Bytes of an item as DynamoDB stores it."""
    return sum(len(name.encode()) + _value(value) for name, value in item.items())


def _value(typed: Mapping[str, Any]) -> int:
    ((kind, content),) = typed.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return math.ceil(len(content.lstrip("-").replace(".", "").strip("0")) / 2) + 1
        case "M":
            return 3 + len(content) + size(content)
        case "L":
            return 3 + len(content) + sum(_value(entry) for entry in content)
        case _:
            return 1


def read_units(bytes_read: int, *, consistent: bool) -> float:
    """Units for so many bytes read at once; nothing found costs as much as something small."""
    return max(1, math.ceil(bytes_read / READ_BYTES)) * (1 if consistent else 0.5)


def write_units(bytes_written: int) -> int:
    """Units for an item of so many bytes."""
    return max(1, math.ceil(bytes_written / WRITE_BYTES))


@dataclass(frozen=True)
class Index:
    """A global secondary index: its key, and whether it holds whole items or keys alone."""

    key: tuple[str, ...]
    whole: bool

    def view(self, item: Item, table_key: Sequence[str]) -> Item | None:
        """What the index holds of an item; None without its key."""
        if not all(name in item for name in self.key):
            return None
        return item if self.whole else {name: item[name] for name in (*table_key, *self.key)}

    def units(self, before: Item, after: Item, table_key: Sequence[str]) -> int:
        """What it costs to follow the table from one state of an item to the next."""
        old, new = self.view(before, table_key), self.view(after, table_key)
        if old == new:
            return 0
        if old and new and all(old[name] == new[name] for name in self.key):
            return write_units(max(size(old), size(new)))
        return sum(write_units(size(view)) for view in (old, new) if view)


@dataclass(frozen=True)
class Table:
    """A table's key and indexes, as the template declares them."""

    key: tuple[str, ...]
    indexes: Mapping[str, Index]
    streamed: bool = False
    """Whether a stream tells what changes in it."""

    @classmethod
    def of(cls, declared: Mapping[str, Any]) -> Table:
        """The table that these properties make."""
        indexes = {
            index["IndexName"]: Index(_names(index["KeySchema"]), index["Projection"]["ProjectionType"] == "ALL")
            for index in declared.get("GlobalSecondaryIndexes", ())
        }
        return cls(_names(declared["KeySchema"]), indexes, "StreamSpecification" in declared)


def _names(schema: Iterable[Mapping[str, str]]) -> tuple[str, ...]:
    return tuple(part["AttributeName"] for part in schema)


@dataclass
class Meter:
    """Listens to the clients of an account, and adds up. `quiet` is a client that nobody listens to."""

    quiet: Any
    tables: Mapping[str, Table]
    calls: Counter[str] = field(default_factory=Counter)
    reads: float = 0.0
    writes: float = 0.0
    streamed: list[tuple[Item, Item]] = field(default_factory=list)
    """Changes that streams tell of, before and after; whoever reads them takes them away."""
    _before: list[tuple[str, Item, Item]] = field(default_factory=list)

    def reset(self) -> None:
        """From here on."""
        self.calls.clear()
        self.reads = self.writes = 0.0

    def listen(self, session: Any) -> None:
        """Hear every client that this botocore session makes from now on."""
        session.register("provide-client-params.dynamodb.*", self._about_to)
        session.register("after-call.*.*", self._done)

    def _about_to(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        self._before = [(table, key, self._now(table, key)) for table, key in self._written(model.name, params)]
        self._params = params

    def _done(self, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        self.calls[model.name] += 1
        if model.service_model.service_name != "dynamodb":
            return
        times = 2 if model.name.startswith("Transact") else 1
        for name, key, before in self._before:
            table, after = self.tables[name], self._now(name, key)
            followed = sum(index.units(before, after, table.key) for index in table.indexes.values())
            self.writes += times * write_units(max(size(before), size(after))) + followed
            if table.streamed and before != after:
                self.streamed.append((before, after))
        consistent = self._params.get("ConsistentRead", False)
        if model.name == "GetItem":
            self.reads += read_units(size(parsed.get("Item", {})), consistent=consistent)
        elif model.name in ("Query", "Scan"):
            found = self._views(parsed.get("Items", ()))
            self.reads += read_units(sum(map(size, found)), consistent=consistent)
        elif model.name == "BatchGetItem":
            for name, wanted in self._params["RequestItems"].items():
                each = [size(item) for item in parsed["Responses"].get(name, ())]
                each += [0] * (len(wanted["Keys"]) - len(each))
                strong = wanted.get("ConsistentRead", False)
                self.reads += sum(read_units(it, consistent=strong) for it in each)

    def _views(self, found: Sequence[Item]) -> list[Item]:
        """What was read of the items: all of them, or what their index holds. No call here filters or projects."""
        if {"FilterExpression", "ProjectionExpression"} & set(self._params):
            raise NotImplementedError(f"a {self._params} reads more than it answers")
        return list(found)

    def _written(self, operation: str, params: dict[str, Any]) -> list[tuple[str, Item]]:
        match operation:
            case "PutItem":
                return [self._key(params["TableName"], params["Item"])]
            case "UpdateItem" | "DeleteItem":
                return [(params["TableName"], params["Key"])]
            case "TransactWriteItems":
                parts = [(kind, part) for entry in params["TransactItems"] for kind, part in entry.items()]
                return [
                    self._key(part["TableName"], part["Item"]) if kind == "Put" else (part["TableName"], part["Key"])
                    for kind, part in parts
                ]
        return []

    def _key(self, table: str, item: Item) -> tuple[str, Item]:
        return table, {name: item[name] for name in self.tables[table].key}

    def _now(self, table: str, key: Item) -> Item:
        item: Item = self.quiet.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item", {})
        return item
