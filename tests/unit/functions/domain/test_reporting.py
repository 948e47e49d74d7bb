"""What chargers say, taken in: any document may come twice, late, out of order, or be no document at all."""

from __future__ import annotations

from typing import Any

import pytest

from contract.vocabulary import EvseStatus
from functions.domain.records import IntentStatus, SessionPhase
from tests.support import builders
from tests.support.builders import (
    NEIGHBOUR,
    OTHER_SESSION,
    OWNER,
    SESSION,
    event,
    event_message,
    reported,
    reported_session,
    shadow_message,
)
from tests.support.clock import NOON_MS
from tests.support.cloud import Cloud

STARTED = event_message(event("started", 0))
METER = event_message(event("meter", 1, meterWh=1500, powerW=7000))
ENDED = event_message(event("ended", 2, meterWh=2000))


def answer(status: str = "done", reason: str = "", *, n: int = 918, **message: Any) -> str:
    """A report with the charger's answer to the stop."""
    document = reported(n=n, ack=builders.ack(status=status, reason=reason), intent=builders.stop_wire())
    return shadow_message(document, **message)


def refused_start(**message: Any) -> str:
    document = reported(
        evse={"status": "preparing", "error": "", "cable": "plugged", "powerW": 0},
        ack=builders.ack(builders.START_INTENT, "refused", "cable_not_plugged"),
        intent=builders.start_wire(),
    )
    return shadow_message(document, **message)


def claimed_evse(**changes: Any) -> Any:
    return builders.evse(
        **{"current_session_id": SESSION, "current_owner": OWNER, "hold_until_ms": NOON_MS + 75_000, **changes}
    )


# Reports.


def test_a_report_is_the_evse_as_it_is_and_the_answer_to_the_stop(cloud: Cloud) -> None:
    cloud.keep(builders.stopping_session(), claimed_evse(hold_until_ms=None))
    assert cloud.hear(answer("executing")) == ["report"]
    assert cloud.evse().status is EvseStatus.CHARGING
    stop = cloud.session().stop
    assert stop is not None
    assert stop.status is IntentStatus.EXECUTING


def test_the_echo_of_the_clouds_own_write_changes_nothing(cloud: Cloud) -> None:
    cloud.keep(builders.stopping_session())
    assert cloud.hear(shadow_message(None)) == ["echo"]
    assert cloud.hear(shadow_message(reported(n=917), previousN=917)) == ["echo"]
    assert cloud.memory.writes == 0


def test_the_same_count_after_a_reboot_is_a_report(cloud: Cloud) -> None:
    assert cloud.hear(shadow_message(reported(n=917, boot="0001"), previousN=917)) == ["report"]


def test_the_same_report_twice_is_written_once(cloud: Cloud) -> None:
    cloud.keep(builders.stopping_session())
    cloud.hear(answer())
    writes = cloud.memory.writes
    cloud.hear(answer(), answer())
    assert cloud.memory.writes == writes


def test_an_old_report_does_not_bring_old_values_back(cloud: Cloud) -> None:
    free = {"status": "available", "error": "", "cable": "unplugged", "powerW": 0}
    cloud.hear(shadow_message(reported(evse=free), version=12), shadow_message(reported(), version=11))
    assert cloud.evse().status is EvseStatus.AVAILABLE


def test_an_answer_in_an_old_report_is_taken_all_the_same(cloud: Cloud) -> None:
    cloud.keep(builders.stopping_session())
    cloud.hear(shadow_message(reported(n=920), version=12), answer(version=11))
    stop = cloud.session().stop
    assert stop is not None
    assert stop.status is IntentStatus.DONE


@pytest.mark.parametrize("previous", [918, 930], ids=["echo of a further tap", "next report"])
def test_a_lost_answer_heals_with_the_next_document_whatever_it_is_about(cloud: Cloud, previous: int) -> None:
    """Scenario 19. A further tap on Stop changes only `desired`; the document it makes carries the lost answer."""
    cloud.keep(builders.stopping_session())
    cloud.hear(answer("failed", "power_still_flowing", n=918, version=12, previousN=previous))
    stop = cloud.session().stop
    assert stop is not None
    assert (stop.status, stop.reason) == (IntentStatus.FAILED, "power_still_flowing")


def test_an_echo_is_no_sign_of_life(cloud: Cloud) -> None:
    cloud.keep(builders.stopping_session())
    cloud.hear(answer(n=918, version=12, previousN=918))
    assert cloud.evse().reported_at_ms == builders.evse().reported_at_ms


def test_a_refused_start_lets_the_evse_go(cloud: Cloud) -> None:
    cloud.keep(builders.pending_session(), claimed_evse())
    cloud.hear(refused_start())
    start = cloud.session().start
    assert start is not None
    assert start.status is IntentStatus.REFUSED
    assert (cloud.evse().current_session_id, cloud.evse().hold_until_ms) == (None, None)


def test_a_start_cancelled_by_a_stop_lets_the_evse_go(cloud: Cloud) -> None:
    cloud.keep(builders.pending_session(stop=builders.stop_intent()), claimed_evse())
    cloud.hear(answer("done", "never_started"))
    assert cloud.evse().current_session_id is None


def test_an_old_refusal_leaves_the_next_drivers_claim(cloud: Cloud) -> None:
    cloud.keep(builders.pending_session(), claimed_evse())
    cloud.hear(refused_start())
    held = claimed_evse(current_session_id=OTHER_SESSION, current_owner=NEIGHBOUR, shadow_version=20, revision=9)
    cloud.keep(held)
    cloud.hear(refused_start(), refused_start(version=8))
    assert cloud.evse() == held


