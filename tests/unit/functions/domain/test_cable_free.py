"""When the driver's cable was free: the first report after the end that shows it unplugged, and nothing else."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from functions.domain.timeline import timeline
from tests.support import builders
from tests.support.builders import OTHER_SESSION, SESSION
from tests.support.clock import NOON_MS
from tests.support.cloud import Cloud

ENDED = builders.event_message(builders.event("ended", 9, meterWh=9000))
VERSIONS = itertools.count(10)


def shown(cable: str, **groups: Any) -> str:
    status = "available" if cable == "unplugged" else "finishing"
    report = builders.reported(evse={"status": status, "error": "", "cable": cable, "powerW": 0}, **groups)
    return builders.shadow_message(report, version=next(VERSIONS), previousN=None)


@pytest.fixture
def cloud(cloud: Cloud) -> Cloud:
    cloud.keep(builders.active_session(), builders.evse(current_session_id=SESSION, current_owner=builders.OWNER))
    return cloud


def hear(cloud: Cloud, *messages: str) -> None:
    """Each a second after the one before it."""
    for message in messages:
        cloud.clock.pass_s(1)
        cloud.hear(message)


def free_after_s(cloud: Cloud) -> float | None:
    at_ms = cloud.session().cable_free_at_ms
    return None if at_ms is None else (at_ms - NOON_MS) / 1000


def test_it_is_the_first_report_of_it_after_the_end(cloud: Cloud) -> None:
    hear(cloud, ENDED, shown("plugged"), shown("unplugged"), shown("unplugged"))
    assert free_after_s(cloud) == 3
    assert timeline(cloud.session())[-1].stage == "cable_free"


def test_a_cable_still_in_the_car_is_not_free(cloud: Cloud) -> None:
    hear(cloud, ENDED, shown("locked"), shown("stuck"), shown("plugged"))
    assert free_after_s(cloud) is None
    assert "cable_free" not in [it.stage for it in timeline(cloud.session())]


def test_a_cable_that_was_pulled_is_free_when_that_was_told_though_the_end_comes_later(cloud: Cloud) -> None:
    hear(cloud, shown("plugged"), shown("unplugged"), shown("unplugged"), ENDED, ENDED)
    assert free_after_s(cloud) == 2


def test_the_report_told_twice_is_one(cloud: Cloud) -> None:
    unplugged = shown("unplugged")
    hear(cloud, ENDED, unplugged, unplugged)
    assert free_after_s(cloud) == 2


def test_a_report_whose_second_write_was_lost_does_it_when_it_comes_again(cloud: Cloud) -> None:
    hear(cloud, ENDED)
    before = cloud.session()
    unplugged = shown("unplugged")
    cloud.hear(unplugged)
    cloud.keep(before)
    cloud.hear(unplugged)
    assert free_after_s(cloud) == 1


def test_an_evse_that_was_free_before_the_session_says_nothing_of_its_cable(cloud: Cloud) -> None:
    cloud.keep(builders.evse(current_session_id=SESSION, unplugged_at_ms=NOON_MS - 1))
    hear(cloud, ENDED, shown("unplugged"))
    assert free_after_s(cloud) is None


def test_the_next_drivers_cable_is_not_the_last_ones(cloud: Cloud) -> None:
    hear(cloud, ENDED)
    following = builders.active_session(session_id=OTHER_SESSION)
    cloud.keep(following)
    evse = cloud.evse()
    hear(cloud, builders.event_message(builders.event("started", 0, sessionId=OTHER_SESSION)))
    assert cloud.evse().current_session_id == OTHER_SESSION != evse.current_session_id
    hear(cloud, shown("unplugged"))
    assert free_after_s(cloud) is None


def test_a_later_departure_from_the_same_evse_changes_nothing(cloud: Cloud) -> None:
    hear(cloud, ENDED, shown("unplugged"), shown("plugged"), shown("unplugged"))
    assert free_after_s(cloud) == 2
