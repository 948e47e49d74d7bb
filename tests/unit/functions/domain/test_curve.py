"""A curve with fewer points: one for each stretch of time, whatever pages it is read in."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from functions.domain.curve import thinned
from functions.domain.records import MeterSample
from tests.support import builders
from tests.support.builders import OWNER, SESSION
from tests.support.clock import NOON_MS
from tests.support.cloud import Cloud

GAPS_MS = st.lists(st.integers(min_value=0, max_value=90_000), max_size=30)


def samples(gaps_ms: list[int]) -> list[MeterSample]:
    at_ms, found = NOON_MS, []
    for seq, gap_ms in enumerate(gaps_ms):
        at_ms += gap_ms
        found.append(MeterSample(session_id=SESSION, seq=seq, at_ms=at_ms, meter_wh=1000 + seq, power_w=None))
    return found


@given(GAPS_MS, st.integers(min_value=1, max_value=120_000))
def test_each_stretch_has_its_first_point_and_the_curve_its_last(gaps_ms: list[int], every_ms: int) -> None:
    curve = samples(gaps_ms)
    kept = thinned(curve, every_ms=every_ms, after_ms=None, at_end=True)
    first = {it.at_ms // every_ms: it for it in reversed(curve)}
    assert kept == sorted({*first.values(), *curve[-1:]}, key=lambda it: it.seq)


@given(GAPS_MS, st.integers(min_value=1, max_value=120), st.integers(min_value=1, max_value=7))
def test_the_pages_of_a_curve_together_are_the_curve_read_at_once(gaps_ms: list[int], every_s: int, limit: int) -> None:
    cloud = Cloud()
    cloud.keep(builders.active_session())
    for sample in (curve := samples(gaps_ms)):
        cloud.sessions.add_meter_sample(sample)
    kept, cursor, after_ms = [], None, None
    while True:
        read = cloud.sessions.meter_samples(SESSION, limit=limit, cursor=cursor)
        _, page = cloud.reading.meter_samples(
            SESSION, owner=OWNER, limit=limit, cursor=cursor, every_ms=every_s * 1000, after_ms=after_ms
        )
        assert len(page.items) <= limit
        kept += page.items
        if page.cursor is None:
            break
        cursor, after_ms = page.cursor, read.items[-1].at_ms
    assert kept == thinned(curve, every_ms=every_s * 1000, after_ms=None, at_end=True)
