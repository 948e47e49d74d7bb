"""The port `EventBus`, in memory and over EventBridge as moto plays it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from functions.adapters.event_bus import EventBridgeBus
from functions.adapters.memory_events import MemoryBus
from functions.domain.errors import ContractViolation, PolarisError, TemporaryError
from functions.domain.event_documents import DomainEvent
from functions.domain.telling import EventBus, events_between
from tests.contract.functions.conftest import REGION, Aws
from tests.support import builders

BUS = "polaris-test"


def started(number: int = 0) -> DomainEvent:
    session_id = f"01JB{number:022d}"
    (event,) = events_between(None, builders.active_session(session_id=session_id))
    return event


@dataclass
class BusWorld:
    """The port, and what a subscriber hears."""

    bus: EventBus
    aws: Aws | None = None

    def heard(self) -> list[tuple[str, dict[str, Any]]]:
        """Kind and detail of each."""
        if self.aws is None:
            assert isinstance(self.bus, MemoryBus)
            return [(event.KIND, event.to_detail()) for event in self.bus.told]
        found: list[tuple[str, dict[str, Any]]] = []
        while messages := self.aws.sqs.receive_message(QueueUrl=self.aws.queue_url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            events = [json.loads(message["Body"]) for message in messages]
            assert {event["source"] for event in events} == {"polaris.sessions"}
            found += [(event["detail-type"], event["detail"]) for event in events]
        return found


@pytest.fixture
def eventbridge(aws: Aws) -> Iterator[Any]:
    client = boto3.client("events", region_name=REGION)
    arn = aws.sqs.get_queue_attributes(QueueUrl=aws.queue_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    client.create_event_bus(Name=BUS)
    client.put_rule(Name="all", EventBusName=BUS, EventPattern=json.dumps({"source": ["polaris.sessions"]}))
    client.put_targets(Rule="all", EventBusName=BUS, Targets=[{"Id": "queue", "Arn": arn}])
    yield client
    client.remove_targets(Rule="all", EventBusName=BUS, Ids=["queue"])
    client.delete_rule(Name="all", EventBusName=BUS)
    client.delete_event_bus(Name=BUS)


@pytest.fixture(params=["memory", "eventbridge"])
def bus_world(request: pytest.FixtureRequest) -> BusWorld:
    if request.param == "memory":
        return BusWorld(MemoryBus())
    return BusWorld(EventBridgeBus(request.getfixturevalue("eventbridge"), BUS), request.getfixturevalue("aws"))


def test_a_subscriber_hears_what_was_told(bus_world: BusWorld) -> None:
    bus_world.bus.publish([started()])
    assert bus_world.heard() == [("session.started", started().to_detail())]


def test_more_than_one_call_takes_are_all_told(bus_world: BusWorld) -> None:
    events = [started(number) for number in range(23)]
    bus_world.bus.publish(events)
    told = [detail["eventId"] for _, detail in bus_world.heard()]
    assert sorted(told) == sorted(event.event_id for event in events)


def test_nothing_is_told_with_nothing(bus_world: BusWorld) -> None:
    bus_world.bus.publish([])
    assert bus_world.heard() == []


class Client:
    """An EventBridge client that fails as a whole, or that takes a call and fails some of its entries."""

    def __init__(self, *codes: str, whole: str = "") -> None:
        self._codes, self._whole = codes, whole

    def put_events(self, **_: Any) -> dict[str, Any]:
        if self._whole:
            raise ClientError({"Error": {"Code": self._whole}}, "PutEvents")
        entries = [{"ErrorCode": code, "ErrorMessage": "no"} if code else {"EventId": "1"} for code in self._codes]
        return {"FailedEntryCount": len(list(filter(None, self._codes))), "Entries": entries}


@pytest.mark.parametrize(
    ("client", "kind", "code"),
    [
        (Client("", "InternalFailure"), TemporaryError, "unavailable"),
        (Client("ThrottlingException"), TemporaryError, "too_many_requests"),
        (Client("ThrottlingException", "InternalFailure"), TemporaryError, "unavailable"),
        (Client("NotAuthorizedForSourceException", ""), ContractViolation, "internal"),
        (Client(whole="InternalException"), TemporaryError, "unavailable"),
        (Client(whole="AccessDeniedException"), ContractViolation, "internal"),
    ],
)
def test_a_call_that_succeeds_with_failed_entries_has_failed(
    client: Client, kind: type[PolarisError], code: str
) -> None:
    with pytest.raises(kind) as error:
        EventBridgeBus(client, BUS).publish([started(), started(1)])  # type: ignore[arg-type]  # the one method used
    assert error.value.code == code
