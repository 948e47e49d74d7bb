"""Connected or not, from lifecycle events that come twice and in any order."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from functions.domain.errors import ContractViolation
from tests.support import builders
from tests.support.clock import NOON_MS
from tests.support.cloud import Cloud

VERSIONS = {"zeroth": 6, "first": 7, "second": 9}


def lifecycle(kind: str, at_ms: int, connection: str, **changes: Any) -> str:
    event = {"clientId": builders.CHARGER, "eventType": kind, "at": at_ms, "sessionIdentifier": connection}
    version = VERSIONS.get(connection, 0)
    return json.dumps(event | {"versionNumber": version, "disconnectReason": "CONNECTION_LOST"} | changes)


@pytest.fixture
def cloud() -> Cloud:
    cloud = Cloud()
    cloud.keep(builders.charger(connected=None, presence_at_ms=None, presence_session=None))
    return cloud


def connected(cloud: Cloud) -> bool | None:
    return cloud.memory.chargers[builders.CHARGER].connected


def test_a_connection_made_and_lost_is_told_as_it_is(cloud: Cloud) -> None:
    assert cloud.presence.take(lifecycle("connected", NOON_MS, "first")) == "connected"
    assert connected(cloud) is True
    assert cloud.presence.take(lifecycle("disconnected", NOON_MS + 5, "first")) == "disconnected"
    assert connected(cloud) is False


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_reconnection_reads_as_connected_in_whatever_order_its_news_comes(
    cloud: Cloud, order: tuple[int, ...]
) -> None:
    news = [
        lifecycle("connected", NOON_MS, "first"),
        lifecycle("disconnected", NOON_MS + 60_000, "first"),
        lifecycle("connected", NOON_MS + 60_000, "second"),
    ]
    for index in order:
        cloud.presence.take(news[index])
    assert connected(cloud) is True


@pytest.mark.parametrize("before", [None, False])
def test_news_of_a_connection_that_comes_after_its_loss_does_not_resurrect_a_charger(
    cloud: Cloud,
    before: bool | None,  # noqa: FBT001 - what is known, as a table column
) -> None:
    """Scenario 18: connected for 24 h on a dead socket."""
    if before is False:
        zeroth = {"presence_at_ms": NOON_MS - 9, "presence_session": "zeroth", "presence_version": 6}
        cloud.keep(builders.charger(connected=False, **zeroth))
    cloud.presence.take(lifecycle("disconnected", NOON_MS + 5, "first"))
    cloud.presence.take(lifecycle("connected", NOON_MS, "first"))
    assert connected(cloud) is False


def test_the_loss_of_an_old_connection_leaves_the_new_one(cloud: Cloud) -> None:
    cloud.presence.take(lifecycle("connected", NOON_MS, "second"))
    cloud.presence.take(lifecycle("disconnected", NOON_MS + 90_000, "first"))
    assert connected(cloud) is True


def test_a_charger_that_was_back_before_its_loss_counted_was_never_offline(cloud: Cloud) -> None:
    """Losses are held back for some seconds (infra): the news of the new connection overtakes them."""
    cloud.presence.take(lifecycle("connected", NOON_MS, "first"))
    cloud.presence.take(lifecycle("connected", NOON_MS + 62_000, "second"))
    writes = cloud.memory.writes
    cloud.presence.take(lifecycle("disconnected", NOON_MS + 60_000, "first"))
    assert (connected(cloud), cloud.memory.writes) == (True, writes)


def test_the_loss_of_a_connection_whose_beginning_is_not_known_yet_counts(cloud: Cloud) -> None:
    cloud.presence.take(lifecycle("connected", NOON_MS, "first"))
    cloud.presence.take(lifecycle("disconnected", NOON_MS + 70_000, "second"))
    assert connected(cloud) is False
    cloud.presence.take(lifecycle("connected", NOON_MS + 62_000, "second"))
    assert connected(cloud) is False


def test_times_that_are_two_minutes_off_do_not_make_an_old_connection_the_newer_one(cloud: Cloud) -> None:
    cloud.presence.take(lifecycle("connected", NOON_MS, "second"))
    cloud.presence.take(lifecycle("connected", NOON_MS + 120_000, "first"))
    cloud.presence.take(lifecycle("disconnected", NOON_MS + 120_000, "first"))
    assert connected(cloud) is True
    assert cloud.memory.chargers[builders.CHARGER].presence_session == "second"


def test_a_connection_after_hours_without_one_is_the_newer_one_although_it_is_numbered_from_0_again(
    cloud: Cloud,
) -> None:
    cloud.presence.take(lifecycle("connected", NOON_MS, "first"))
    back = lifecycle("connected", NOON_MS + 2 * 3_600_000, "third", versionNumber=0)
    cloud.presence.take(back)
    cloud.presence.take(lifecycle("disconnected", NOON_MS + 60_000, "first"))
    assert connected(cloud) is True
    assert cloud.memory.chargers[builders.CHARGER].presence_session == "third"


def test_a_charger_on_record_from_before_connections_were_numbered_is_told_by_the_times(cloud: Cloud) -> None:
    cloud.keep(builders.charger(connected=True, presence_at_ms=NOON_MS, presence_session="zeroth"))
    cloud.presence.take(lifecycle("connected", NOON_MS - 1, "first"))
    assert cloud.memory.chargers[builders.CHARGER].presence_session == "zeroth"
    cloud.presence.take(lifecycle("connected", NOON_MS, "first"))
    assert cloud.memory.chargers[builders.CHARGER].presence_session == "first"


def test_the_same_news_twice_is_written_once(cloud: Cloud) -> None:
    for _ in range(3):
        cloud.presence.take(lifecycle("connected", NOON_MS, "first"))
    for _ in range(3):
        cloud.presence.take(lifecycle("disconnected", NOON_MS + 1, "first"))
    assert cloud.memory.writes == 2


@pytest.mark.parametrize("client", ["PX-9999", "some dashboard/of ours"])
def test_other_clients_of_the_account_are_none_of_our_business(cloud: Cloud, client: str) -> None:
    assert cloud.presence.take(lifecycle("connected", NOON_MS, "x", clientId=client)) == "not_a_charger"
    assert cloud.memory.writes == 0


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no JSON",
        "[]",
        "{}",
        lifecycle("subscribed", NOON_MS, "first"),
        lifecycle("connected", NOON_MS, "first", at="soon"),
        lifecycle("connected", NOON_MS, "first", clientId=""),
        lifecycle("connected", NOON_MS, "first", sessionIdentifier=None),
        lifecycle("connected", NOON_MS, "first", versionNumber="newest"),
    ],
)
def test_what_is_not_a_lifecycle_event_breaks_the_contract(cloud: Cloud, body: str) -> None:
    with pytest.raises(ContractViolation):
        cloud.presence.take(body)
    assert cloud.memory.writes == 0
