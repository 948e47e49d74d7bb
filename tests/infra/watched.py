"""What no part of a stack may lack: alarms, dead letters, error actions. Each check names what lacks them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.infra.templates import several
from tests.support.metric_guard import FUNCTIONS, names_in_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.infra.templates import Synthesised

NAME = re.compile(r"polaris-(?:dev|prod)-(?P<severity>page|ticket|part)-(?P<entry>[A-Za-z]+)(?:-(?P<of>.+))?")


def alarms(stack: Synthesised) -> dict[str, dict[str, Any]]:
    """Every alarm, composite ones too."""
    return stack.of_type("AWS::CloudWatch::Alarm") | stack.of_type("AWS::CloudWatch::CompositeAlarm")


def measured(body: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Namespace, name and dimensions of every metric that an alarm is made of."""
    metrics = [it["MetricStat"]["Metric"] for it in body.get("Metrics", []) if "MetricStat" in it]
    for metric in metrics or ([body] if "MetricName" in body else []):
        yield metric["Namespace"], metric["MetricName"], {it["Name"]: it["Value"] for it in metric["Dimensions"]}


def unwatched(stack: Synthesised, namespace: str, wanted: dict[str, str], dimension: str) -> list[str]:
    """Which of the wanted (part and metric, by the value of the dimension) has no alarm."""
    found = {
        (name, dimensions.get(dimension))
        for body in stack.of_type("AWS::CloudWatch::Alarm").values()
        for space, name, dimensions in measured(body)
        if space == namespace
    }
    return [wish for wish, value in wanted.items() if (wish.split()[1], value) not in found]


def functions_unwatched(stack: Synthesised) -> list[str]:
    wanted = {
        f"{name} {metric}": f"<{name}>"
        for name in stack.of_type("AWS::Lambda::Function")
        for metric in ("Errors", "Throttles", "Duration")
    }
    return unwatched(stack, "AWS/Lambda", wanted, "FunctionName")


def queues_unwatched(stack: Synthesised) -> list[str]:
    """A queue needs dead letters and an alarm on its age; dead letters need one on their number and on their age."""
    wanted = {}
    for name, body in stack.of_type("AWS::SQS::Queue").items():
        wanted[f"{name} ApproximateAgeOfOldestMessage"] = f"<{name}.QueueName>"
        if "RedrivePolicy" not in body:
            wanted[f"{name} ApproximateNumberOfMessagesVisible"] = f"<{name}.QueueName>"
    return unwatched(stack, "AWS/SQS", wanted, "QueueName")


def dead_letters(stack: Synthesised) -> set[str]:
    return {name for name, body in stack.of_type("AWS::SQS::Queue").items() if "RedrivePolicy" not in body}


def rules_without_error_action(stack: Synthesised) -> list[str]:
    """What a topic rule cannot deliver goes to dead letters."""
    faults = []
    for name, body in stack.of_type("AWS::IoT::TopicRule").items():
        action = body["TopicRulePayload"].get("ErrorAction", {})
        url = action.get("Sqs", {}).get("QueueUrl", "")
        if url.strip("<>") not in dead_letters(stack):
            faults.append(f"{name} ErrorAction")
    return faults


def wakers_without_dead_letters(stack: Synthesised) -> list[str]:
    """What a schedule or a rule of EventBridge cannot deliver goes to dead letters."""
    targets = {name: [body["Target"]] for name, body in stack.of_type("AWS::Scheduler::Schedule").items()}
    targets |= {name: body.get("Targets", []) for name, body in stack.of_type("AWS::Events::Rule").items()}
    kept = {f"<{queue}.Arn>" for queue in dead_letters(stack)}
    return [
        f"{name} DeadLetterConfig"
        for name, each in targets.items()
        for target in each
        if target.get("DeadLetterConfig", {}).get("Arn") not in kept
    ]


