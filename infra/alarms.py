"""How this stack rings: every alarm says in its name how urgent it is, has an entry in the runbook, and one topic."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from constructs import Construct

if TYPE_CHECKING:
    from aws_cdk import aws_sns as sns

    from infra.environments import Environment

RUNBOOK = "docs/runbook.md"


class Severity(StrEnum):
    """How urgent an alarm is; part of its name, so that a subscription can tell them apart (docs/operations.md)."""

    PAGE = "page"
    """Drivers are harmed now, and a person can do something about it: it may wake somebody."""
    TICKET = "ticket"
    """Somebody has to look on the next working day."""
    PART = "part"
    """Rings nowhere by itself: another alarm is made of it."""


class Alarms(Construct):
    """The alarms of one deployment. `ring` adds one; who adds them says what is watched."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment, topic: sns.ITopic) -> None:
        super().__init__(scope, construct_id)
        self._environment = environment
        self._action = actions.SnsAction(topic)

    def ring(
        self,
        entry: str,
        severity: Severity,
        meaning: str,
        metric: cloudwatch.IMetric,
        *,
        above: float,
        of: str = "",
        periods: int = 1,
    ) -> cloudwatch.Alarm:
        """Ring when a metric is above a number for some periods in a row; no data is no trouble.

        `entry` is the heading in the runbook; `of` is the one of many that it is about.
        """
        alarm = cloudwatch.Alarm(
            self,
            f"{entry}{_joined(of)}",
            alarm_name=self._name(entry, severity, of),
            alarm_description=_described(entry, meaning),
            metric=metric,
            threshold=above,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=periods,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        self._connect(alarm, severity)
        return alarm

    def ring_on_silence(
        self, entry: str, severity: Severity, meaning: str, metric: cloudwatch.IMetric, *, periods: int
    ) -> None:
        """Ring when nothing is counted for some periods in a row."""
        alarm = cloudwatch.Alarm(
            self,
            entry,
            alarm_name=self._name(entry, severity, ""),
            alarm_description=_described(entry, meaning),
            metric=metric,
            threshold=1,
            comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            evaluation_periods=periods,
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
        )
        self._connect(alarm, severity)

    def ring_on_all(
        self, entry: str, severity: Severity, meaning: str, parts: list[cloudwatch.Alarm], *, of: str
    ) -> None:
        """Ring while all of these do."""
        alarm = cloudwatch.CompositeAlarm(
            self,
            f"{entry}{_joined(of)}",
            composite_alarm_name=self._name(entry, severity, of),
            alarm_description=_described(entry, meaning),
            alarm_rule=cloudwatch.AlarmRule.all_of(
                *(cloudwatch.AlarmRule.from_alarm(part, cloudwatch.AlarmState.ALARM) for part in parts)
            ),
        )
        self._connect(alarm, severity)

    def _name(self, entry: str, severity: Severity, of: str) -> str:
        return "-".join(part for part in ("polaris", self._environment.name, severity, entry, of) if part)

    def _connect(self, alarm: cloudwatch.AlarmBase, severity: Severity) -> None:
        if severity is Severity.PART:
            return
        alarm.add_alarm_action(self._action)
        if severity is Severity.PAGE:
            # Whoever was woken wants to know that it is over.
            alarm.add_ok_action(self._action)


def _described(entry: str, meaning: str) -> str:
    return f"{meaning} What to do: {RUNBOOK}#{entry.lower()}"


def _joined(of: str) -> str:
    return "".join(part.capitalize() for part in of.replace("_", "-").split("-"))
