"""The drivers' cards in DynamoDB."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.adapters import items
from functions.adapters.table import Table
from functions.domain.records import CardRecord

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class DynamoCards:
    """`functions.domain.ports.Cards` over the cards table."""

    client: DynamoDBClient
    cards_table: str

    def get(self, id_token_hash: str) -> CardRecord | None:
        """See `Cards.get`."""
        item = Table(self.client, self.cards_table).get(items.card_key(id_token_hash))
        return items.card_from_item(item) if item else None
