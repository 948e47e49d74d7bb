"""What a template costs with nothing in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from local.bench.base_cost import base
from tests.infra.templates import Synthesised


def template(**resources: tuple[str, dict[str, Any]]) -> Synthesised:
    bodies = {name: {"Type": f"AWS::{kind}", "Properties": body} for name, (kind, body) in resources.items()}
    return Synthesised(Path(), bodies, {})


def test_a_deployment_of_nothing_costs_its_metrics_alone() -> None:
    parts = base(template(), {})
    assert {what for what, usd in parts.items() if usd} == {"metrics of ours"}


def test_each_part_costs_what_its_kind_does() -> None:
    parts = base(
        template(
            Key=("KMS::Key", {}),
            Page=("CloudWatch::Dashboard", {}),
            Late=("CloudWatch::Alarm", {"MetricName": "Late"}),
            Share=("CloudWatch::Alarm", {"Metrics": [{"MetricStat": {}}, {"MetricStat": {}}, {"Expression": "a/b"}]}),
            Both=("CloudWatch::CompositeAlarm", {}),
            Queue=("Lambda::EventSourceMapping", {"EventSourceArn": "<Queue.Arn>"}),
            Changes=("Lambda::EventSourceMapping", {"EventSourceArn": "<Table.StreamArn>"}),
            FunctionsstopsessionFunction=("Lambda::Function", {"MemorySize": 1024}),
            Warm=("Lambda::Alias", {"ProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": 2}}),
        ),
        {"schedule_invocations": 1},
    )
    assert parts["keys"] == 1.00
    assert parts["the dashboard"] == 3.00
    assert parts["alarms"] == pytest.approx(3 * 0.10 + 0.50)
    assert parts["polls of empty queues"] == pytest.approx(5 * 3 * 60 * 730 * 0.40 / 1e6), (
        "streams are read for nothing"
    )
    assert parts["a stop_session that is awake"] == pytest.approx(2 * 730 * 3600 * 0.0000033334)
    assert parts["the sweeper, every minute"] == pytest.approx(60 * 730 / 1e6)
