"""Operators find anybody's sessions and chargers, page by page, and a request's cost is bounded."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contract.vocabulary import EvseStatus
from functions.domain.errors import CallerError
from functions.domain.finding import MOST_PAGES_READ, matching
from functions.domain.records import SessionPhase, SessionRecord
from tests.support import builders
from tests.support.builders import CHARGER, NEIGHBOUR, OWNER
from tests.support.clock import NOON_MS
from tests.support.cloud import Cloud


def numbered(count: int) -> list[SessionRecord]:
    return [
        builders.active_session(
            session_id=f"01JF{number:022d}",
            owner=OWNER if number % 2 else NEIGHBOUR,
            evse_id=1 + number % 2,
            created_at_ms=NOON_MS + number,
        )
        for number in range(count)
    ]


def every_open(cloud: Cloud, *, overdue: bool, limit: int) -> list[str]:
    found: list[str] = []
    cursor: str | None = None
    for _ in range(100):
        page = cloud.finding.open(overdue=overdue, limit=limit, cursor=cursor)
        assert len(page.items) <= limit
        found += [session.session_id for session in page.items]
        cursor = page.cursor
        if cursor is None:
            return found
    raise AssertionError("the list has no end")


@pytest.mark.parametrize("limit", [1, 3, 50])
def test_every_open_session_is_found_once_whoever_s_it_is_and_none_that_is_over(cloud: Cloud, limit: int) -> None:
    sessions = numbered(12)
    over = builders.active_session(phase=SessionPhase.ENDED)
    cloud.keep(*sessions, over)
    assert sorted(every_open(cloud, overdue=False, limit=limit)) == [it.session_id for it in sessions]


def test_overdue_are_those_whose_stop_has_no_outcome_in_time_or_was_not_sent(cloud: Cloud) -> None:
    quiet, late, lost, fresh = numbered(4)
    late = replace(late, stop=builders.stop_intent(), stop_sent_at_ms=NOON_MS)
    lost = replace(lost, stop=builders.stop_intent(), stop_sent_at_ms=NOON_MS + 19_000, stop_not_sent=True)
    fresh = replace(fresh, stop=builders.stop_intent(), stop_sent_at_ms=NOON_MS + 19_000)
    cloud.keep(quiet, late, lost, fresh)
    cloud.clock.pass_s(20)
    assert sorted(every_open(cloud, overdue=True, limit=10)) == [late.session_id, lost.session_id]


def test_a_charger_s_sessions_come_newest_first_also_of_one_evse(cloud: Cloud) -> None:
    cloud.keep(*numbered(4), builders.active_session(charger_id="PX-0002"))
    page = cloud.finding.of_charger(CHARGER, evse_id=None, limit=3, cursor=None)
    assert [it.session_id[-1] for it in page.items] == ["3", "2", "1"]
    rest = cloud.finding.of_charger(CHARGER, evse_id=None, limit=3, cursor=page.cursor)
    assert ([it.session_id[-1] for it in rest.items], rest.cursor) == (["0"], None)
    second = cloud.finding.of_charger(CHARGER, evse_id=2, limit=3, cursor=None)
    assert [it.session_id[-1] for it in second.items] == ["3", "1"]


def test_a_filter_that_finds_little_reads_a_bounded_number_of_pages_and_says_where_to_go_on(cloud: Cloud) -> None:
    cloud.keep(*numbered(MOST_PAGES_READ + 2))
    page = cloud.finding.of_charger(CHARGER, evse_id=32, limit=1, cursor=None)
    assert page.items == []
    assert page.cursor is not None


def test_a_driver_s_sessions_are_found_by_account(cloud: Cloud) -> None:
    cloud.keep(*numbered(4))
    page = cloud.finding.of_owner(NEIGHBOUR, limit=10, cursor=None)
    assert [it.session_id[-1] for it in page.items] == ["2", "0"]


def test_anybody_s_session_and_any_charger_are_found_by_id(cloud: Cloud) -> None:
    cloud.keep(builders.active_session())
    assert cloud.finding.session(builders.SESSION).owner == OWNER
    assert cloud.finding.charger(CHARGER).charger.name == "Harbour Street 4"
    with pytest.raises(CallerError, match="no such session"):
        cloud.finding.session(builders.OTHER_SESSION)
    with pytest.raises(CallerError, match="no such charger"):
        cloud.finding.charger("PX-9999")


def test_chargers_are_found_by_state_connection_and_service(cloud: Cloud) -> None:
    cloud.keep(builders.evse(status=EvseStatus.FAULTED), builders.charger())
    for number, (connected, in_service) in enumerate([(None, True), (False, True), (True, False)], start=2):
        charger_id = f"PX-000{number}"
        cloud.keep(builders.charger(charger_id=charger_id, connected=connected, in_service=in_service))
        cloud.keep(builders.evse(charger_id=charger_id))

    def found(
        *, status: EvseStatus | None = None, connected: bool | None = None, in_service: bool | None = None
    ) -> list[str]:
        matches = matching(status=status, connected=connected, in_service=in_service)
        page = cloud.finding.chargers_that(matches, limit=10, cursor=None)
        return [it.charger.charger_id[-1] for it in page.items]

    assert found() == ["1", "2", "3", "4"]
    assert found(status=EvseStatus.FAULTED) == ["1"]
    assert found(connected=False) == ["2", "3"]
    assert found(in_service=False) == ["4"]
    assert found(status=EvseStatus.PREPARING, connected=True, in_service=True) == []


@pytest.mark.parametrize("cursor", ["4|", "nonsense", "|", "0|nonsense"])
def test_a_cursor_that_is_none_is_the_callers_fault(cloud: Cloud, cursor: str) -> None:
    with pytest.raises(CallerError, match="cursor"):
        cloud.finding.open(overdue=False, limit=1, cursor=cursor)
