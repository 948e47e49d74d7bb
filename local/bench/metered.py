"""What AWS meters of what happens at a station, in the units of the price file.

How it meters ("additional metering details" of the pricing pages): a shadow request is an operation per KB and a
message each way, and a delivery at QoS 1 is followed by the charger's PUBACK. What a rule of the bus matches, what
Lambda reads of a stream, and what TTL deletes cost nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from local.bench.station import Station

FULL_BATCH = 10
"""Records that a batch takes (infra/functions.py). Batches fill by themselves once a fleet says more than the pollers
fetch at once; a small fleet's have one record each."""
BILLED_MS = 20
"""Assumed, not measured on AWS: of an invocation that makes one to three calls, and of each record of a batch."""
TRACED = 0.05
"""What X-Ray keeps by its default rule, beside the first request of a second."""
PLATFORM_LOG_BYTES = 400
"""Assumed: the START, END and REPORT lines that Lambda itself logs of an invocation, with its trace's id."""

FOR_NOBODY = ("charger_reports", "domain_events", "session_sweeper")
"""Functions that no request of the API wakes."""

Counts = dict[str, float]
"""How many of each unit of the price file."""


def counted(here: Station, live: Callable[[], None]) -> Counts:
    """What AWS meters of what happens meanwhile, with batches of one record."""
    here.begin()
    began_s = here.bench.clock.epoch_s
    live()
    meter, told = here.meter, here.cloud.received
    records, invocations = here.documents.total(), here.invoked.total()
    asked = invocations - sum(here.invoked[function] for function in FOR_NOBODY)
    requests = told["get"] + told["update"]
    hints = meter.calls["Publish"]
    return {
        "iot_connection_minutes": (here.bench.clock.epoch_s - began_s) / 60,
        # Requests, what is delivered, and a PUBACK for each delivery. Basic Ingest is no message.
        "iot_messages": requests + hints + 2 * here.cloud.sent,
        "iot_shadow_operations": requests + meter.calls["UpdateThingShadow"],
        "iot_rules_triggered": records,
        "iot_rule_actions": records,
        "sqs_requests": 3 * records,
        "lambda_requests": invocations,
        "lambda_arm_gb_ms": BILLED_MS * sum(here.memory_gb(it) * n for it, n in here.invoked.items()),
        "dynamodb_write_units": meter.writes,
        "dynamodb_read_units": meter.reads,
        "http_api_requests": asked,
        # The page asks through the distribution that it came from.
        "cdn_requests": asked,
        "bytes_out": here.answered_bytes,
        "bus_events": here.bus_events,
        "log_bytes": here.log.written + invocations * PLATFORM_LOG_BYTES,
        "traces": invocations * TRACED,
    }


def in_full_batches(counts: Counts) -> Counts:
    """The same if the records of queues come in full batches: fewer requests and invocations, as much work."""
    batched, records = counts.copy(), counts["iot_rule_actions"]
    batched["sqs_requests"] = records + 2 * records / FULL_BATCH
    spared = (records - records / FULL_BATCH) / max(1, counts["lambda_requests"])
    for unit in ("lambda_requests", "traces", "log_bytes"):
        batched[unit] = counts[unit] * (1 - spared)
    return batched
