"""The drivers' cards in DynamoDB."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from functions.adapters import items
from functions.adapters.aws_errors import aws_errors
from functions.adapters.table import Table, condition_failed, from_dynamo, to_dynamo
from functions.domain.records import CardRecord

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BY_OWNER = "by_owner"
"""Index of the cards by owner."""


@dataclass(frozen=True, slots=True)
class DynamoCards:
    """`functions.domain.ports.Cards` over the cards table."""

    client: DynamoDBClient
    cards_table: str

    @property
    def _table(self) -> Table:
        return Table(self.client, self.cards_table)

    def get(self, id_token_hash: str) -> CardRecord | None:
        """See `Cards.get`."""
        item = self._table.get(items.card_key(id_token_hash))
        return items.card_from_item(item) if item else None

    def of_owner(self, owner: str, *, limit: int) -> list[CardRecord]:
        """See `Cards.of_owner`."""
        with aws_errors():
            answer = self.client.query(
                TableName=self.cards_table,
                IndexName=BY_OWNER,
                KeyConditionExpression="#owner = :owner",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues=to_dynamo({":owner": owner}),
                Limit=limit,
            )
        return [items.card_from_item(from_dynamo(item)) for item in answer["Items"]]

    def add(self, card: CardRecord) -> bool:
        """See `Cards.add`."""
        with aws_errors():
            try:
                self.client.put_item(
                    TableName=self.cards_table,
                    Item=to_dynamo(items.to_item(replace(card, revision=1))),
                    ConditionExpression="attribute_not_exists(id_token_hash)",
                )
            except ClientError as error:
                if condition_failed(error):
                    return False
                raise
        return True

    def replace(self, old: CardRecord, new: CardRecord) -> bool:
        """See `Cards.replace`."""
        return self._table.replace(items.card_key(old.id_token_hash), items.to_item(old), items.to_item(new))

    def remove(self, card: CardRecord) -> None:
        """See `Cards.remove`."""
        with aws_errors():
            try:
                self.client.delete_item(
                    TableName=self.cards_table,
                    Key=to_dynamo(items.card_key(card.id_token_hash)),
                    ConditionExpression="#owner = :owner AND #status = :status",
                    ExpressionAttributeNames={"#owner": "owner", "#status": "status"},
                    ExpressionAttributeValues=to_dynamo({":owner": card.owner, ":status": card.status.value}),
                )
            except ClientError as error:
                if not condition_failed(error):
                    raise
