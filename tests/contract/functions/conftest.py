"""Every port on every adapter: a suite takes `world` and runs once in memory and once on AWS as moto plays it.

moto's conditional writes are not atomic under threads: races are tested in memory and on the local stack.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from moto import mock_aws

from functions.adapters import items
from functions.adapters.dynamodb_accounts import DynamoAccounts
from functions.adapters.dynamodb_cards import DynamoCards
from functions.adapters.dynamodb_chargers import DynamoChargers
from functions.adapters.dynamodb_operator import BY_CHARGER
from functions.adapters.dynamodb_sessions import BY_DEADLINE, BY_OWNER, DynamoSessions
from functions.adapters.memory import Memory, MemoryChargers, MemorySessions
from functions.adapters.memory_people import MemoryAccounts, MemoryCards
from functions.adapters.table import to_dynamo
from functions.domain.accounts import AccountRecord, Accounts
from functions.domain.ports import Cards, Chargers, Sessions
from functions.domain.records import CardRecord, ChargerRecord, EvseRecord, SessionRecord
from tests.support import builders

REGION = "eu-central-1"
SESSIONS, CHARGERS, CARDS, ACCOUNTS = "sessions", "chargers", "cards", "accounts"

Record = SessionRecord | ChargerRecord | EvseRecord | CardRecord | AccountRecord


@dataclass
class Aws:
    """Clients of a fresh account in this process, and how often each operation was called."""

    dynamodb: Any
    iot_data: Any
    sqs: Any
    iot: Any
    queue_url: str = ""
    calls: Counter[str] = field(default_factory=Counter)

    def item(self, table: str, key: items.Item) -> dict[str, Any]:
        """An item as it is stored, without counting the look at it."""
        before = Counter(self.calls)
        found: dict[str, Any] = self.dynamodb.get_item(TableName=table, Key=to_dynamo(key)).get("Item", {})
        self.calls = before
        return found

    def put(self, table: str, item: items.Item) -> None:
        before = Counter(self.calls)
        self.dynamodb.put_item(TableName=table, Item=to_dynamo(item))
        self.calls = before


@dataclass
class World:
    """The ports over one adapter, and a way to put records in without them."""

    sessions: Sessions
    chargers: Chargers
    cards: Cards
    accounts: Accounts
    memory: Memory | None = None
    aws: Aws | None = None

    def keep(self, *records: Record) -> None:
        for record in records:
            match record:
                case SessionRecord():
                    self._keep(record, SESSIONS, items.session_to_item(record))
                case ChargerRecord():
                    self._keep(record, CHARGERS, items.to_item(record) | items.charger_key(record.charger_id))
                case EvseRecord():
                    key = items.evse_key(record.charger_id, record.evse_id)
                    self._keep(record, CHARGERS, items.to_item(record) | key)
                case CardRecord():
                    self._keep(record, CARDS, items.to_item(record))
                case AccountRecord():
                    self._keep(record, ACCOUNTS, items.to_item(record))

    def _keep(self, record: Record, table: str, item: items.Item) -> None:
        if self.aws is not None:
            self.aws.put(table, item)
        if self.memory is not None:
            match record:
                case SessionRecord():
                    self.memory.sessions[record.session_id] = record
                case ChargerRecord():
                    self.memory.chargers[record.charger_id] = record
                case EvseRecord():
                    self.memory.evses[(record.charger_id, record.evse_id)] = record
                case CardRecord():
                    self.memory.cards[record.id_token_hash] = record
                case AccountRecord():
                    self.memory.accounts[record.owner] = record


@pytest.fixture(scope="module")
def account() -> Iterator[Aws]:
    """Making clients takes longer than all a test does with them, so they are made once."""
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        for name, value in {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
            "AWS_EC2_METADATA_DISABLED": "true",
        }.items():
            environment.setenv(name, value)
        environment.delenv("AWS_ENDPOINT_URL", raising=False)
        session = boto3.Session(region_name=REGION)
        dynamodb, iot_data, sqs = session.client("dynamodb"), session.client("iot-data"), session.client("sqs")
        made = Aws(dynamodb, iot_data, sqs, session.client("iot"))
        for client in (dynamodb, iot_data, sqs):
            client.meta.events.register("before-call.*.*", lambda model, **_: made.calls.update([model.name]))
        yield made


@pytest.fixture
def aws(account: Aws) -> Iterator[Aws]:
    """The account with empty tables, one thing without a shadow, and an empty queue."""
    create_tables(account.dynamodb)
    account.iot.create_thing(thingName=builders.CHARGER)
    account.queue_url = account.sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
    account.calls.clear()
    yield account
    account.sqs.delete_queue(QueueUrl=account.queue_url)
    account.iot.delete_thing(thingName=builders.CHARGER)
    for table in (SESSIONS, CHARGERS, CARDS, ACCOUNTS):
        account.dynamodb.delete_table(TableName=table)


def create_tables(dynamodb: Any) -> None:
    """The tables as infra/tables.py declares them."""
    text, number = "S", "N"

    def create(name: str, partition: str, **more: Any) -> None:
        attributes = {partition: text, "item": text} | more.pop("attributes", {})
        dynamodb.create_table(
            TableName=name,
            KeySchema=[
                {"AttributeName": partition, "KeyType": "HASH"},
                {"AttributeName": "item", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[{"AttributeName": it, "AttributeType": kind} for it, kind in attributes.items()],
            BillingMode="PAY_PER_REQUEST",
            **more,
        )

    create(CHARGERS, "charger_id")
    dynamodb.create_table(
        TableName=ACCOUNTS,
        KeySchema=[{"AttributeName": "owner", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "owner", "AttributeType": text}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.create_table(
        TableName=CARDS,
        KeySchema=[{"AttributeName": "id_token_hash", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": it, "AttributeType": text} for it in ("id_token_hash", "owner")],
        GlobalSecondaryIndexes=[
            {
                "IndexName": BY_OWNER,
                "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    create(
        SESSIONS,
        "session_id",
        attributes={
            "owner": text,
            "created_at_ms": number,
            "charger_id": text,
            "open_shard": text,
            "due_at_ms": number,
        },
        GlobalSecondaryIndexes=[
            {
                "IndexName": BY_OWNER,
                "KeySchema": [
                    {"AttributeName": "owner", "KeyType": "HASH"},
                    {"AttributeName": "created_at_ms", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            },
            {
                "IndexName": BY_DEADLINE,
                "KeySchema": [
                    {"AttributeName": "open_shard", "KeyType": "HASH"},
                    {"AttributeName": "due_at_ms", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            },
            {
                "IndexName": BY_CHARGER,
                "KeySchema": [
                    {"AttributeName": "charger_id", "KeyType": "HASH"},
                    {"AttributeName": "created_at_ms", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            },
        ],
    )


@pytest.fixture(params=["memory", "dynamodb"])
def world(request: pytest.FixtureRequest) -> World:
    if request.param == "memory":
        memory = Memory()
        return World(
            MemorySessions(memory), MemoryChargers(memory), MemoryCards(memory), MemoryAccounts(memory), memory=memory
        )
    aws: Aws = request.getfixturevalue("aws")
    return World(
        DynamoSessions(aws.dynamodb, SESSIONS, CHARGERS),
        DynamoChargers(aws.dynamodb, CHARGERS),
        DynamoCards(aws.dynamodb, CARDS),
        DynamoAccounts(aws.dynamodb, ACCOUNTS),
        aws=aws,
    )
