"""What a deployment costs in a month while nothing is in it, from its template: `python -m local.bench.base_cost`.

Left out is what goes by people who sign in (Cognito) and by the size of the page (S3), which is nothing without them.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from local.bench.kept import MONTH_S
from local.bench.metered import Counts, counted
from local.bench.price_list import had, used
from local.bench.row import Row, text
from local.bench.station import station
from local.bench.template import synthesise
from tests.infra.templates import Synthesised
from tests.infra.watched import alarm_metrics
from tests.support.metric_guard import names_in_source

POLLERS, POLL_S = 5, 20
"""Long polls that Lambda keeps open at a queue with nothing in it, and how long each takes: they are requests as well
(Lambda guide, "Using Lambda with Amazon SQS")."""

Parts = Mapping[str, float]
"""US dollars a month, by what they are for."""


def swept() -> Counts:
    """What AWS meters of a run of the sweeper that finds nothing."""
    with station() as here:
        counts = counted(here, lambda: here.run("session_sweeper", {}))
    # X-Ray keeps the first request of each second: one a minute is always kept.
    return counts | {"schedule_invocations": 1, "traces": 1}


def base(template: Synthesised, sweep: Counts) -> Parts:
    """What a deployment's parts cost in a month, used or not."""
    mappings = template.of_type("AWS::Lambda::EventSourceMapping").values()
    queues = sum("Stream" not in body["EventSourceArn"] for body in mappings)
    warm_gb = sum(
        body["ProvisionedConcurrencyConfig"]["ProvisionedConcurrentExecutions"]
        * template.function("stop_session")["MemorySize"]
        / 1024
        for body in template.of_type("AWS::Lambda::Alias").values()
    )
    return {
        "alarms": had(
            {
                "alarm_metrics": alarm_metrics(template),
                "composite_alarms": len(template.of_type("AWS::CloudWatch::CompositeAlarm")),
            }
        ),
        # At most: one that nothing is counted for in an hour is not billed for it.
        "metrics of ours": had({"own_metrics": len(names_in_source())}),
        "the dashboard": had({"dashboards": len(template.of_type("AWS::CloudWatch::Dashboard"))}),
        "keys": had({"keys": len(template.of_type("AWS::KMS::Key"))}),
        "a stop_session that is awake": used({"lambda_warm_arm_gb_ms": warm_gb * MONTH_S * 1000}),
        "polls of empty queues": used({"sqs_requests": queues * POLLERS * MONTH_S / POLL_S}),
        "the sweeper, every minute": used(sweep) * MONTH_S / 60,
    }


def count() -> dict[str, Parts]:
    """The parts of each kind of deployment."""
    sweep = swept()
    found = {}
    for name in ("dev", "prod"):
        with TemporaryDirectory() as folder:
            found[name] = base(synthesise(Path(folder), name), sweep)
    return found


def rows(found: Mapping[str, Parts]) -> list[Row]:
    """The sums as a line of the table."""
    total = {name: sum(parts.values()) for name, parts in found.items()}
    what = "production with nothing in it, a month"
    return [Row(what, f"${total['prod']:.2f}", f"${total['dev']:.2f} dev", module="base_cost")]


def main(_arguments: Sequence[str] | None = None) -> int:
    """Count, and print each part and the sums."""
    found = count()
    for name, parts in found.items():
        print(f"\n{name}: " + ", ".join(f"{what} ${usd:.2f}" for what, usd in parts.items()))
    print(f"\n{text(rows(found))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