def readers_that_lose(stack: Synthesised) -> list[str]:
    """A reader gives back what failed of a batch, and what goes on failing is kept; one of a stream is not behind."""
    faults = []
    queues = {f"<{name}.Arn>": body for name, body in stack.of_type("AWS::SQS::Queue").items()}
    for name, body in stack.of_type("AWS::Lambda::EventSourceMapping").items():
        if "ReportBatchItemFailures" not in body.get("FunctionResponseTypes", []):
            faults.append(f"{name} ReportBatchItemFailures")
        if body["EventSourceArn"] in queues:
            if "RedrivePolicy" not in queues[body["EventSourceArn"]]:
                faults.append(f"{name} RedrivePolicy")
        else:
            if "OnFailure" not in body.get("DestinationConfig", {}):
                faults.append(f"{name} OnFailure")
            faults += unwatched(stack, "AWS/Lambda", {f"{name} IteratorAge": body["FunctionName"]}, "FunctionName")
    return faults


def alarms_unheard(stack: Synthesised) -> list[str]:
    """Every alarm rings at the operators' topic, or is part of one that does; a page also says when it is over."""
    (topic,) = (f"<{name}>" for name in stack.of_type("AWS::SNS::Topic") if name.startswith("Operators"))
    rules = "".join(
        body["AlarmRule"]
        for body in stack.of_type("AWS::CloudWatch::CompositeAlarm").values()
        if body.get("AlarmActions")
    )
    faults = []
    for name, body in alarms(stack).items():
        if body.get("AlarmActions") != [topic] and f"<{name}.Arn>" not in rules:
            faults.append(f"{name} AlarmActions")
        if "-page-" in body["AlarmName"] and body.get("OKActions") != [topic]:
            faults.append(f"{name} OKActions")
    return faults


def alarms_unexplained(stack: Synthesised, runbook: str) -> list[str]:
    """Every alarm is a heading of the runbook and says so; every heading is an alarm."""
    headings = set(re.findall(r"^## `(\w+)`$", runbook, flags=re.MULTILINE))
    faults, entries = [], set()
    for name, body in alarms(stack).items():
        said = NAME.fullmatch(body["AlarmName"])
        entry = said["entry"] if said else ""
        entries.add(entry)
        if entry not in headings or f"docs/runbook.md#{entry.lower()}" not in body["AlarmDescription"]:
            faults.append(f"{name} runbook")
    if not any(
        "Stream" in body["EventSourceArn"] for body in stack.of_type("AWS::Lambda::EventSourceMapping").values()
    ):
        headings.discard("StreamLags")  # nothing reads a stream
    return faults + [f"{heading} alarm" for heading in sorted(headings - entries)]


def alarms_on_nothing(stack: Synthesised) -> list[str]:
    """An alarm on a metric that no function counts would never ring."""
    folders = {path.parent.name for path in FUNCTIONS.glob("*/handler.py")}
    return [
        f"{alarm} {name}"
        for alarm, body in stack.of_type("AWS::CloudWatch::Alarm").items()
        for space, name, dimensions in measured(body)
        if space == "Polaris" and (name not in names_in_source() or dimensions.get("service") not in folders)
    ]


def everything(stack: Synthesised, runbook: str) -> list[str]:
    """All of the above."""
    return [
        *functions_unwatched(stack),
        *queues_unwatched(stack),
        *rules_without_error_action(stack),
        *wakers_without_dead_letters(stack),
        *readers_that_lose(stack),
        *alarms_unheard(stack),
        *alarms_unexplained(stack, runbook),
        *alarms_on_nothing(stack),
    ]


def alarm_metrics(stack: Synthesised) -> int:
    """How many metrics the alarms look at, each as often as one does: that is what they are billed by."""
    return sum(
        sum("MetricStat" in it for it in several(body.get("Metrics", []))) or 1
        for body in stack.of_type("AWS::CloudWatch::Alarm").values()
    )


def price_usd(stack: Synthesised) -> float:
    """What the alarms cost in a month, in dollars: 0.10 for each metric of an alarm, 0.50 for each composite one."""
    return round(alarm_metrics(stack) * 0.10 + len(stack.of_type("AWS::CloudWatch::CompositeAlarm")) * 0.50, 2)
