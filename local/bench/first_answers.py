"""For each function a first event, what AWS answers to the calls it makes for it, and what its answer then holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from functions.adapters import items
from functions.adapters.table import to_dynamo
from tests.support import builders
from tests.support.api_events import api_event, operator_event, session_event, sqs_event, start_event, stop_event
from tests.support.builders import CHARGER
from tests.support.clock import NOON_MS

Answers = Mapping[str, Mapping[str, Any]]
"""By operation."""


@dataclass(frozen=True)
class First:
    """A function's first event."""

    event: Mapping[str, Any]
    expect: str
    answers: Answers = field(default_factory=dict)

    def described(self) -> dict[str, Any]:
        """The same as a document."""
        return {"event": self.event, "expect": self.expect, "answers": self.answers}


def _ok(status: int = 200) -> str:
    return f'"statusCode": {status}'


TAKEN = '"batchItemFailures": []'
_SESSION = to_dynamo(items.session_to_item(builders.active_session()))
_STOPPING = to_dynamo(items.session_to_item(builders.stopping_session()))
_CHARGER = to_dynamo(items.to_item(builders.charger()) | items.charger_key(CHARGER))
_EVSE = to_dynamo(items.to_item(builders.evse()) | items.evse_key(CHARGER, 1))
_SERIAL = to_dynamo({"serial_number": "SN-4711", "charger_id": CHARGER, "armed_at_ms": NOON_MS})
_PRESENT = {
    "eventType": "connected",
    "clientId": CHARGER,
    "at": NOON_MS,
    "sessionIdentifier": "c-2",
    "versionNumber": 4,
}

FIRST: dict[str, First] = {
    "stop_session": First(stop_event(), _ok(202), {"UpdateItem": {"Attributes": _STOPPING}}),
    "start_session": First(start_event(), _ok(202), {"Query": {"Items": [_CHARGER, _EVSE]}}),
    "sessions_api": First(session_event(), _ok(), {"GetItem": {"Item": _SESSION}}),
    "chargers_api": First(api_event("GET", "/v1/chargers"), _ok(), {"Scan": {"Items": [_CHARGER, _EVSE]}}),
    "cards_api": First(api_event("GET", "/v1/cards"), _ok(), {"Query": {"Items": []}}),
    "sharing_api": First(
        api_event("GET", f"/v1/sessions/{builders.SESSION}/stop-right", params={"sessionId": builders.SESSION}),
        _ok(),
        {"GetItem": {"Item": _SESSION}},
    ),
    "account_api": First(api_event("DELETE", "/v1/me"), _ok(204), {"Query": {"Items": []}}),
    "operator_api": First(operator_event("GET", "chargers"), _ok(), {"Scan": {"Items": [_CHARGER, _EVSE]}}),
    "charger_reports": First(
        sqs_event(builders.event_message(builders.event("meter", 9, meterWh=9000))),
        TAKEN,
        {"GetItem": {"Item": _SESSION}},
    ),
    "charger_presence": First(sqs_event(json.dumps(_PRESENT)), TAKEN, {"GetItem": {"Item": _CHARGER}}),
    "authorise_card": First(sqs_event(builders.question_message(builders.question())), TAKEN),
    "domain_events": First(
        {"Records": [builders.stream_record(builders.pending_session(), builders.active_session())]},
        TAKEN,
        {"PutEvents": {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}},
    ),
    "session_sweeper": First({}, "", {"Query": {"Items": []}, "Scan": {"Items": []}}),
    "provisioning_hook": First(
        {"parameters": {"SerialNumber": "SN-0815", "Attempt": "0" * 32}, "clientId": "provision-SN-0815"},
        '"allowProvisioning": false',
    ),
}
