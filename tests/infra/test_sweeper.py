"""The sweeper is woken every minute, and somebody is told when it does not do its work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from functions.domain.patience import Patience
from functions.session_sweeper.handler import METRICS
from infra.function_table import ACK_TIMEOUT_S, START_TTL_S
from tests.infra.templates import allowed

if TYPE_CHECKING:
    from tests.infra.templates import Synthesised

FUNCTION, DEAD_LETTERS = "<FunctionssessionsweeperFunction", "<SweeperDeadLetters.Arn>"


def test_the_sweeper_is_woken_every_minute_and_a_wake_up_that_fails_is_kept(dev: Synthesised) -> None:
    schedule = dev.one("AWS::Scheduler::Schedule")
    assert schedule["ScheduleExpression"] == "rate(1 minute)"
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert schedule.get("State", "ENABLED") == "ENABLED"
    target = schedule["Target"]
    assert (target["Arn"], target["RoleArn"]) == (f"{FUNCTION}.Arn>", "<SweeperRole.Arn>")
    assert target["DeadLetterConfig"] == {"Arn": DEAD_LETTERS}
    assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 0}


def test_the_schedule_may_wake_the_sweeper_and_nothing_else(dev: Synthesised) -> None:
    role = dev.one("AWS::IAM::Role", "SweeperRole")
    may = {pair for policy in role["Policies"] for pair in allowed(policy["PolicyDocument"])}
    assert may == {("lambda:InvokeFunction", f"{FUNCTION}.Arn>"), ("sqs:SendMessage", DEAD_LETTERS)}
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    group = "arn:aws:scheduler:eu-central-1:123456789012:schedule-group/default"
    assert trust["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012", "aws:SourceArn": group},
    }


def test_a_sweep_that_fails_is_kept_and_not_tried_again(dev: Synthesised) -> None:
    assert dev.function("session_sweeper")["DeadLetterConfig"] == {"TargetArn": DEAD_LETTERS}
    asynchronous = dev.one("AWS::Lambda::EventInvokeConfig")
    assert (asynchronous["FunctionName"], asynchronous["MaximumRetryAttempts"]) == (f"{FUNCTION}>", 0)


@pytest.mark.parametrize(
    ("alarm", "metric", "minutes"),
    [
        ("Backlog", ("Polaris", "SweepBacklog"), 5),
        ("NotSwept", ("Polaris", "SessionsNotSwept"), 5),
    ],
)
def test_a_sweeper_that_fails_or_lags_raises_an_alarm(
    dev: Synthesised, alarm: str, metric: tuple[str, str], minutes: int
) -> None:
    body = dev.one("AWS::CloudWatch::Alarm", f"Sweeper{alarm}")
    assert (body["Namespace"], body["MetricName"]) == metric
    assert (body["ComparisonOperator"], body["Threshold"]) == ("GreaterThanThreshold", 0)
    assert (body["EvaluationPeriods"], body["Period"]) == (minutes, 60)


def test_a_sweeper_that_sleeps_raises_an_alarm_although_it_counts_nothing(dev: Synthesised) -> None:
    body = dev.one("AWS::CloudWatch::Alarm", "SweeperAsleep")
    assert (body["Namespace"], body["MetricName"]) == ("AWS/Lambda", "Invocations")
    assert body["Dimensions"] == [{"Name": "FunctionName", "Value": f"{FUNCTION}>"}]
    assert (body["ComparisonOperator"], body["Threshold"]) == ("LessThanThreshold", 1)
    assert (body["EvaluationPeriods"], body["TreatMissingData"]) == (5, "breaching")


def test_every_alarmed_count_is_one_that_the_sweeper_makes(dev: Synthesised) -> None:
    for name in ("Backlog", "NotSwept"):
        body = dev.one("AWS::CloudWatch::Alarm", f"Sweeper{name}")
        assert body["Dimensions"] == [{"Name": "service", "Value": "session_sweeper"}]
        assert body["MetricName"] in {*METRICS.values(), "SweepBacklog"}


def test_what_functions_are_told_of_patience_is_what_deadlines_on_record_go_by() -> None:
    assert (Patience().ack_timeout_s, Patience().start_ttl_s) == (ACK_TIMEOUT_S, START_TTL_S)
