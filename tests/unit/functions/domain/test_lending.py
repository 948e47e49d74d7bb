"""The right to stop one session, lent to another account: who gets it, what it is good for, and when it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from contract.vocabulary import RequestedBy
from functions.domain.errors import PolarisError
from functions.domain.lending import OFFER_MS, PAST_RIGHTS_KEPT
from functions.domain.records import IntentStatus, SessionPhase
from functions.domain.stop_right import guest_name
from functions.domain.timeline import timeline
from tests.support import builders
from tests.support.builders import CHARGER, NEIGHBOUR, OTHER_SESSION, OWNER, SESSION
from tests.support.clock import NOON_MS
from tests.support.cloud import Cloud, MeddledSessions

STRANGER = "stranger-sub"


@pytest.fixture
def cloud(cloud: Cloud) -> Cloud:
    cloud.keep(builders.active_session())
    return cloud


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(PolarisError) as raised:
        act()
    return raised.value.code


def guest_stop(cloud: Cloud, account: str = NEIGHBOUR) -> str:
    """What a tap of a guest came to: the stop's id, or why not."""
    try:
        session = cloud.stopping.stop(SESSION, owner=account, by=RequestedBy.GUEST)
    except PolarisError as error:
        return error.code
    assert session.stop is not None
    return session.stop.intent_id


def lent(cloud: Cloud) -> str:
    """The neighbour has taken the right; the code."""
    _, code = cloud.lending.offer(SESSION, owner=OWNER)
    cloud.lending.take(code, account=NEIGHBOUR)
    return code


def told(cloud: Cloud) -> list[tuple[str, str]]:
    stages = [(it.stage, it.source) for it in timeline(cloud.session())]
    return [stage for stage in stages if stage[0].startswith("stop_") and stage[0] != "stop_sent"]


def test_whoever_uses_the_code_can_stop_and_the_stop_is_on_record_as_a_guests(cloud: Cloud) -> None:
    lent(cloud)
    intent_id = guest_stop(cloud)
    assert cloud.sent == [f"stop {intent_id}"]
    ((_, _, intent),) = cloud.shadows.sent
    stop = cloud.session().stop
    assert stop is not None
    assert (stop.by, intent.by) == (RequestedBy.GUEST, "guest")
    assert told(cloud) == [("stop_requested", "guest"), ("stop_right_offered", "owner"), ("stop_right_taken", "guest")]


def test_the_record_says_which_account_it_was_to_whoever_knows_the_account_and_to_nobody_else(cloud: Cloud) -> None:
    lent(cloud)
    right = cloud.session().stop_right
    assert right is not None
    assert right.holder == guest_name(SESSION, NEIGHBOUR)
    assert right.holder != guest_name(OTHER_SESSION, NEIGHBOUR)
    assert NEIGHBOUR not in repr(cloud.memory)


def test_the_code_itself_is_not_on_record(cloud: Cloud) -> None:
    _, code = cloud.lending.offer(SESSION, owner=OWNER)
    assert code.partition("-")[2] not in repr(cloud.memory)


def test_without_the_right_nobody_stops_as_a_guest_not_even_by_knowing_the_session(cloud: Cloud) -> None:
    cloud.lending.offer(SESSION, owner=OWNER)
    assert guest_stop(cloud) == guest_stop(cloud, OWNER) == "session_not_found"
    assert cloud.sent == []


def test_the_right_is_good_for_stopping_and_for_nothing_else(cloud: Cloud) -> None:
    lent(cloud)
    stopping, reading, lending = cloud.stopping, cloud.reading, cloud.lending
    attempts: list[Callable[[], object]] = [
        lambda: stopping.stop(SESSION, owner=NEIGHBOUR),
        lambda: stopping.withdraw(SESSION, owner=NEIGHBOUR),
        lambda: reading.session(SESSION, owner=NEIGHBOUR),
        lambda: reading.meter_samples(SESSION, owner=NEIGHBOUR, limit=1, cursor=None),
        lambda: lending.offer(SESSION, owner=NEIGHBOUR),
        lambda: lending.right_of(SESSION, owner=NEIGHBOUR),
        lambda: lending.revoke(SESSION, owner=NEIGHBOUR),
    ]
    assert [refusal(attempt) for attempt in attempts] == ["session_not_found"] * len(attempts)
    mine = reading.sessions_of(NEIGHBOUR, status=None, from_ms=None, to_ms=None, limit=10, cursor=None)
    assert mine.items == []
    assert cloud.browsing.charger(CHARGER, owner=NEIGHBOUR)[1] == {}


