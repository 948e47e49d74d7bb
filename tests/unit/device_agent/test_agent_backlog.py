"""A charger comes back after a week offline: everything is told, in order, and nothing is flooded."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from contract.vocabulary import EndReason
from device_agent import journal_schema, pacing, sessions
from device_agent.memory_link import MemoryCloud, MemoryLink
from device_agent.pacing import EVENTS_AT_ONCE, EVENTS_PER_S, REQUESTS_AT_ONCE, REQUESTS_IN_FLIGHT
from device_agent.records import Moment, Phase, QueuedEvent, SessionRecord
from device_agent.thinning import METERS_WAITING
from tests.support.charger_bench import CHARGER, NOON, Bench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SESSIONS = 70
"""Ten a day for a week."""

LASTED_S = 4 * 3600


def week_offline(bench: Bench) -> list[str]:
    """The journal after a week: sessions of four hours each, a meter value every 30 s."""
    names = []
    for number in range(SESSIONS):
        names.append(f"01JD00000000000000000010{number:02d}")
        begun_s = NOON - 604_800 + number * 8_400
        session = sessions.begin(SessionRecord(names[-1], 1, Phase.KEPT), f"tx-{number}", 0, Moment(begun_s, 0))
        session, told = sessions.began(session, 0)
        bench.journal.write(session, *told)
        for hour in range(4):
            events: list[QueuedEvent] = []
            for passed_s in range(hour * 3600 + 30, hour * 3600 + 3601, 30):
                session, told = sessions.metered(session, passed_s, 11_000, Moment(begun_s + passed_s, 0))
                events += told
            bench.journal.write(session, *events)
        session, told = sessions.over(session, EndReason.LOCAL, LASTED_S, int(begun_s) + LASTED_S)
        bench.journal.write(session, *told)
    return names


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setattr(journal_schema, "SYNCHRONOUS", "OFF")
    bench = Bench(tmp_path).turn_on(online=False)
    yield bench
    bench.lose_power()


def test_a_week_of_sessions_is_told_in_order_within_minutes_and_never_faster_than_allowed(offline: Bench) -> None:
    bench, names = offline, week_offline(offline)
    bench.link.restore()
    counts, before = [], 0
    for _ in range(240):
        bench.pass_s(0.5)
        counts.append(len(bench.cloud.published) - before)
        before = len(bench.cloud.published)
    told = [event for _, event in bench.cloud.published]
    assert counts[0] <= EVENTS_AT_ONCE + EVENTS_PER_S / 2
    assert max(counts[1:]) <= EVENTS_PER_S / 2 + 1
    assert bench.journal.waiting(1) == []
    assert [(e["sessionId"], e["seq"]) for e in told] == sorted((e["sessionId"], e["seq"]) for e in told)
    kinds = Counter(event["type"] for event in told)
    assert (kinds["started"], kinds["ended"]) == (SESSIONS, SESSIONS)
    assert METERS_WAITING / 2 < kinds["meter"] <= METERS_WAITING
    for name in names:
        at = [event["at"] for event in bench.events(name)]
        gaps = [later - earlier for earlier, later in itertools.pairwise(at)]
        assert max(gaps) <= LASTED_S / 4


def test_a_stop_in_the_middle_of_the_backlog_is_answered_at_once(offline: Bench) -> None:
    bench = offline
    week_offline(bench)
    bench.link.restore()
    bench.pass_s(1)
    bench.want("start")
    stopped = bench.want("stop")
    bench.pass_s(0.25)
    assert bench.answer() == (stopped, "done", "")
    assert bench.journal.waiting(1) != []


@dataclass
class SlowService:
    """Holds the answers of the shadow service back and counts the requests that wait for them."""

    cloud: MemoryCloud
    held: list[tuple[str, bytes]] = field(default_factory=list)
    most: int = 0

    def send(self, topic: str, payload: bytes) -> None:
        self.held.append((topic, payload))
        self.most = max(self.most, len(self.held))

    def answer(self) -> None:
        held, self.held = self.held, []
        for topic, payload in held:
            for link in self.cloud._links:
                link.receive(topic, payload)


def test_eight_evses_ask_and_report_within_what_the_service_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path, evses=8)
    service = SlowService(bench.cloud)
    monkeypatch.setattr(bench.cloud, "send", service.send)
    sent: list[str] = []
    publish = MemoryLink.publish

    def counted(link: MemoryLink, topic: str, payload: bytes) -> Any:
        sent.append(topic)
        return publish(link, topic, payload)

    monkeypatch.setattr(MemoryLink, "publish", counted)
    bench.turn_on()
    assert len(sent) <= REQUESTS_IN_FLIGHT
    assert service.most <= REQUESTS_IN_FLIGHT
    for _ in range(20):
        service.answer()
        bench.pass_s(0.25)
    assert service.most <= REQUESTS_IN_FLIGHT
    assert len(sent) <= REQUESTS_AT_ONCE + 5 * pacing.REQUESTS_PER_S
    assert all(bench.cloud.reported(CHARGER, evse_id) for evse_id in range(1, 9))
    assert bench.link.reconnects == []
    bench.lose_power()