def test_a_running_session_whose_claim_was_lost_takes_its_evse_again(cloud: Cloud) -> None:
    cloud.keep(builders.active_session())
    cloud.hear(shadow_message(reported(session=reported_session())))
    assert (cloud.evse().current_session_id, cloud.evse().current_owner) == (SESSION, OWNER)


@pytest.mark.parametrize("session_id", [SESSION, OTHER_SESSION], ids=["ended on record", "not on record"])
def test_a_report_of_a_session_that_is_over_or_unknown_takes_no_evse(cloud: Cloud, session_id: str) -> None:
    """Scenario 7: zombies."""
    cloud.keep(builders.active_session())
    cloud.hear(ENDED, shadow_message(reported(session=reported_session(sessionId=session_id))))
    assert cloud.evse().current_session_id is None


# Events.


def test_a_session_begins_runs_and_ends_with_its_events(cloud: Cloud) -> None:
    cloud.keep(builders.pending_session(), claimed_evse())
    assert cloud.hear(STARTED) == ["started"]
    assert cloud.session().phase is SessionPhase.ACTIVE
    assert (cloud.evse().current_session_id, cloud.evse().hold_until_ms) == (SESSION, None)
    assert cloud.hear(METER, ENDED) == ["meter", "ended"]
    assert cloud.session().phase is SessionPhase.ENDED
    assert cloud.evse().current_session_id is None
    assert [it.meter_wh for it in cloud.sessions.meter_samples(SESSION, limit=9, cursor=None).items] == [
        1000,
        1500,
        2000,
    ]


def test_events_twice_are_events_once(cloud: Cloud) -> None:
    cloud.keep(builders.pending_session(), claimed_evse())
    cloud.hear(STARTED, METER, ENDED)
    session, writes = cloud.session(), cloud.memory.writes
    cloud.hear(STARTED, METER, ENDED, METER, STARTED)
    assert (cloud.session(), cloud.memory.writes) == (session, writes)
    assert len(cloud.memory.samples[SESSION]) == 3


def test_an_old_end_leaves_the_next_drivers_session_on_the_evse(cloud: Cloud) -> None:
    """Scenarios 2 and 3."""
    cloud.keep(builders.pending_session(), claimed_evse())
    cloud.hear(STARTED, ENDED)
    following = builders.active_session(session_id=OTHER_SESSION, owner=NEIGHBOUR)
    cloud.keep(following, claimed_evse(current_session_id=OTHER_SESSION, current_owner=NEIGHBOUR, hold_until_ms=None))
    cloud.hear(ENDED, METER, STARTED, answer())
    assert cloud.evse().current_session_id == OTHER_SESSION
    assert cloud.session(OTHER_SESSION) == following


def test_a_start_that_outlived_its_claim_takes_the_evse_from_whoever_claimed_it(cloud: Cloud) -> None:
    cloud.keep(builders.pending_session(), claimed_evse(current_session_id=OTHER_SESSION, current_owner=NEIGHBOUR))
    cloud.hear(STARTED)
    assert cloud.evse().current_owner == OWNER


def test_a_sample_from_a_clock_that_was_never_set_is_kept_at_its_arrival(cloud: Cloud) -> None:
    """Scenario 13."""
    cloud.keep(builders.active_session())
    cloud.clock.pass_s(60)
    cloud.hear(event_message(event("meter", 9, at=12)))
    (sample,) = cloud.memory.samples[SESSION].values()
    assert sample.at_ms == cloud.clock()


def test_fields_of_a_newer_charger_are_ignored(cloud: Cloud) -> None:
    cloud.keep(builders.active_session())
    assert cloud.hear(event_message(event("meter", 9, colour="green"))) == ["meter"]
    evse = {"status": "charging", "error": "", "cable": "locked", "powerW": 1, "mood": "fine"}
    assert cloud.hear(shadow_message(reported(evse=evse, weather={"rain": True}), weather=1)) == ["report"]


def test_power_that_still_flows_is_news_once_and_not_again_with_every_later_report() -> None:
    cloud = Cloud()
    cloud.keep(builders.charger(), builders.evse(), builders.stopping_session())
    flows_on = builders.ack(status="failed", reason="power_still_flowing")
    report = builders.reported(session=builders.reported_session(), ack=flows_on, intent=builders.stop_wire())

    first = cloud.hear(builders.shadow_message(report))
    cloud.clock.pass_s(5)
    later = cloud.hear(builders.shadow_message(report | {"n": 919}, version=11))

    assert (first, later) == (["power_still_flowing"], ["report"])


def test_a_shadow_that_was_made_anew_begins_its_versions_again_and_is_believed(cloud: Cloud) -> None:
    cloud.keep(builders.evse(shadow_version=5000, report_boot="b7f3", reported_at_ms=NOON_MS - 61_000))
    cloud.hear(shadow_message(reported(boot="c001"), version=1, previousBoot=None))
    assert (cloud.evse().shadow_version, cloud.evse().status) == (1, EvseStatus.CHARGING)


def test_a_late_report_of_an_earlier_boot_is_old_news(cloud: Cloud) -> None:
    cloud.keep(builders.evse(shadow_version=5000, report_boot="c001", reported_at_ms=NOON_MS - 2_000))
    cloud.hear(shadow_message(reported(), version=4999))
    assert (cloud.evse().shadow_version, cloud.evse().status) == (5000, EvseStatus.PREPARING)


def test_an_answer_for_a_session_nobody_knows_does_not_spoil_its_report(cloud: Cloud) -> None:
    cloud.memory.sessions.clear()
    cloud.keep(builders.evse())
    assert cloud.hear(answer()) == ["report"]
    assert cloud.evse().status is EvseStatus.CHARGING
