"""What a start asks of DynamoDB: only what its role allows (infra/permissions.py), also when things go wrong."""

from __future__ import annotations

import itertools

import pytest

from functions.adapters import items
from functions.adapters.dynamodb_accounts import DynamoAccounts
from functions.adapters.dynamodb_chargers import DynamoChargers
from functions.adapters.dynamodb_sessions import DynamoSessions
from functions.adapters.memory import MemoryShadows
from functions.domain.errors import TemporaryError
from functions.domain.patience import Patience
from functions.domain.starting import Starting
from tests.contract.functions.conftest import ACCOUNTS, CHARGERS, SESSIONS, Aws
from tests.support import builders
from tests.support.builders import CHARGER, OWNER, TARIFF
from tests.support.clock import FakeClock

ON_SESSIONS_ONLY = "GetItem"
"""The role may read single items of sessions and accounts, not of the chargers table: those come by Query."""


@pytest.fixture
def shadows() -> MemoryShadows:
    return MemoryShadows()


@pytest.fixture
def starting(aws: Aws, shadows: MemoryShadows) -> Starting:
    numbers = itertools.count()
    aws.put(CHARGERS, {**items.to_item(builders.charger(tariff=TARIFF)), "item": items.CHARGER_ITEM})
    aws.put(CHARGERS, {**items.to_item(builders.evse()), **items.evse_key(CHARGER, 1)})
    aws.calls.clear()
    return Starting(
        sessions=DynamoSessions(aws.dynamodb, SESSIONS, CHARGERS),
        chargers=DynamoChargers(aws.dynamodb, CHARGERS),
        accounts=DynamoAccounts(aws.dynamodb, ACCOUNTS),
        shadows=shadows,
        clock=FakeClock(),
        new_id=lambda: f"01JE{next(numbers):022d}",
        patience=Patience(),
    )


def test_a_start_reads_account_twice_and_charger_and_is_one_transaction_the_tariff_included(
    aws: Aws, starting: Starting
) -> None:
    session = starting.start(CHARGER, 1, owner=OWNER)
    assert dict(aws.calls) == {"GetItem": 2, "Query": 1, "TransactWriteItems": 1}
    assert session.tariff == TARIFF


def test_a_start_that_was_not_sent_says_so_and_gives_the_evse_back_without_reading_what_its_role_may_not(
    aws: Aws, starting: Starting, shadows: MemoryShadows
) -> None:
    shadows.failing_with = TemporaryError("unavailable")
    with pytest.raises(TemporaryError):
        starting.start(CHARGER, 1, owner=OWNER)
    assert dict(aws.calls) == {"GetItem": 3, "Query": 2, "TransactWriteItems": 1, "UpdateItem": 2}


def test_a_start_with_the_same_key_reads_its_session_and_the_charger(aws: Aws, starting: Starting) -> None:
    starting.start(CHARGER, 1, owner=OWNER, idempotency_key="tap")
    aws.calls.clear()
    starting.start(CHARGER, 1, owner=OWNER, idempotency_key="tap")
    assert dict(aws.calls) == {ON_SESSIONS_ONLY: 1, "Query": 1}
