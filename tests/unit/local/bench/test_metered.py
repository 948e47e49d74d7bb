"""What batches spare, and what they do not."""

from __future__ import annotations

import pytest

from local.bench.metered import Counts, in_full_batches


def test_a_full_batch_spares_requests_and_invocations_but_no_work() -> None:
    alone: Counts = {
        "iot_rule_actions": 100,
        "sqs_requests": 300,
        "lambda_requests": 110,
        "lambda_arm_gb_ms": 1100,
        "traces": 11,
        "log_bytes": 1100,
    }
    batched = in_full_batches(alone)
    assert batched["sqs_requests"] == 100 + 10 + 10, "each sent alone, received and deleted by tens"
    spared = [batched[unit] for unit in ("lambda_requests", "traces", "log_bytes")]
    assert spared == pytest.approx([10 + 10, 2, 200])
    assert batched["lambda_arm_gb_ms"] == 1100


def test_where_nothing_is_queued_there_is_nothing_to_spare() -> None:
    asked: Counts = {"iot_rule_actions": 0, "sqs_requests": 0, "lambda_requests": 5, "traces": 1, "log_bytes": 500}
    assert in_full_batches(asked) == asked
