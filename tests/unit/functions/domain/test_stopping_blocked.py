"""A card that is blocked stops what turns up on it later: charged without a link, or begun a moment before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from contract.vocabulary import CardStatus, RequestedBy
from functions.adapters.memory import MemorySessions
from functions.domain.errors import TemporaryError
from functions.domain.records import IntentStatus, SessionRecord
from tests.support import builders
from tests.support.builders import CARD, OTHER_CARD, OWNER
from tests.support.clock import NOON_MS
from tests.support.cloud import Cloud


def hear(cloud: Cloud, kind: str, seq: int, **fields: Any) -> None:
    cloud.hear(builders.event_message(builders.event(kind, seq, idTokenHash=CARD, **fields)))


@pytest.fixture
def cloud(cloud: Cloud) -> Cloud:
    cloud.keep(builders.card(status=CardStatus.BLOCKED, lost_at_ms=NOON_MS))
    return cloud


@pytest.mark.parametrize("kind", ["started", "meter"])
@pytest.mark.parametrize(("lost_at_ms", "why"), [(NOON_MS, "card_lost"), (None, "card_blocked")])
def test_a_session_that_turns_up_on_a_blocked_card_is_stopped(
    cloud: Cloud, kind: str, lost_at_ms: int | None, why: str
) -> None:
    cloud.keep(builders.card(status=CardStatus.BLOCKED, lost_at_ms=lost_at_ms))
    hear(cloud, kind, 1)
    session = cloud.session()
    assert session.stop is not None
    assert (session.owner, session.stop.by, session.stop.why) == ("", RequestedBy.AUTOMATIC, why)
    assert cloud.sent == [f"stop {session.stop.intent_id}"]


def test_it_is_stopped_once_whatever_more_is_told_of_it(cloud: Cloud) -> None:
    hear(cloud, "started", 1)
    for seq in (2, 3):
        cloud.clock.pass_s(30)
        hear(cloud, "meter", seq)
    assert len(cloud.sent) == 1


def test_one_that_is_over_when_it_turns_up_is_put_on_record_and_not_stopped(cloud: Cloud) -> None:
    hear(cloud, "ended", 9)
    assert cloud.session().stop is None
    assert cloud.sent == []


def test_a_session_of_a_card_that_nobody_knows_goes_on(cloud: Cloud) -> None:
    cloud.hear(builders.event_message(builders.event("started", 1, idTokenHash=OTHER_CARD)))
    assert cloud.session().stop is None


def test_a_stop_that_could_not_be_sent_is_on_record_for_the_sweeper(cloud: Cloud) -> None:
    cloud.shadows.failing_with = TemporaryError("unavailable")
    hear(cloud, "started", 1)
    assert cloud.session().stop_not_sent
    cloud.shadows.failing_with = None
    cloud.clock.pass_s(5)
    cloud.sweeping.sweep()
    stop = cloud.session().stop
    assert stop is not None
    assert cloud.sent == [f"stop {stop.intent_id}"]
    assert stop.status is IntentStatus.REQUESTED


def test_a_card_that_is_reported_lost_while_its_session_is_put_on_record_stops_it(cloud: Cloud) -> None:
    @dataclass(frozen=True, slots=True)
    class OvertakenSessions(MemorySessions):
        def add(self, session: SessionRecord) -> bool:
            cloud.card_keeping.report_lost(CARD, owner=OWNER)
            return MemorySessions.add(self, session)

    cloud.keep(builders.card())
    reporting = replace(cloud.reporting, sessions=OvertakenSessions(cloud.memory))
    started = builders.event_message(builders.event("started", 0, idTokenHash=CARD))
    reporting.take(started, received_at_ms=cloud.clock())
    session = cloud.session()
    assert session.stop is not None
    assert (session.owner, session.stop.why) == (OWNER, "card_lost")
    assert cloud.sent == [f"stop {session.stop.intent_id}"]
