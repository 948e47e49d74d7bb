"""From the sessions' stream to the bus and to operators, as the template has it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from contract.vocabulary import EndMethod, EndReason
from functions.domain.event_documents import KINDS, SOURCE
from functions.domain.records import Confidence, EndBasis, EndRecord, IntentStatus, SessionPhase, SessionRecord
from functions.domain.telling import events_between
from tests.infra.stream_filter import wakes
from tests.support import builders
from tests.support.clock import NOON_MS

if TYPE_CHECKING:
    from tests.infra.templates import Synthesised

DEAD_LETTERS = "<DomainEventsDeadLetters.Arn>"


def test_the_stream_of_the_sessions_tells_what_was_and_what_is(dev: Synthesised) -> None:
    tables = dev.of_type("AWS::DynamoDB::GlobalTable")
    streams = {name: body["StreamSpecification"] for name, body in tables.items() if "StreamSpecification" in body}
    assert streams == {"TablesSessions": {"StreamViewType": "NEW_AND_OLD_IMAGES"}}


def test_a_change_is_tried_for_hours_in_smaller_and_smaller_parts_and_then_kept(dev: Synthesised) -> None:
    mapping = dev.one("AWS::Lambda::EventSourceMapping", "DomainEvents")
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    assert mapping["MaximumRecordAgeInSeconds"] == 6 * 3600
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["DestinationConfig"] == {"OnFailure": {"Destination": DEAD_LETTERS}}


FAILED = builders.stop_intent(status=IntentStatus.FAILED, settled_at_ms=NOON_MS)
REPORTED = EndRecord(
    reason=EndReason.REMOTE, method=EndMethod.REPORTED, at_ms=NOON_MS, received_at_ms=NOON_MS, meter_wh=8200
)
CONCLUDED = replace(
    REPORTED, method=EndMethod.ESTIMATED, basis=EndBasis.LAST_SAMPLE, confidence=Confidence.LOW, received_at_ms=5
)
STAGES: tuple[dict[str, Any], ...] = (
    {},
    {"stop": builders.stop_intent()},
    {"stop": builders.stop_intent(overdue_at_ms=NOON_MS)},
    {"stop": FAILED},
    {"stop": builders.stop_intent(intent_id="x"), "past_stops": (FAILED,)},
    {"phase": SessionPhase.ENDED, "end": CONCLUDED},
    {"phase": SessionPhase.ENDED, "end": CONCLUDED, "started_at_ms": None},
    {"phase": SessionPhase.ENDED, "end": REPORTED, "superseded_end": CONCLUDED},
    {"reopened_at_ms": NOON_MS, "superseded_end": CONCLUDED},
)
LIVES = (
    [builders.pending_session(), *(builders.active_session(**stage) for stage in STAGES)],
    [
        builders.card_session(started_at_ms=None, start_meter_wh=None),
        *(builders.card_session(**stage) for stage in STAGES),
    ],
)


@pytest.mark.parametrize("life", LIVES, ids=["begun in the app", "begun with a card"])
def test_every_change_that_means_something_wakes_the_function(dev: Synthesised, life: list[SessionRecord]) -> None:
    changes = [(old, new) for old in life for new in life if list(events_between(old, new))]
    assert len(changes) > len(life)
    asleep = [(old, new) for old, new in changes if not wakes(dev, builders.stream_record(old, new))]
    assert asleep == []


def test_a_start_and_the_samples_of_a_session_that_charges_wake_nobody(dev: Synthesised) -> None:
    active = builders.active_session()
    sampled = builders.stream_record(active, replace(active, meter_wh=9000, as_of_ms=NOON_MS + 5))
    point = {"Keys": {"item": {"S": "meter#1#1"}}, "NewImage": {"item": {"S": "meter#1#1"}, "seq": {"N": "1"}}}
    for record in (sampled, builders.stream_record(None, builders.pending_session()), {"dynamodb": point}):
        assert not wakes(dev, record)


def test_operators_hear_of_stops_that_fail_or_are_overdue_and_of_sessions_that_were_concluded(dev: Synthesised) -> None:
    rule = dev.one("AWS::Events::Rule", "ForOperators")
    assert rule["EventBusName"] == "<DomainEventsBus>"
    assert rule["EventPattern"] == {
        "source": [SOURCE],
        "detail-type": ["stop.failed", "stop.overdue", "session.closed_estimated"],
    }
    assert set(rule["EventPattern"]["detail-type"]) <= {kind.KIND for kind in KINDS}
    (target,) = rule["Targets"]
    assert (target["Arn"], target["DeadLetterConfig"]) == ("<OperatorsTopic>", {"Arn": DEAD_LETTERS})
    assert target["RoleArn"] == "<DomainEventsPublisher.Arn>"


def test_operators_are_not_told_whose_session_it_is(dev: Synthesised) -> None:
    (target,) = dev.one("AWS::Events::Rule", "ForOperators")["Targets"]
    paths = target["InputTransformer"]["InputPathsMap"]
    assert set(paths.values()) == {
        "$.detail-type",
        "$.detail.chargerId",
        "$.detail.evseId",
        "$.detail.sessionId",
        "$.detail.at",
    }
    sentence = json.loads(target["InputTransformer"]["InputTemplate"])
    assert all(f"<{name}>" in sentence for name in paths)


def test_only_rules_of_the_bus_may_put_what_they_could_not_deliver_into_the_dead_letters(dev: Synthesised) -> None:
    policy = dev.one("AWS::SQS::QueuePolicy", "DomainEvents")["PolicyDocument"]
    (statement,) = (it for it in policy["Statement"] if it["Effect"] == "Allow")
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert (statement["Action"], statement["Resource"]) == ("sqs:SendMessage", DEAD_LETTERS)
    assert statement["Condition"]["ArnLike"]["aws:SourceArn"].endswith(":rule/<DomainEventsBus>/*")
