"""The objectives for stops, and the alarms that ring when what they allow is used up too fast (ADR 0022)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from infra.alarms import Alarms, Severity
from infra.metrics import counted

FEWEST = 3
"""Bad stops in a long window before it counts: at a small operator one bad stop in the night is all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """How fast the error budget of 30 days may burn: both windows have to say so, the short one that it still does."""

    name: str
    burn: float
    long: Duration
    short: Duration
    severity: Severity


HOUR = Window(name="1h", burn=14.4, long=Duration.hours(1), short=Duration.minutes(5), severity=Severity.PAGE)
"""2 % of the budget in an hour (Site Reliability Workbook, chapter 5, table 5-8, as are the next one's numbers)."""

SIX_HOURS = Window(name="6h", burn=6, long=Duration.hours(6), short=Duration.minutes(30), severity=Severity.PAGE)
"""5 % in six hours."""

DAY = Window(name="1d", burn=3, long=Duration.hours(24), short=Duration.hours(2), severity=Severity.TICKET)
"""10 % in a day. The book's three days are longer than an alarm's period may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """A promise about stops: of all, at least this share is good over 30 days."""

    entry: str
    """The heading in the runbook."""
    share: float
    meaning: str
    all_of: tuple[tuple[str, str], ...]
    """What is counted, and by which function: all stops that the promise is about."""
    good: tuple[str, str]
    windows: tuple[Window, ...]


STOPS_WORK = Objective(
    entry="StopsFail",
    share=0.995,
    meaning="Drivers tap Stop, and their cars do not stop within 15 s",
    all_of=(("StopsOver", "charger_reports"), ("StopsOverdue", "session_sweeper")),
    good=("StopsDone", "charger_reports"),
    windows=(HOUR, SIX_HOURS, DAY),
)
"""Five of a thousand may be refused, fail or be overdue: chargers on mobile lines are away at times, and whether a
charger is reached is part of what the driver was promised."""

STOPS_ARE_QUICK = Objective(
    entry="StopsSlow",
    share=0.99,
    meaning="Cars stop, but later than 5 s after the tap",
    all_of=(("StopsDone", "charger_reports"),),
    good=("StopsQuick", "charger_reports"),
    # Slow is no reason to wake anybody.
    windows=(replace(SIX_HOURS, severity=Severity.TICKET), DAY),
)
"""99 of 100 stops that work take at most 5 s (`functions.domain.stop_outcomes.QUICK_MS`): that is a p99."""

OBJECTIVES = (STOPS_WORK, STOPS_ARE_QUICK)


def watch_objectives(alarms: Alarms) -> None:
    """Ring for each objective and window."""
    for objective in OBJECTIVES:
        for window in objective.windows:
            parts = [
                alarms.ring(
                    objective.entry,
                    Severity.PART,
                    f"{objective.meaning}: over {size}, the budget burns {window.burn:g} times as fast as it may.",
                    bad_share(objective, period, fewest=fewest),
                    above=round((1 - objective.share) * window.burn, 6),
                    of=f"{window.name}-{size}",
                )
                for size, period, fewest in (("long", window.long, FEWEST), ("short", window.short, 1))
            ]
            alarms.ring_on_all(
                objective.entry,
                window.severity,
                f"{objective.meaning}: the budget of 30 days burns {window.burn:g} times as fast as it may.",
                parts,
                of=window.name,
            )


def bad_share(objective: Objective, period: Duration, *, fewest: int) -> cloudwatch.MathExpression:
    """The share of stops that were not good; 0 while there are too few of them to say anything."""
    named = {f"all{number}": it for number, it in enumerate(objective.all_of)} | {"good": objective.good}
    total = " + ".join(f"FILL({name}, 0)" for name in named if name != "good")
    bad = f"({total} - FILL(good, 0))"
    return cloudwatch.MathExpression(
        expression=f"IF({bad} >= {fewest}, {bad} / ({total}), 0)",
        using_metrics={name: counted(metric, by=by, period=period) for name, (metric, by) in named.items()},
        label="not good",
        period=period,
    )
