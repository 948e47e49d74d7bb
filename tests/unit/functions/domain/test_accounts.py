"""A suspended account begins nothing new; it can always stop, read, and take a stop back."""

from __future__ import annotations

import pytest

from contract.vocabulary import CardStatus
from functions.domain.accounts import restore, suspend
from functions.domain.errors import CallerError
from functions.domain.records import IntentStatus
from tests.support import builders
from tests.support.builders import CHARGER, NEIGHBOUR, OWNER, SESSION, question, question_message
from tests.support.clock import NOON_MS
from tests.support.cloud import Cloud


@pytest.fixture
def suspended(cloud: Cloud) -> Cloud:
    suspend(cloud.accounts, OWNER, why="unpaid bills", now_ms=NOON_MS)
    return cloud


def test_a_suspended_account_cannot_start_and_writes_nothing(suspended: Cloud) -> None:
    writes = suspended.memory.writes
    with pytest.raises(CallerError) as refused:
        suspended.starting.start(CHARGER, 1, owner=OWNER)
    assert refused.value.code == "account_suspended"
    assert "unpaid" not in refused.value.detail
    assert (suspended.memory.writes, suspended.sent) == (writes, [])


def test_an_account_whose_deletion_was_asked_for_cannot_start(cloud: Cloud) -> None:
    cloud.keep(builders.account(deletion_asked_at_ms=NOON_MS))
    with pytest.raises(CallerError) as refused:
        cloud.starting.start(CHARGER, 1, owner=OWNER)
    assert refused.value.code == "account_deleted"


def test_another_persons_suspension_is_not_ones_own(suspended: Cloud) -> None:
    assert suspended.starting.start(CHARGER, 1, owner=NEIGHBOUR).owner == NEIGHBOUR


def test_a_start_that_was_asked_for_before_the_suspension_is_found_by_its_key(cloud: Cloud) -> None:
    session = cloud.starting.start(CHARGER, 1, owner=OWNER, idempotency_key="tap")
    suspend(cloud.accounts, OWNER, why="unpaid bills", now_ms=NOON_MS)
    again = cloud.starting.start(CHARGER, 1, owner=OWNER, idempotency_key="tap")
    assert again.session_id == session.session_id


def test_a_suspended_account_can_always_stop(suspended: Cloud) -> None:
    suspended.keep(builders.active_session())
    stopped = suspended.stopping.stop(SESSION, owner=OWNER)
    assert stopped.stop is not None
    assert suspended.sent == [f"stop {stopped.stop.intent_id}"]


def test_a_suspended_account_can_take_a_stop_back(suspended: Cloud) -> None:
    suspended.keep(builders.stopping_session())
    withdrawn = suspended.stopping.withdraw(SESSION, owner=OWNER)
    assert withdrawn.stop is not None
    assert withdrawn.stop.status is IntentStatus.WITHDRAWN


def test_a_suspended_account_can_read_its_sessions(suspended: Cloud) -> None:
    suspended.keep(builders.active_session())
    assert suspended.reading.session(SESSION, owner=OWNER).session_id == SESSION
    page = suspended.reading.sessions_of(OWNER, status=None, from_ms=None, to_ms=None, limit=10, cursor=None)
    assert [session.session_id for session in page.items] == [SESSION]


def test_the_card_of_a_suspended_account_is_as_good_as_blocked(suspended: Cloud) -> None:
    suspended.keep(builders.card())
    status = suspended.card_authorisation.take(question_message(question()), received_at_ms=suspended.clock())
    ((_, answer),) = suspended.answers.told
    assert (status, answer.group, answer.cache_s) == ("blocked", None, 0)
    assert suspended.cards.get(builders.CARD) == builders.card(status=CardStatus.ACCEPTED)


def test_a_restored_account_can_start_again(suspended: Cloud) -> None:
    restore(suspended.accounts, OWNER)
    assert suspended.starting.start(CHARGER, 1, owner=OWNER).owner == OWNER


def test_suspending_twice_keeps_the_first_reason_and_restoring_twice_changes_nothing(suspended: Cloud) -> None:
    suspend(suspended.accounts, OWNER, why="another reason", now_ms=NOON_MS + 1)
    account = suspended.accounts.get(OWNER)
    assert (account.suspended_at_ms, account.suspended_why) == (NOON_MS, "unpaid bills")
    restore(suspended.accounts, OWNER)
    writes = suspended.memory.writes
    restore(suspended.accounts, OWNER)
    assert suspended.memory.writes == writes
