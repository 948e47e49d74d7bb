"""Whoever adds a function, a queue, a rule or an alarm and forgets what belongs to it fails here, by its name."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.infra.watched import alarms, everything, price_usd
from tests.support.metric_guard import names_in_source

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.infra.templates import Synthesised

RUNBOOK = (Path(__file__).resolve().parents[2] / "docs" / "runbook.md").read_text()
STREAM_READER = {
    "Type": "AWS::Lambda::EventSourceMapping",
    "Properties": {"EventSourceArn": "<TablesSessions.StreamArn>", "FunctionName": "<FunctionsNewFunction>"},
}


def without(stack: Synthesised, *fragments: str) -> Synthesised:
    """The stack without the resources whose names hold one of these."""
    kept = {name: body for name, body in stack.resources.items() if not any(it in name for it in fragments)}
    assert len(kept) < len(stack.resources)
    return replace(stack, resources=kept)


def changed(stack: Synthesised, name: str, change: Callable[[dict[str, Any]], object]) -> Synthesised:
    """The stack with the properties of one resource changed."""
    resources = deepcopy(stack.resources)
    change(resources[name]["Properties"])
    return replace(stack, resources=resources)


def with_new(stack: Synthesised, **resources: dict[str, Any]) -> Synthesised:
    return replace(stack, resources=stack.resources | resources)


def test_nothing_is_unwatched_unheard_or_unexplained(awake: Synthesised) -> None:
    assert everything(awake, RUNBOOK) == []


def test_a_function_without_its_alarms_is_found(awake: Synthesised) -> None:
    new = {"Type": "AWS::Lambda::Function", "Properties": {"Handler": "functions.new.handler.handler"}}
    faults = everything(with_new(awake, FunctionsNewFunction=new), RUNBOOK)
    assert faults == [f"FunctionsNewFunction {metric}" for metric in ("Errors", "Throttles", "Duration")]
    assert everything(without(awake, "FunctionThrottledStopSession"), RUNBOOK) == [
        "FunctionsstopsessionFunction Throttles"
    ]


def test_a_queue_without_dead_letters_or_alarms_is_found(awake: Synthesised) -> None:
    new = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "new"}}
    assert everything(with_new(awake, NewQueue=new), RUNBOOK) == [
        "NewQueue ApproximateAgeOfOldestMessage",
        "NewQueue ApproximateNumberOfMessagesVisible",
    ]
    assert everything(without(awake, "MessagesWaitChargerReports"), RUNBOOK) == [
        "DeviceLinkReportsQueue ApproximateAgeOfOldestMessage"
    ]
    assert everything(without(awake, "DeadLettersChargerReportsDlq"), RUNBOOK) == [
        "DeviceLinkReportsDeadLetters ApproximateNumberOfMessagesVisible"
    ]
    no_redrive = changed(awake, "DeviceLinkReportsQueue", lambda queue: queue.pop("RedrivePolicy"))
    assert "DeviceLinkReportsQueue ApproximateNumberOfMessagesVisible" in everything(no_redrive, RUNBOOK)
    assert any(fault.endswith(" RedrivePolicy") for fault in everything(no_redrive, RUNBOOK))


def test_a_topic_rule_without_an_error_action_is_found(awake: Synthesised) -> None:
    silent = changed(awake, "DeviceLinkpolarissessionevents", lambda rule: rule["TopicRulePayload"].pop("ErrorAction"))
    assert everything(silent, RUNBOOK) == ["DeviceLinkpolarissessionevents ErrorAction"]


def test_a_schedule_or_a_rule_without_dead_letters_is_found(awake: Synthesised) -> None:
    forgetful = changed(awake, "SweeperEveryMinute", lambda it: it["Target"].pop("DeadLetterConfig"))
    assert everything(forgetful, RUNBOOK) == ["SweeperEveryMinute DeadLetterConfig"]
    new = {"Type": "AWS::Events::Rule", "Properties": {"Targets": [{"Arn": "<OperatorsTopic>", "Id": "Target0"}]}}
    assert everything(with_new(awake, NewRule=new), RUNBOOK) == ["NewRule DeadLetterConfig"]


def test_a_reader_that_loses_what_failed_is_found(awake: Synthesised) -> None:
    careless = changed(awake, "FunctionschargerreportsInbox", lambda it: it.pop("FunctionResponseTypes"))
    assert everything(careless, RUNBOOK) == ["FunctionschargerreportsInbox ReportBatchItemFailures"]
    lost = {f"NewReader {it}" for it in ("ReportBatchItemFailures", "OnFailure", "IteratorAge")}
    assert lost <= set(everything(with_new(awake, NewReader=STREAM_READER), RUNBOOK))


def test_an_alarm_that_nobody_hears_is_found(awake: Synthesised) -> None:
    mute = changed(awake, "AlarmsApiSlow", lambda it: it.pop("AlarmActions"))
    assert everything(mute, RUNBOOK) == ["AlarmsApiSlow AlarmActions"]
    never_over = changed(awake, "AlarmsPowerStillFlowing", lambda it: it.pop("OKActions"))
    assert everything(never_over, RUNBOOK) == ["AlarmsPowerStillFlowing OKActions"]
    parts = everything(without(awake, "AlarmsStopsSlow6hLong", "AlarmsStopsSlow6hShort"), RUNBOOK)
    assert parts == []
    orphans = {name for name in awake.resources if name in ("AlarmsStopsSlow6hLong", "AlarmsStopsSlow6hShort")}
    whole = replace(awake, resources={k: v for k, v in awake.resources.items() if k != "AlarmsStopsSlow6h"})
    assert everything(whole, RUNBOOK) == [f"{name} AlarmActions" for name in sorted(orphans)]


def test_an_alarm_without_an_entry_in_the_runbook_is_found_and_an_entry_without_an_alarm(awake: Synthesised) -> None:
    assert everything(awake, RUNBOOK.replace("## `ApiSlow`", "## `ApiWasSlow`")) == [
        "AlarmsApiSlow runbook",
        "ApiWasSlow alarm",
    ]


def test_an_alarm_on_a_metric_that_nobody_counts_is_found(awake: Synthesised) -> None:
    dreaming = changed(awake, "AlarmsStopsOverdue", lambda it: it.update(MetricName="StopsForgotten"))
    assert everything(dreaming, RUNBOOK) == ["AlarmsStopsOverdue StopsForgotten"]


def test_silence_is_an_alarm_only_where_chargers_are_expected(
    dev: Synthesised, prod: Synthesised, awake: Synthesised
) -> None:
    assert "AlarmsNoReports" not in dev.resources | prod.resources
    body = awake.one("AWS::CloudWatch::Alarm", "AlarmsNoReports")
    assert (body["Period"], body["EvaluationPeriods"], body["TreatMissingData"]) == (300, 6, "breaching")
    assert body["Dimensions"] == [{"Name": "FunctionName", "Value": "<FunctionschargerreportsFunction>"}]


def test_what_may_wake_somebody_is_a_short_list(awake: Synthesised) -> None:
    names = {body["AlarmName"] for body in alarms(awake).values()}
    assert {name.removeprefix("polaris-prod-page-") for name in names if "-page-" in name} == {
        "ApiFails",
        "FunctionErrors-charger_reports",
        "FunctionErrors-stop_session",
        "FunctionThrottled-charger_reports",
        "FunctionThrottled-stop_session",
        "MessagesWait-charger-reports",
        "NoReports",
        "PowerStillFlowing",
        "StopsFail-1h",
        "StopsFail-6h",
        "StopsNotSent",
        "SweeperAsleep",
    }


def test_names_of_alarms_are_unique(awake: Synthesised) -> None:
    names = [body["AlarmName"] for body in alarms(awake).values()]
    assert len(set(names)) == len(names)


def test_a_months_alarms_cost_less_than_charging_a_car_once(awake: Synthesised) -> None:
    """ADR 0022 has the prices and why there are this many."""
    assert price_usd(awake) < 20


def test_the_dashboard_has_no_widget_over_another_and_every_metric_of_ours_is_counted(awake: Synthesised) -> None:
    page = json.loads(awake.one("AWS::CloudWatch::Dashboard")["DashboardBody"])
    taken: set[tuple[int, int]] = set()
    for widget in page["widgets"]:
        cells = {(widget["x"] + x, widget["y"] + y) for x in range(widget["width"]) for y in range(widget["height"])}
        assert not cells & taken
        taken |= cells
    assert len(taken) == 24 * (max(y for _, y in taken) + 1), "a gap"
    rows = [row for widget in page["widgets"] for row in widget["properties"].get("metrics", [])]
    ours = {row[1] for row in rows if row[0] == "Polaris"}
    assert ours
    assert ours <= names_in_source()
