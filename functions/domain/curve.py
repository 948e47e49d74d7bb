"""A session's curve with fewer points: one for each stretch of time, pure."""

from __future__ import annotations

from collections.abc import Iterable

from functions.domain.records import MeterSample


def thinned(samples: Iterable[MeterSample], *, every_ms: int, after_ms: int | None, at_end: bool) -> list[MeterSample]:
    """The first sample of each stretch of `every_ms`, and the very last one if the curve ends here.

    The stretches are counted from 1970 and not from the page: `after_ms`, the time of the sample that the page before
    this one ended with, says which stretch has had its point.
    """
    seen = list(samples)
    kept: list[MeterSample] = []
    stretch = None if after_ms is None else after_ms // every_ms
    for sample in seen:
        if sample.at_ms // every_ms != stretch:
            kept.append(sample)
            stretch = sample.at_ms // every_ms
    if at_end and seen and seen[-1] not in kept:
        kept.append(seen[-1])
    return kept
