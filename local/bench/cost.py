"""What a session and an idle charger cost: `python -m local.bench.cost`.

Every number but the prices and the assumptions below is counted: the real agent and the real handlers live through it
in one process (`station`), and what they ask of AWS adds up. How AWS meters it ("additional metering details" of the
pricing pages): a shadow request is an operation per KB and a message each way, and a delivery at QoS 1 is followed by
the charger's PUBACK.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.bench.row import Row, text
from local.bench.station import Station, station
from tests.support.api_events import body_of, session_event, start_event, stop_event

PRICES = Path(__file__).with_name("prices.json")

SESSION_S, LIVE_S, IDLE_S = 4 * 3600, 120, 12 * 3600
MONTH_S = 730 * 3600
POLL_S = 2
"""How often the page asks while its card is open (`pollAfterMs` of a session that charges)."""

FULL_BATCH = 10
"""Records that a batch takes (infra/functions_table.py). Batches fill by themselves once a fleet says more than the
pollers fetch at once; a small fleet's have one record each."""
MEMORY_GB = 0.5
BILLED_MS = 20
"""Assumed, not measured on AWS: a warm invocation that makes one to three calls."""
TRACED = 0.05
"""What X-Ray keeps by its default rule."""

Counts = Counter[str]


@dataclass(frozen=True)
class Cost:
    """What something costs with batches of one record, and with full ones. Units: US dollars."""

    alone: float
    in_batches: float


def counted(here: Station, live: Callable[[], None]) -> Counts:
    """What AWS meters of what happens meanwhile, in the units of the price file, with batches of one record."""
    here.meter.reset()
    for counter in (here.invoked, here.documents, here.cloud.received):
        counter.clear()
    here.cloud.sent, here.log.written, began_s = 0, 0, here.bench.clock.epoch_s
    live()
    meter, told = here.meter, here.cloud.received
    records, invocations = here.documents.total(), here.invoked.total()
    asked = invocations - here.invoked["charger_reports"]
    requests = told["get"] + told["update"]
    hints = meter.calls["Publish"]
    return Counter(
        {
            "iot_connection_minutes": round((here.bench.clock.epoch_s - began_s) / 60),
            # Requests, what is delivered, and a PUBACK for each delivery. Basic Ingest is no message.
            "iot_messages": requests + hints + 2 * here.cloud.sent,
            "iot_shadow_operations": requests + meter.calls["UpdateThingShadow"],
            "iot_rules_triggered": records,
            "iot_rule_actions": records,
            "sqs_requests": 3 * records,
            "lambda_requests": invocations,
            "lambda_arm_gb_ms": round(invocations * BILLED_MS * MEMORY_GB),
            "dynamodb_write_units": round(meter.writes),
            "dynamodb_read_units": round(meter.reads),
            "http_api_requests": asked,
            "log_bytes": here.log.written,
            "traces": round(invocations * TRACED),
        }
    )


def cost(counts: Counts) -> Cost:
    """What these counts cost."""
    prices: dict[str, list[Any]] = json.loads(PRICES.read_text())["per_million"]
    shared = counts["sqs_requests"] // 3
    batched = counts.copy()
    batched["sqs_requests"] = round(shared + 2 * shared / FULL_BATCH)
    fewer = shared - shared / FULL_BATCH
    for name in ("lambda_requests", "lambda_arm_gb_ms", "traces", "log_bytes"):
        batched[name] = round(counts[name] - counts[name] * fewer / max(1, counts["lambda_requests"]))

    def total(of: Counts) -> float:
        return sum(number * float(prices[name][0]) for name, number in of.items()) / 1e6

    return Cost(total(counts), total(batched))


def naive_session() -> float:
    """The design that this one is held against: the charger writes its shadow every second, and a rule keeps it."""
    prices = json.loads(PRICES.read_text())["per_million"]
    each = ("iot_shadow_operations", "iot_messages", "iot_messages", "iot_rules_triggered")
    return float(sum(prices[name][0] for name in each) * SESSION_S / 1e6)


