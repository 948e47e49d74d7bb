"""The bus that subscribers listen to, over EventBridge."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.adapters.aws_errors import aws_errors, error_of
from functions.domain.event_documents import SOURCE, DomainEvent

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

ENTRIES_AT_MOST = 10
"""Of one PutEvents (EventBridge API reference)."""


@dataclass(frozen=True, slots=True)
class EventBridgeBus:
    """`functions.domain.telling.EventBus` over one event bus."""

    client: EventBridgeClient
    bus_name: str

    def publish(self, events: Sequence[DomainEvent]) -> None:
        """See `EventBus.publish`. PutEvents succeeds although entries of it fail: each has its own error code."""
        for first in range(0, len(events), ENTRIES_AT_MOST):
            entries = [
                {
                    "EventBusName": self.bus_name,
                    "Source": SOURCE,
                    "DetailType": event.KIND,
                    "Time": event.at,
                    "Detail": json.dumps(event.to_detail()),
                }
                for event in events[first : first + ENTRIES_AT_MOST]
            ]
            with aws_errors():
                answer = self.client.put_events(Entries=entries)  # type: ignore[arg-type]  # the stub wants its own TypedDict
            if answer["FailedEntryCount"]:
                codes = {entry["ErrorCode"] for entry in answer["Entries"] if entry.get("ErrorCode")}
                raise error_of("PutEvents", sorted(codes))
