"""What a list asks of DynamoDB: a bounded number of queries and samples, however long the history and the filter."""

from __future__ import annotations

import pytest

from functions.adapters import items
from functions.adapters.dynamodb_chargers import DynamoChargers
from functions.adapters.dynamodb_sessions import DynamoSessions
from functions.adapters.memory import MemoryWatchers
from functions.domain.patience import Patience
from functions.domain.reading import MOST_PAGES_READ, Reading
from tests.contract.functions.conftest import CHARGERS, SESSIONS, Aws
from tests.support import builders
from tests.support.builders import OWNER
from tests.support.clock import NOON_MS, FakeClock


@pytest.fixture
def reading(aws: Aws) -> Reading:
    for number in range(40):
        session = builders.active_session(session_id=f"01JB{number:022d}", created_at_ms=NOON_MS + number)
        aws.put(SESSIONS, items.session_to_item(session))
    aws.calls.clear()
    return Reading(
        sessions=DynamoSessions(aws.dynamodb, SESSIONS, CHARGERS),
        chargers=DynamoChargers(aws.dynamodb, CHARGERS),
        watchers=MemoryWatchers(),
        clock=FakeClock(),
        patience=Patience(),
    )


@pytest.mark.parametrize("limit", [1, 5, 9])
def test_a_filter_that_nothing_passes_reads_four_short_pages_and_says_where_to_go_on(
    aws: Aws, reading: Reading, limit: int
) -> None:
    page = reading.sessions_of(OWNER, status="failed", from_ms=None, to_ms=None, limit=limit, cursor=None)
    assert dict(aws.calls) == {"Query": MOST_PAGES_READ, "BatchGetItem": MOST_PAGES_READ}
    assert page.items == []
    assert page.cursor == f"{NOON_MS + 40 - MOST_PAGES_READ * limit}#01JB{40 - MOST_PAGES_READ * limit:022d}"


@pytest.mark.parametrize("limit", [1, 20, 40])
def test_a_page_without_a_filter_is_one_query_of_keys_and_one_read_of_all(
    aws: Aws, reading: Reading, limit: int
) -> None:
    page = reading.sessions_of(OWNER, status=None, from_ms=None, to_ms=None, limit=limit, cursor=None)
    assert dict(aws.calls) == {"Query": 1, "BatchGetItem": 1}
    assert len(page.items) == limit


def test_a_thinned_curve_is_one_query_of_as_many_samples_as_asked_for(aws: Aws, reading: Reading) -> None:
    session_id = f"01JB{0:022d}"
    reading.meter_samples(session_id, owner=OWNER, limit=10, cursor=None, every_ms=30_000)
    assert dict(aws.calls) == {"GetItem": 1, "Query": 1}
