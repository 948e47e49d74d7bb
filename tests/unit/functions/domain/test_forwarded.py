"""A rule's letter: what AWS IoT wraps around an event that it could not forward is taken off again."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from contract.topics import events_topic, shadow_topic
from functions.domain.errors import ContractViolation
from functions.domain.forwarded import EventDocument, document_of, event_of
from functions.domain.records import SessionPhase
from tests.support import builders
from tests.support.builders import CHARGER
from tests.support.cloud import Cloud

ENDED = builders.event("ended", 9)


def letter(topic: str = events_topic(CHARGER, 1), payload: Any = ENDED, **changes: Any) -> str:
    """As the error action of a topic rule writes it."""
    return json.dumps(
        {
            "ruleName": "polaris_session_events",
            "topic": topic,
            "cloudwatchTraceId": "7e146a2c-95b5-6caf-98b9-50e3969734c7",
            "clientId": CHARGER,
            "base64OriginalPayload": base64.b64encode(json.dumps(payload).encode()).decode(),
            "failures": [{"failedAction": "SqsAction", "failedResource": "queue", "errorMessage": "access denied"}],
            **changes,
        }
    )


@pytest.mark.parametrize("topic", [events_topic(CHARGER, 2), f"polaris/v1/{CHARGER}/2/events"])
def test_an_event_that_its_rule_could_not_forward_is_read_from_the_rules_letter(topic: str) -> None:
    document = document_of(letter(topic))
    assert isinstance(document, EventDocument)
    assert (document.charger_id, document.evse) == (CHARGER, 2)
    assert event_of(document).model_dump(by_alias=True, exclude_none=True)["seq"] == 9


def test_the_end_of_a_session_that_its_rule_could_not_forward_is_taken_when_the_letter_is_moved_back() -> None:
    cloud = Cloud()
    cloud.keep(builders.charger(), builders.evse(), builders.active_session())
    assert cloud.hear(letter()) == ["ended"]
    assert cloud.session().phase is SessionPhase.ENDED


@pytest.mark.parametrize(
    "body",
    [
        letter(shadow_topic(CHARGER, 1, "update/documents")),
        letter(events_topic("../PX-0001", 1)),
        letter(events_topic("PX 0001", 1)),
        letter(events_topic(CHARGER, 33)),
        letter(base64OriginalPayload=None),
        letter(topic=""),
    ],
)
def test_any_other_letter_of_a_rule_stays_a_document_that_nobody_can_use(body: str) -> None:
    with pytest.raises(ContractViolation) as error:
        document_of(body)
    assert error.value.code == "invalid_document"


def test_what_is_no_event_in_a_rules_letter_breaks_the_contract() -> None:
    document = document_of(letter(payload={"v": 1}))
    assert isinstance(document, EventDocument)
    with pytest.raises(ContractViolation) as error:
        event_of(document)
    assert error.value.code == "invalid_event"
