"""What the cloud goes by where the time of a word is not to be trusted: its arrival, or when it was sent."""

from __future__ import annotations

import pytest

from contract.vocabulary import EvseStatus
from functions.domain import outlook
from functions.domain.errors import CallerError
from functions.domain.operating import Order
from functions.domain.records import SessionPhase
from functions.domain.targets import Target
from tests.support import builders
from tests.support.builders import CARD, NOON_S, OWNER, SESSION
from tests.support.clock import NOON_MS
from tests.support.cloud import Cloud

ORDER = Order(operator="op", reason="driver called", correlation_id="c", dry_run=False)
FREE = {"status": "available", "error": "", "cable": "unplugged", "powerW": 0}


def charging(cloud: Cloud) -> None:
    busy = {"status": EvseStatus.CHARGING, "current_session_id": SESSION, "current_owner": OWNER}
    cloud.keep(builders.evse(reported_session_id=SESSION, reported_at_ms=NOON_MS, **busy))


def test_a_session_whose_charger_is_a_minute_and_a_half_slow_is_not_stale(cloud: Cloud) -> None:
    cloud.keep(builders.active_session())
    cloud.clock.pass_s(600)
    slow_s = cloud.clock() // 1000 - 90
    cloud.hear(builders.event_message(builders.event("meter", 4, at=slow_s, meterWh=9000, powerW=7000)))
    cloud.clock.pass_s(cloud.patience.stale_after_s)
    assert not outlook.is_stale(cloud.session(), now_ms=cloud.clock(), patience=cloud.patience)
    cloud.clock.pass_s(1)
    assert outlook.is_stale(cloud.session(), now_ms=cloud.clock(), patience=cloud.patience)


def test_no_operator_closes_a_session_that_is_spoken_of_by_a_charger_an_hour_slow(cloud: Cloud) -> None:
    cloud.keep(builders.card())
    charging(cloud)
    for number in range(10):
        slow_s = cloud.clock() // 1000 - 3600
        event = builders.event("meter" if number else "started", number, idTokenHash=CARD, at=slow_s)
        cloud.hear(builders.event_message(event))
        cloud.clock.pass_s(60)
    with pytest.raises(CallerError) as refused:
        cloud.operating.close(SESSION, ORDER)
    assert refused.value.code == "session_still_reported"
    assert cloud.session().phase is SessionPhase.ACTIVE


def test_a_charger_with_a_fast_clock_that_comes_back_without_the_session_has_it_closed(cloud: Cloud) -> None:
    cloud.keep(builders.active_session(as_of_ms=NOON_MS))
    charging(cloud)
    cloud.hear(builders.event_message(builders.event("meter", 4, at=NOON_S + 110, meterWh=9000, powerW=7000)))
    cloud.clock.pass_s(60)
    cloud.hear(builders.shadow_message(builders.reported(boot="cccc", n=1, evse=FREE), version=11))
    cloud.clock.pass_s(3600)
    cloud.sweeping.sweep()
    assert cloud.session().phase is SessionPhase.ENDED


@pytest.mark.parametrize("fast_s", [0, 45, 100])
def test_a_target_of_energy_is_kept_by_a_charger_whose_clock_is_fast(cloud: Cloud, fast_s: int) -> None:
    cloud.keep(builders.active_session(target=Target(energy_wh=10_000)))
    for number in range(1, 60):
        cloud.clock.pass_s(30)
        at = cloud.clock() // 1000 + fast_s
        sample = builders.event("meter", 3 + number, at=at, meterWh=8200 + number * 180, powerW=22_000)
        cloud.hear(builders.event_message(sample))
        if cloud.session().stop is not None:
            break
    delivered_wh = outlook.energy_wh(cloud.session())
    assert delivered_wh is not None
    assert 10_000 <= delivered_wh < 10_180


def test_a_report_that_was_long_among_the_dead_letters_does_not_replace_the_present(cloud: Cloud) -> None:
    cloud.keep(builders.active_session())
    charging(cloud)
    dead = builders.shadow_message(builders.reported(boot="aaaa", n=5, evse=FREE), version=10, at=NOON_S)
    cloud.clock.pass_s(60)
    now = builders.reported(boot="bbbb", n=1, session=builders.reported_session())
    cloud.hear(builders.shadow_message(now, version=20, at=cloud.clock() // 1000))
    cloud.clock.pass_s(1200)
    cloud.hear(dead)
    assert (cloud.evse().status, cloud.evse().shadow_version) == (EvseStatus.CHARGING, 20)
    cloud.sweeping.sweep()
    assert cloud.session().phase is SessionPhase.ACTIVE
