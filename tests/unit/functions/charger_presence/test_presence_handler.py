"""A batch of the presence queue."""

from __future__ import annotations

import json

from functions.charger_presence.handler import handler
from tests.support import builders
from tests.support.api_events import LambdaContext, sqs_event
from tests.support.clock import NOON_MS
from tests.support.cloud import Cloud


def test_connections_are_taken_in_and_what_is_none_is_set_aside(cloud: Cloud) -> None:
    lost = json.dumps(
        {
            "clientId": builders.CHARGER,
            "eventType": "disconnected",
            "at": NOON_MS,
            "sessionIdentifier": "connection-1",
            "versionNumber": 3,
            "disconnectReason": "CONNECTION_LOST",
        }
    )
    answer = handler(sqs_event("garbage", lost), LambdaContext(), (cloud.presence, cloud.dead_letters))
    assert answer == {"batchItemFailures": []}
    assert cloud.memory.chargers[builders.CHARGER].connected is False
    ((body, why),) = cloud.dead_letters.letters
    assert (body, why.split(":")[0]) == ("garbage", "invalid_document")
