"""What a session and an idle charger cost: `python -m local.bench.cost`.

Every number but the prices and the assumptions (`metered`, `kept`) is counted: the real agent and the real handlers
live through it in one process (`station`), and what they ask of AWS adds up. What a deployment costs with nothing in
it is in `base_cost`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from local.bench import base_cost
from local.bench.kept import MONTH_S, kept
from local.bench.metered import Counts, counted, in_full_batches
from local.bench.price_list import used
from local.bench.row import Row, text
from local.bench.station import Station, station
from tests.support.api_events import body_of, session_event, start_event, stop_event

SESSION_S, LIVE_S, IDLE_S = 4 * 3600, 120, 12 * 3600
POLL_S = 2
"""How often the page asks while its card is open (`pollAfterMs` of a session that charges)."""


@dataclass(frozen=True)
class Cost:
    """What something costs with batches of one record, and with full ones. Units: US dollars."""

    alone: float
    in_batches: float


def cost(counts: Counts) -> Cost:
    """What these counts cost."""
    return Cost(used(counts), used(in_full_batches(counts)))


def naive_session() -> float:
    """The design that this one is held against: the charger writes its shadow every second, and a rule keeps it."""
    each = {"iot_shadow_operations": 1, "iot_messages": 2, "iot_rules_triggered": 1}
    return used({unit: number * SESSION_S for unit, number in each.items()})


@dataclass(frozen=True)
class Counted:
    """What was counted of each thing."""

    session: Counts
    live: Counts
    """Two minutes of an open card."""
    quiet: Counts
    """Two minutes of the same session with nobody looking."""
    idle: Counts
    kept: Counts
    """Of the session, from its end until nothing of it is left."""
    kept_watched: Counts
    """The same if its card was open throughout."""


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
        began: list[str] = []
        session = counted(here, lambda: began.append(_whole(here)))
        watched = round(SESSION_S / LIVE_S * live["iot_rules_triggered"])
        return Counted(session, live, quiet, idle, kept(here, *began), kept(here, *began, samples=watched))


def _whole(here: Station) -> str:
    session_id = _start(here)
    here.let_pass(SESSION_S)
    _stop(here, session_id)
    return session_id


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
            "to keep it: the curve 400 days, the record 10 years",
            f"${used(found.kept):.5f}",
            f"${used(found.kept_watched):.5f} card open throughout",
            module="cost",
        ),
        Row(
            "million 4 h sessions, nobody looks, with keeping them",
            f"${(session.in_batches + used(found.kept)) * 1e6:,.0f}",
            f"${naive * 1e6:,.0f} naive",
            (session.in_batches + used(found.kept)) / naive,
            module="cost",
        ),
        row("idle charger, two EVSEs, a month", month, reach="≤ $0.006"),
        *base_cost.rows(base_cost.count()),
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
    for name, counts in (
        ("4 h session", found.session),
        ("kept", found.kept),
        ("12 h idle", found.idle),
        ("2 min open card", found.live),
    ):
        print(f"\n{name}: " + ", ".join(f"{number:,.0f} {unit}" for unit, number in counts.items() if number))
    print(f"\n{text(rows(found))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
