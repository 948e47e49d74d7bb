"""Property: whatever order a charger's lifecycle events come in, and however often, its last connection decides."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from functions.domain.presence import LifecycleEvent
from tests.support import builders
from tests.support.clock import NOON_MS
from tests.support.cloud import Cloud

TIMES_OFF_MS = 120_000
"""How far the times of lifecycle events may be off (AWS IoT developer guide)."""
RENUMBERED_AFTER_MS = 3_600_000
"""After this long without a connection the numbers begin again at 0, or go on."""


@dataclass(frozen=True)
class Life:
    """What really happened to one charger: its lifecycle events in order, and whether it is connected at the end."""

    events: list[LifecycleEvent]
    connected: bool


@st.composite
def lives(draw: st.DrawFn) -> Life:
    now_ms, version, events = NOON_MS, draw(st.integers(0, 3)), []
    count = draw(st.integers(1, 5))
    last_lost = draw(st.booleans())

    def told(kind: str, number: int) -> None:
        off_ms = draw(st.integers(-TIMES_OFF_MS, TIMES_OFF_MS))
        events.append(
            LifecycleEvent(
                client_id=builders.CHARGER,
                event_type=kind,  # type: ignore[arg-type]  # one of two
                at=now_ms + off_ms,
                session_identifier=f"connection-{number}",
                version_number=version,
            )
        )

    for number in range(count):
        told("connected", number)
        now_ms += draw(st.sampled_from([0, 1, 5_000, 600_000, 86_400_000]))
        if number < count - 1 or last_lost:
            told("disconnected", number)
        away_ms = draw(st.sampled_from([0, 1, 2_000, 40 * 60_000, RENUMBERED_AFTER_MS, 86_400_000]))
        now_ms += away_ms
        renumbered = away_ms >= RENUMBERED_AFTER_MS and draw(st.booleans())
        version = 0 if renumbered else version + draw(st.integers(1, 3))
    return Life(events, connected=not last_lost)


@given(life=lives(), data=st.data())
def test_the_last_connection_decides_in_whatever_order_and_however_often_its_news_comes(
    life: Life, data: st.DataObject
) -> None:
    repeated = data.draw(st.lists(st.sampled_from(life.events), max_size=5), label="said twice")
    news = data.draw(st.permutations([*life.events, *repeated]), label="as it comes")
    cloud = Cloud()
    cloud.keep(builders.charger(connected=None, presence_at_ms=None, presence_session=None))
    for event in news:
        cloud.presence.take(event.model_dump_json(by_alias=True))
    charger = cloud.memory.chargers[builders.CHARGER]
    assert charger.presence_session == life.events[-1].session_identifier
    assert charger.connected is life.connected
    assert cloud.memory.writes <= len(life.events)
