"""An operator's stop: a driver's own that it joins stays the same intent, and is not the driver's to take back."""

from __future__ import annotations

import pytest

from functions.adapters.memory import Memory
from functions.domain.errors import CallerError, TemporaryError
from functions.domain.outlook import is_withdrawable
from functions.domain.records import IntentStatus, SessionRecord
from functions.domain.stopping_for_operator import stop_for_operator
from functions.domain.timeline import timeline
from tests.support import builders
from tests.support.builders import OWNER, SESSION, STOP_INTENT
from tests.support.cloud import Cloud, MeddledSessions

WHY = "burnt cable"


def ordered(cloud: Cloud) -> SessionRecord:
    return stop_for_operator(cloud.stopping, SESSION, owner=OWNER, why=WHY)


def meddled(session: SessionRecord) -> tuple[Cloud, MeddledSessions]:
    cloud = Cloud(memory=Memory(), kind_of_sessions=MeddledSessions)
    cloud.keep(builders.charger(), builders.evse(), session)
    assert isinstance(cloud.sessions, MeddledSessions)
    return cloud, cloud.sessions


def refused_withdrawal(cloud: Cloud) -> str:
    with pytest.raises(CallerError) as refused:
        cloud.stopping.withdraw(SESSION, owner=OWNER)
    return refused.value.code


def test_a_driver_does_not_take_back_their_own_stop_that_an_operator_asked_for_too(cloud: Cloud) -> None:
    cloud.keep(builders.stopping_session())
    cloud.clock.pass_s(30)
    session = ordered(cloud)
    assert not is_withdrawable(session)
    assert refused_withdrawal(cloud) == "stop_by_operator"
    assert cloud.sent == [f"stop {STOP_INTENT}"]
    stop = cloud.session().stop
    assert stop == builders.stop_intent(operator_at_ms=cloud.clock(), operator_why=WHY)


def test_the_timeline_shows_who_asked_first_and_the_operator_who_joined(cloud: Cloud) -> None:
    cloud.keep(builders.stopping_session())
    cloud.clock.pass_s(30)
    ordered(cloud)
    asked = [(it.source, it.detail) for it in timeline(cloud.session()) if it.stage == "stop_requested"]
    assert asked == [("owner", ""), ("operator", WHY)]


def test_a_second_operators_act_leaves_the_first_ones_words(cloud: Cloud) -> None:
    cloud.keep(builders.stopping_session())
    ordered(cloud)
    first = cloud.session().stop
    cloud.clock.pass_s(30)
    stop_for_operator(cloud.stopping, SESSION, owner=OWNER, why="another reason")
    assert cloud.session().stop == first


def test_an_operators_stop_that_cannot_be_sent_is_not_the_drivers_to_take_back_either(cloud: Cloud) -> None:
    cloud.keep(builders.stopping_session())
    cloud.clock.pass_s(30)
    cloud.shadows.failing_with = TemporaryError("unavailable")
    with pytest.raises(TemporaryError):
        ordered(cloud)
    cloud.shadows.failing_with = None
    assert refused_withdrawal(cloud) == "stop_by_operator"
    assert cloud.session().stop_not_sent


def test_a_stop_taken_back_as_the_operator_joins_it_is_followed_by_the_operators_own() -> None:
    cloud, sessions = meddled(builders.stopping_session())
    sessions.meddlers.append(lambda: cloud.stopping.withdraw(SESSION, owner=OWNER))
    cloud.clock.pass_s(30)
    session = ordered(cloud)
    assert [it.status for it in session.past_stops] == [IntentStatus.WITHDRAWN]
    assert not is_withdrawable(session)
    assert cloud.sent[-1].startswith("stop ")


def test_a_driver_who_taps_as_the_operator_asks_for_it_does_not_take_it_back() -> None:
    cloud, sessions = meddled(builders.stopping_session(stop=builders.stop_intent(status=IntentStatus.WITHDRAWN)))
    sessions.meddlers.append(lambda: cloud.stopping.stop(SESSION, owner=OWNER))
    session = ordered(cloud)
    assert session.stop is not None
    assert session.stop.operator_why == WHY
    assert refused_withdrawal(cloud) == "stop_by_operator"


def test_a_withdrawal_that_an_operator_overtakes_is_refused_and_the_stop_is_back_in_the_shadow() -> None:
    cloud, sessions = meddled(builders.stopping_session())
    cloud.clock.pass_s(30)
    sessions.meddlers.append(lambda: ordered(cloud))
    assert refused_withdrawal(cloud) == "stop_by_operator"
    assert [it.split()[0] for it in cloud.sent] == ["keep", "stop", "stop"]
    assert cloud.sent[-1] == f"stop {STOP_INTENT}"


def test_a_sending_that_fails_as_an_operator_joins_is_on_record_as_not_sent(cloud: Cloud) -> None:
    cloud.keep(builders.stopping_session())
    cloud.shadows.failing_with = TemporaryError("unavailable")
    before = cloud.session()
    ordered(cloud)
    with pytest.raises(TemporaryError):
        cloud.stopping.send(before)
    assert cloud.session().stop_not_sent
