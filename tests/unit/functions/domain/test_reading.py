"""What a driver may read, and what reading does: a hint to the charger, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from functions.adapters.memory import MemorySessions
from functions.domain.errors import CallerError, TemporaryError
from functions.domain.records import SessionPhase, SessionRecord
from tests.support import builders
from tests.support.builders import CHARGER, NEIGHBOUR, OWNER, SESSION
from tests.support.clock import NOON_MS
from tests.support.cloud import Cloud, MeddledSessions


@pytest.mark.parametrize("session_id", [SESSION, builders.OTHER_SESSION])
def test_somebody_elses_session_reads_as_a_missing_one(cloud: Cloud, session_id: str) -> None:
    cloud.keep(builders.active_session())
    for read in (
        lambda: cloud.reading.session(session_id, owner=NEIGHBOUR),
        lambda: cloud.reading.meter_samples(session_id, owner=NEIGHBOUR, limit=5, cursor=None),
    ):
        with pytest.raises(CallerError) as error:
            read()
        assert (error.value.code, error.value.detail) == ("session_not_found", "There is no such session of yours.")


def test_looking_at_a_live_session_hints_the_charger_at_most_every_thirty_seconds(cloud: Cloud) -> None:
    cloud.keep(builders.active_session())
    for _ in range(61):
        cloud.reading.watch(cloud.session())
        cloud.clock.pass_s(1)
    assert cloud.watchers.hints == [(CHARGER, 1, NOON_MS // 1000 + second) for second in (35, 65, 95)]


@pytest.mark.parametrize("phase", [SessionPhase.PENDING, SessionPhase.ENDED])
def test_a_session_that_is_not_live_hints_nobody(cloud: Cloud, phase: SessionPhase) -> None:
    cloud.keep(builders.active_session(phase=phase))
    cloud.reading.watch(cloud.session())
    assert (cloud.watchers.hints, cloud.memory.writes) == ([], 0)


def test_of_two_who_look_at_once_one_hints() -> None:
    cloud = Cloud(kind_of_sessions=MeddledSessions)
    cloud.keep(builders.active_session())
    assert isinstance(cloud.sessions, MeddledSessions)
    session = cloud.session()
    cloud.sessions.meddlers.append(lambda: cloud.reading.watch(session))
    cloud.reading.watch(session)
    assert len(cloud.watchers.hints) == 1


@dataclass(frozen=True, slots=True)
class ThrottledSessions(MemorySessions):
    """The table takes no writes at the moment."""

    def replace(self, old: SessionRecord, new: SessionRecord) -> bool:
        raise TemporaryError("too_many_requests", f"{old.session_id} {new.revision}")


def test_a_hint_that_cannot_be_given_does_not_keep_the_driver_from_reading() -> None:
    cloud = Cloud(kind_of_sessions=ThrottledSessions)
    cloud.keep(builders.active_session())
    cloud.reading.watch(cloud.session())
    assert cloud.watchers.hints == []


@pytest.mark.parametrize("connected", [True, False])
def test_presence_is_asked_for_only_where_it_explains_an_overdue_stop(cloud: Cloud, *, connected: bool) -> None:
    cloud.keep(builders.charger(connected=connected))
    assert cloud.reading.connected(builders.stopping_session()) is None
    cloud.clock.pass_s(16)
    assert cloud.reading.connected(builders.stopping_session()) is connected
    assert cloud.reading.connected(builders.active_session()) is None


def ten_sessions(cloud: Cloud) -> None:
    for number in range(10):
        phase = SessionPhase.ENDED if number % 5 else SessionPhase.ACTIVE
        cloud.keep(
            builders.active_session(
                session_id=f"01JD{number:022d}", created_at_ms=NOON_MS + number * 1000, phase=phase, owner=OWNER
            )
        )
    cloud.keep(builders.active_session(session_id="01JD" + "9" * 22, owner=NEIGHBOUR))


def listed(cloud: Cloud, status: str | None = None, limit: int = 3) -> list[list[int]]:
    pages, cursor = [], None
    while True:
        page = cloud.reading.sessions_of(OWNER, status=status, from_ms=None, to_ms=None, limit=limit, cursor=cursor)
        assert {it.owner for it in page.items} <= {OWNER}
        pages.append([(it.created_at_ms - NOON_MS) // 1000 for it in page.items])
        cursor = page.cursor
        if cursor is None:
            return pages


def test_a_drivers_sessions_come_newest_first_page_by_page(cloud: Cloud) -> None:
    ten_sessions(cloud)
    assert listed(cloud) == [[9, 8, 7], [6, 5, 4], [3, 2, 1], [0]]


@pytest.mark.parametrize("limit", [1, 2, 3, 20])
def test_a_filter_leaves_nobody_out_however_small_the_pages(cloud: Cloud, limit: int) -> None:
    ten_sessions(cloud)
    assert sum(listed(cloud, "active", limit), []) == [5, 0]  # noqa: RUF017 - three short lists
    assert all(len(page) <= limit for page in listed(cloud, "ended", limit))


def test_a_filter_reads_a_bounded_number_of_pages(cloud: Cloud) -> None:
    ten_sessions(cloud)
    page = cloud.reading.sessions_of(OWNER, status="failed", from_ms=None, to_ms=None, limit=1, cursor=None)
    assert page.items == []
    assert page.cursor is not None


def test_times_bound_a_list_on_both_sides_inclusively(cloud: Cloud) -> None:
    ten_sessions(cloud)
    page = cloud.reading.sessions_of(
        OWNER, status=None, from_ms=NOON_MS + 2000, to_ms=NOON_MS + 4000, limit=9, cursor=None
    )
    assert [(it.created_at_ms - NOON_MS) // 1000 for it in page.items] == [4, 3, 2]


def test_a_charger_comes_with_the_callers_own_live_session_and_nobody_elses(cloud: Cloud) -> None:
    cloud.keep(
        builders.evse(current_session_id=SESSION, current_owner=OWNER),
        builders.evse(evse_id=2, current_session_id=builders.OTHER_SESSION, current_owner=NEIGHBOUR),
        builders.active_session(),
        builders.active_session(session_id=builders.OTHER_SESSION, evse_id=2, owner=NEIGHBOUR),
    )
    assert {evse: it.session_id for evse, it in cloud.browsing.charger(CHARGER, owner=OWNER)[1].items()} == {1: SESSION}
    assert list(cloud.browsing.charger(CHARGER, owner=NEIGHBOUR)[1]) == [2]
    assert list(cloud.browsing.charger(CHARGER, owner="stranger")[1]) == []


def test_a_session_that_is_over_is_no_longer_on_its_charger(cloud: Cloud) -> None:
    cloud.keep(
        builders.evse(current_session_id=SESSION, current_owner=OWNER),
        builders.active_session(phase=SessionPhase.ENDED),
    )
    assert cloud.browsing.charger(CHARGER, owner=OWNER)[1] == {}


def test_a_charger_nobody_knows_is_refused(cloud: Cloud) -> None:
    with pytest.raises(CallerError) as error:
        cloud.browsing.charger("PX-9999", owner=OWNER)
    assert error.value.code == "charger_not_found"