def test_revoked_the_session_looks_missing(cloud: Cloud) -> None:
    code = lent(cloud)
    cloud.lending.revoke(SESSION, owner=OWNER)
    assert guest_stop(cloud) == "session_not_found"
    assert refusal(lambda: cloud.lending.session(SESSION, account=NEIGHBOUR)) == "session_not_found"
    assert refusal(lambda: cloud.lending.take(code, account=NEIGHBOUR)) == "stop_right_not_found"
    assert cloud.sent == []
    stages = {stage for stage, _ in told(cloud)}
    assert stages == {"stop_right_offered", "stop_right_taken", "stop_right_revoked"}


def test_a_stop_asked_for_before_the_right_was_revoked_stays_in_force(cloud: Cloud) -> None:
    lent(cloud)
    guest_stop(cloud)
    cloud.lending.revoke(SESSION, owner=OWNER)
    stop = cloud.session().stop
    assert stop is not None
    assert stop.status.in_force


def test_once_it_is_over_the_session_looks_missing_to_the_guest(cloud: Cloud) -> None:
    code = lent(cloud)
    cloud.keep(replace(cloud.session(), phase=SessionPhase.ENDED))
    assert guest_stop(cloud) == "session_not_found"
    assert refusal(lambda: cloud.lending.session(SESSION, account=NEIGHBOUR)) == "session_not_found"
    assert refusal(lambda: cloud.lending.take(code, account=NEIGHBOUR)) == "stop_right_not_found"
    assert cloud.lending.right_of(SESSION, owner=OWNER) is None


def test_revoking_while_a_guest_stops_anew_leaves_the_guest_without_the_stop() -> None:
    cloud = Cloud(kind_of_sessions=MeddledSessions)
    refused = builders.stop_intent(status=IntentStatus.REFUSED, settled_at_ms=NOON_MS)
    cloud.keep(builders.active_session(stop=refused, stop_sent_at_ms=NOON_MS, stop_right=builders.stop_right()))
    assert isinstance(cloud.sessions, MeddledSessions)
    cloud.sessions.meddlers.append(lambda: cloud.lending.revoke(SESSION, owner=OWNER))
    assert guest_stop(cloud) == "session_not_found"
    assert cloud.sent == []


def test_a_code_works_for_the_first_account_that_uses_it_and_again_for_that_one(cloud: Cloud) -> None:
    code = lent(cloud)
    assert cloud.lending.take(code, account=NEIGHBOUR).session_id == SESSION
    assert refusal(lambda: cloud.lending.take(code, account=STRANGER)) == "stop_right_not_found"
    assert guest_stop(cloud, STRANGER) == "session_not_found"


def test_a_code_is_of_no_use_to_the_driver_who_made_it(cloud: Cloud) -> None:
    _, code = cloud.lending.offer(SESSION, owner=OWNER)
    assert refusal(lambda: cloud.lending.take(code, account=OWNER)) == "session_is_yours"
    assert cloud.lending.take(code, account=NEIGHBOUR).session_id == SESSION


@pytest.mark.parametrize(("after_ms", "works"), [(OFFER_MS, True), (OFFER_MS + 1, False)])
def test_a_code_works_for_a_quarter_of_an_hour(cloud: Cloud, after_ms: int, *, works: bool) -> None:
    _, code = cloud.lending.offer(SESSION, owner=OWNER)
    cloud.clock.pass_s(after_ms / 1000)
    assert (cloud.lending.right_of(SESSION, owner=OWNER) is not None) is works
    if works:
        cloud.lending.take(code, account=NEIGHBOUR)
    else:
        assert refusal(lambda: cloud.lending.take(code, account=NEIGHBOUR)) == "stop_right_not_found"


