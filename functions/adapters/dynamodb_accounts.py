"""What is on record of accounts, in DynamoDB: key `owner`, and an attribute for each of the record's fields."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from functions.adapters import items
from functions.adapters.aws_errors import aws_errors
from functions.adapters.table import Table, condition_failed, to_dynamo
from functions.domain.accounts import AccountRecord

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class DynamoAccounts:
    """`functions.domain.accounts.Accounts` over the accounts table."""

    client: DynamoDBClient
    accounts_table: str

    def get(self, owner: str) -> AccountRecord:
        """See `Accounts.get`."""
        item = Table(self.client, self.accounts_table).get({"owner": owner})
        return _account(item) if item else AccountRecord(owner=owner)

    def replace(self, old: AccountRecord, new: AccountRecord) -> bool:
        """See `Accounts.replace`."""
        if old.revision:
            table = Table(self.client, self.accounts_table)
            return table.replace({"owner": old.owner}, items.to_item(old), items.to_item(new))
        with aws_errors():
            try:
                self.client.put_item(
                    TableName=self.accounts_table,
                    Item=to_dynamo(items.to_item(replace(new, revision=1))),
                    ConditionExpression="attribute_not_exists(#owner)",
                    ExpressionAttributeNames={"#owner": "owner"},
                )
            except ClientError as error:
                if condition_failed(error):
                    return False
                raise
        return True


def _account(item: items.Item) -> AccountRecord:
    return AccountRecord(
        owner=item["owner"],
        suspended_at_ms=items.whole(item, "suspended_at_ms"),
        suspended_why=item.get("suspended_why", ""),
        deletion_asked_at_ms=items.whole(item, "deletion_asked_at_ms"),
        deleted_at_ms=items.whole(item, "deleted_at_ms"),
        expires_at=items.whole(item, "expires_at"),
        revision=int(item.get("revision", 0)),
    )