@dataclass(frozen=True)
class Counted:
    """What was counted of each thing."""

    session: Counts
    live: Counts
    """Two minutes of an open card."""
    quiet: Counts
    """Two minutes of the same session with nobody looking."""
    idle: Counts


def count() -> Counted:
    """Live through all of it."""
    with station() as here:
        idle = counted(here, lambda: here.let_pass(IDLE_S, step_s=2))
        session_id = _start(here)
        here.let_pass(60)
        quiet = counted(here, lambda: here.let_pass(LIVE_S))

        def look() -> None:
            for _ in range(LIVE_S // POLL_S):
                here.call("sessions_api", session_event(session_id))
                here.let_pass(POLL_S)

        live = counted(here, look)
        _stop(here, session_id)
        session = counted(here, lambda: _whole(here))
    return Counted(session, live, quiet, idle)


def _whole(here: Station) -> None:
    session_id = _start(here)
    here.let_pass(SESSION_S)
    _stop(here, session_id)


def _start(here: Station) -> str:
    answer = here.call("start_session", start_event())
    here.carry()
    return str(body_of(answer)["sessionId"])


def _stop(here: Station, session_id: str) -> None:
    here.call("stop_session", stop_event(session_id))
    here.let_pass(5)
    ended = body_of(here.call("sessions_api", session_event(session_id)))
    if ended["status"] != "ended":
        raise RuntimeError(f"the session did not end: {ended}")


def rows(found: Counted) -> list[Row]:
    """The costs as lines of the table."""
    naive, session = naive_session(), cost(found.session)
    watched = _watched(found, session)
    idle = cost(found.idle)
    month = Cost(idle.alone * MONTH_S / IDLE_S, idle.in_batches * MONTH_S / IDLE_S)
    minutes = LIVE_S / 60
    live, quiet = found.live, found.quiet

    def row(what: str, paid: Cost, beside: str = "", ratio: float | None = None, reach: str = "") -> Row:
        return Row(what, f"${paid.in_batches:.5f} (${paid.alone:.5f})", beside, ratio, reach, "cost")

    def of_naive(paid: Cost) -> float:
        return paid.in_batches / naive

    return [
        row(
            "4 h session, nobody looks; full batches (one by one)",
            session,
            f"${naive:.5f} naive",
            of_naive(session),
            "≤ $0.0007",
        ),
        row("4 h session, its card open throughout", watched, f"${naive:.5f} naive", of_naive(watched)),
        Row(
            "million 4 h sessions, nobody looks",
            f"${session.in_batches * 1e6:,.0f}",
            f"${naive * 1e6:,.0f} naive",
            of_naive(session),
            "",
            "cost",
        ),
        row("idle charger, two EVSEs, a month", month, reach="≤ $0.006"),
        *(
            Row(
                f"open card, {what} a minute",
                f"{live[name] / minutes:.0f}",
                f"{quiet[name] / minutes:.0f} nobody looks",
                module="cost",
            )
            for what, name in (
                ("requests", "http_api_requests"),
                ("session events", "iot_rules_triggered"),
                ("read units", "dynamodb_read_units"),
                ("write units", "dynamodb_write_units"),
            )
        ),
    ]


def _watched(found: Counted, unwatched: Cost) -> Cost:
    open_card, closed = cost(found.live), cost(found.quiet)
    times = SESSION_S / LIVE_S
    return Cost(
        unwatched.alone + times * (open_card.alone - closed.alone),
        unwatched.in_batches + times * (open_card.in_batches - closed.in_batches),
    )


def main(_arguments: Sequence[str] | None = None) -> int:
    """Count, and print what was counted and what it costs."""
    found = count()
    for name, counts in (("4 h session", found.session), ("12 h idle", found.idle), ("2 min open card", found.live)):
        print(f"\n{name}: " + ", ".join(f"{number:,} {unit}" for unit, number in counts.items() if number))
    print(f"\n{text(rows(found))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
