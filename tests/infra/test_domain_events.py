"""From the sessions' stream to the bus and to operators, as the template has it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from functions.domain.event_documents import KINDS, SOURCE

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


def test_what_is_kept_of_the_curve_wakes_nobody(dev: Synthesised) -> None:
    (pattern,) = dev.one("AWS::Lambda::EventSourceMapping", "DomainEvents")["FilterCriteria"]["Filters"]
    assert json.loads(pattern["Pattern"]) == {"dynamodb": {"Keys": {"item": {"S": ["session"]}}}}


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