def test_what_is_wrong_with_a_code_is_not_said(cloud: Cloud) -> None:
    _, code = cloud.lending.offer(SESSION, owner=OWNER)
    elsewhere = f"{OTHER_SESSION}-{code.partition('-')[2]}"
    assert refusal(lambda: cloud.lending.take(code[:-1] + "x", account=NEIGHBOUR)) == "stop_right_not_found"
    assert refusal(lambda: cloud.lending.take(elsewhere, account=NEIGHBOUR)) == "stop_right_not_found"


def test_a_new_code_ends_an_unused_one(cloud: Cloud) -> None:
    _, first = cloud.lending.offer(SESSION, owner=OWNER)
    _, second = cloud.lending.offer(SESSION, owner=OWNER)
    assert refusal(lambda: cloud.lending.take(first, account=NEIGHBOUR)) == "stop_right_not_found"
    assert cloud.lending.take(second, account=NEIGHBOUR).session_id == SESSION


def test_a_right_that_is_held_is_revoked_before_it_is_lent_to_another(cloud: Cloud) -> None:
    lent(cloud)
    assert refusal(lambda: cloud.lending.offer(SESSION, owner=OWNER)) == "stop_right_lent"
    cloud.lending.revoke(SESSION, owner=OWNER)
    _, code = cloud.lending.offer(SESSION, owner=OWNER)
    cloud.lending.take(code, account=STRANGER)
    assert guest_stop(cloud) == "session_not_found"
    assert guest_stop(cloud, STRANGER) != "session_not_found"


@pytest.mark.parametrize(("session_id", "owner"), [(SESSION, NEIGHBOUR), (OTHER_SESSION, OWNER)])
def test_somebody_elses_or_a_missing_session_is_not_lent(cloud: Cloud, session_id: str, owner: str) -> None:
    lend = cloud.lending
    assert refusal(lambda: lend.offer(session_id, owner=owner)) == "session_not_found"
    assert refusal(lambda: lend.revoke(session_id, owner=owner)) == "session_not_found"
    assert refusal(lambda: lend.right_of(session_id, owner=owner)) == "session_not_found"


def test_a_session_that_is_over_is_not_lent(cloud: Cloud) -> None:
    cloud.keep(builders.active_session(phase=SessionPhase.ENDED))
    assert refusal(lambda: cloud.lending.offer(SESSION, owner=OWNER)) == "session_not_active"


def test_revoking_where_there_is_nothing_changes_nothing(cloud: Cloud) -> None:
    lent(cloud)
    cloud.lending.revoke(SESSION, owner=OWNER)
    writes = cloud.memory.writes
    cloud.lending.revoke(SESSION, owner=OWNER)
    assert cloud.memory.writes == writes


def test_however_often_it_is_lent_a_bounded_number_of_rights_stays_on_record(cloud: Cloud) -> None:
    for _ in range(PAST_RIGHTS_KEPT + 3):
        lent(cloud)
        cloud.lending.revoke(SESSION, owner=OWNER)
    assert len(cloud.session().past_stop_rights) == PAST_RIGHTS_KEPT


def test_a_suspended_guest_can_take_the_right_and_stop(cloud: Cloud) -> None:
    cloud.keep(builders.account(owner=NEIGHBOUR, suspended_at_ms=NOON_MS))
    lent(cloud)
    assert guest_stop(cloud) != "session_not_found"


def test_the_driver_may_take_a_guests_stop_back(cloud: Cloud) -> None:
    lent(cloud)
    guest_stop(cloud)
    withdrawn = cloud.stopping.withdraw(SESSION, owner=OWNER)
    assert withdrawn.stop is not None
    assert withdrawn.stop.status is IntentStatus.WITHDRAWN
