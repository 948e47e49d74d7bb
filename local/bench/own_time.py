"""What `stop_session` itself takes: `python -m local.bench.own_time`.

Its handler with records in memory, so that every client answers at once, beside an empty handler with the same
decorators of Powertools, call by call in turn.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from http import HTTPStatus
from typing import Any

from local.bench.discard import Discard
from local.bench.row import Row, text
from tests.support import builders
from tests.support.api_events import LambdaContext, stop_event
from tests.support.cloud import Cloud

CALLS, WARM_UP = 2000, 200
REACH_MS = 1.0

Handler = Callable[[dict[str, Any]], object]


def measure() -> tuple[list[float], list[float]]:
    """Milliseconds of each call: ours, and the empty one's."""
    os.environ |= {"POWERTOOLS_SERVICE_NAME": "bench", "POWERTOOLS_METRICS_NAMESPACE": "Polaris"}
    with redirect_stdout(Discard()):
        ours, empty = _ours(), _empty()
        event = stop_event()
        figures: tuple[list[float], list[float]] = ([], [])
        for number in range(WARM_UP + CALLS):
            for handler, into in zip((ours, empty), figures, strict=True):
                began_s = time.perf_counter()
                handler(event)
                if number >= WARM_UP:
                    into.append((time.perf_counter() - began_s) * 1000)
    return figures


def _ours() -> Handler:
    from functions.stop_session.handler import handler

    cloud = Cloud()
    cloud.keep(builders.active_session())

    def stop(event: dict[str, Any]) -> object:
        cloud.clock.pass_s(3)  # a tap of its own, which writes the shadow again
        answer = handler(event, LambdaContext(), cloud.stopping)
        if answer["statusCode"] != HTTPStatus.ACCEPTED:
            raise RuntimeError(f"not a stop: {answer}")
        return answer

    return stop


def _empty() -> Handler:
    from aws_lambda_powertools import Logger, Metrics
    from aws_lambda_powertools.metrics import MetricUnit

    logger, metrics = Logger(), Metrics()

    @logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
    @metrics.log_metrics
    def empty(_event: dict[str, Any], _context: object) -> dict[str, Any]:
        metrics.add_metric("Nothing", MetricUnit.Count, 1)
        logger.info("nothing")
        return {"statusCode": 202}

    return lambda event: empty(event, LambdaContext())


def rows() -> list[Row]:
    """The line of the table."""
    ours, empty = (statistics.median(figures) for figures in measure())
    own = f"{ours - empty:.2f} ms of its own ({ours:.2f})"
    return [
        Row(
            "stop_session, instant clients, p50",
            own,
            f"{empty:.2f} ms empty handler",
            ours / empty,
            f"≤ {REACH_MS:.0f} ms",
            "own_time",
        )
    ]


def main(_arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    print(text(rows()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
