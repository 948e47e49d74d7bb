"""One DynamoDB table: reading an item, and writing what changed if nobody wrote in between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from functions.adapters.aws_errors import aws_errors
from functions.adapters.items import Item
from functions.adapters.typed_values import plain, typed
from functions.adapters.unreadable import readable
from functions.domain.errors import TemporaryError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient  # stubs: not installed where the function runs

MOST_AT_ONCE = 100
"""Items that one BatchGetItem reads."""
TRIES = 3
"""BatchGetItem leaves out what it has no capacity for at the moment."""

CONDITION_FAILED = "ConditionalCheckFailedException"


def to_dynamo(values: Mapping[str, Any]) -> dict[str, Any]:
    """Plain values as DynamoDB's typed ones."""
    return {name: typed(value) for name, value in values.items()}


@readable
def from_dynamo(values: Mapping[str, Any]) -> Item:
    """DynamoDB's typed values as plain ones; numbers come as Decimal."""
    return {name: plain(value) for name, value in values.items()}


def condition_failed(error: ClientError) -> bool:
    """Whether a conditional write found its condition untrue."""
    return error.response.get("Error", {}).get("Code") == CONDITION_FAILED


def update_of(key: Item, old: Item, new: Item) -> dict[str, Any]:
    """Arguments of the UpdateItem that turns one item into another, fenced by the revision it was read at.

    Shape: only attributes that differ are written, so that concurrent writers of an older release lose nothing.
    """
    seen = int(old.get("revision", 0))
    changed = {name: value for name, value in new.items() if name not in key and old.get(name) != value}
    changed["revision"] = seen + 1
    gone = [name for name in old if name not in new and name not in key]
    names = {f"#{index}": name for index, name in enumerate([*changed, *gone])}
    by_name = {name: placeholder for placeholder, name in names.items()}
    values = {f":{by_name[name][1:]}": value for name, value in changed.items()}
    expression = "SET " + ", ".join(f"{by_name[name]} = :{by_name[name][1:]}" for name in changed)
    if gone:
        expression += " REMOVE " + ", ".join(by_name[name] for name in gone)
    exists = f"attribute_exists({next(iter(key))})"
    revision = by_name["revision"]
    unwritten = f"{exists} AND attribute_not_exists({revision})"
    return {
        "Key": to_dynamo(key),
        "UpdateExpression": expression,
        "ConditionExpression": f"{revision} = :seen" if seen else f"({unwritten} OR {revision} = :seen)",
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": to_dynamo({**values, ":seen": seen}),
    }


@dataclass(frozen=True, slots=True)
class Table:
    """One table by name."""

    client: DynamoDBClient
    name: str

    def get(self, key: Item) -> Item | None:
        """The item of a key, read consistently."""
        with aws_errors():
            answer = self.client.get_item(TableName=self.name, Key=to_dynamo(key), ConsistentRead=True)
        return from_dynamo(answer["Item"]) if "Item" in answer else None

    def get_many(self, keys: Sequence[Item]) -> list[Item]:
        """The items of these keys in their order, read consistently; what is gone is left out.

        Raises:
            TemporaryError: the table gave only some of them, again and again.
        """
        found: list[Item] = []
        for first in range(0, len(keys), MOST_AT_ONCE):
            found += self._batch([to_dynamo(key) for key in keys[first : first + MOST_AT_ONCE]])
        by_key = {tuple(item[name] for name in keys[0]): item for item in found}
        return [item for key in keys if (item := by_key.get(tuple(key.values()))) is not None]

    def _batch(self, wanted: Sequence[Mapping[str, Any]]) -> list[Item]:
        found: list[Item] = []
        for _ in range(TRIES):
            with aws_errors():
                answer = self.client.batch_get_item(RequestItems={self.name: {"Keys": wanted, "ConsistentRead": True}})
            found += map(from_dynamo, answer["Responses"].get(self.name, ()))
            left = answer.get("UnprocessedKeys", {}).get(self.name)
            if left is None:
                return found
            wanted = left["Keys"]
        raise TemporaryError("too_many_requests", f"BatchGetItem left {len(wanted)} keys.")

    def replace(self, key: Item, old: Item, new: Item) -> bool:
        """Write what differs between two states of an item; False if somebody wrote it since `old` was read."""
        with aws_errors():
            try:
                self.client.update_item(TableName=self.name, **update_of(key, old, new))
            except ClientError as error:
                if condition_failed(error):
                    return False
                raise
        return True
