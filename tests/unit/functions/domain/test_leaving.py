"""Deleting an account: the person goes, the sessions stay without them; half done, it is taken up again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from contract.vocabulary import CardStatus
from functions.domain.errors import CallerError, TemporaryError
from functions.domain.leaving import SESSIONS_AT_ONCE, TOMBSTONE_S
from functions.domain.records import IntentStatus, SessionPhase, SessionRecord
from functions.domain.timeline import timeline
from tests.support import builders
from tests.support.builders import CARD, CHARGER, NEIGHBOUR, NOON_S, OTHER_CARD, OTHER_SESSION, OWNER, SESSION
from tests.support.clock import NOON_MS
from tests.support.cloud import Cloud


def ended(**changes: Any) -> SessionRecord:
    return builders.active_session(**{"phase": SessionPhase.ENDED, "tariff": builders.TARIFF, **changes})


@pytest.fixture
def cloud(cloud: Cloud) -> Cloud:
    cloud.keep(
        builders.card(label="Blue keyring"),
        builders.card(id_token_hash=OTHER_CARD, owner=NEIGHBOUR),
        ended(start=None, id_token_hash=CARD, stop_right=builders.stop_right()),
        ended(session_id=OTHER_SESSION, owner=NEIGHBOUR, id_token_hash=OTHER_CARD),
    )
    return cloud


def many(count: int) -> list[SessionRecord]:
    return [ended(session_id=f"01JF{number:022d}", created_at_ms=NOON_MS - number) for number in range(count)]


def owned(cloud: Cloud, owner: str = OWNER) -> int:
    return sum(session.owner == owner for session in cloud.memory.sessions.values())


def test_nothing_of_the_person_is_left_and_accounting_keeps_the_session(cloud: Cloud) -> None:
    before = cloud.session()
    assert cloud.leaving.delete(OWNER)
    after = cloud.session()
    assert (after.owner, after.id_token_hash, after.stop_right) == ("", "", None)
    kept = replace(
        before, owner="", id_token_hash="", stop_right=None, forgotten_at_ms=NOON_MS, revision=after.revision
    )
    assert after == kept
    assert cloud.cards.get(CARD) is None
    assert cloud.identities.known == {NEIGHBOUR}
    assert OWNER not in repr([cloud.memory.sessions, cloud.memory.cards, cloud.memory.evses])
    assert timeline(after)[-1].stage == "account_deleted"


def test_nobody_else_is_touched(cloud: Cloud) -> None:
    theirs = cloud.session(OTHER_SESSION), cloud.cards.get(OTHER_CARD)
    cloud.leaving.delete(OWNER)
    assert (cloud.session(OTHER_SESSION), cloud.cards.get(OTHER_CARD)) == theirs


def test_while_a_session_runs_nothing_is_deleted_and_nothing_has_changed(cloud: Cloud) -> None:
    cloud.keep(builders.active_session(session_id="01JD0000000000000000000003"))
    writes = cloud.memory.writes
    with pytest.raises(CallerError) as refused:
        cloud.leaving.delete(OWNER)
    assert refused.value.code == "session_running"
    assert (cloud.memory.writes, cloud.accounts.get(OWNER).deletion_asked_at_ms) == (writes, None)
    assert cloud.starting.start(CHARGER, 1, owner=OWNER).owner == OWNER


def test_a_start_that_never_began_is_over_and_does_not_keep_the_account(cloud: Cloud) -> None:
    refused = builders.start_intent(status=IntentStatus.REFUSED, reason="cable_not_plugged", settled_at_ms=NOON_MS)
    cloud.keep(builders.pending_session(session_id="01JD0000000000000000000003", start=refused))
    assert cloud.leaving.delete(OWNER)


def test_a_session_that_turns_up_running_after_the_wish_is_stopped_first_and_then_it_goes_on(cloud: Cloud) -> None:
    cloud.keep(builders.account(deletion_asked_at_ms=NOON_MS), builders.active_session())
    with pytest.raises(CallerError) as refused:
        cloud.leaving.delete(OWNER)
    assert refused.value.code == "session_running"
    assert cloud.stopping.stop(SESSION, owner=OWNER).stop is not None
    cloud.keep(ended())
    assert cloud.leaving.delete(OWNER)


def test_deleting_twice_is_deleting_once(cloud: Cloud) -> None:
    assert cloud.leaving.delete(OWNER)
    writes = cloud.memory.writes
    assert cloud.leaving.delete(OWNER)
    assert cloud.memory.writes == writes


def test_a_person_without_anything_is_deleted(cloud: Cloud) -> None:
    assert cloud.leaving.delete("somebody-new")


def fail_to_sign_out(cloud: Cloud, _: pytest.MonkeyPatch) -> Callable[[], None]:
    cloud.identities.failing_with = TemporaryError("unavailable")

    def mended() -> None:
        cloud.identities.failing_with = None

    return mended


def fail_at(port: str, method: str) -> Callable[[Cloud, pytest.MonkeyPatch], Callable[[], None]]:
    def fail(cloud: Cloud, patch: pytest.MonkeyPatch) -> Callable[[], None]:
        def down(*_: object, **__: object) -> None:
            raise TemporaryError("unavailable")

        patch.setattr(type(getattr(cloud, port)), method, down)
        return patch.undo

    return fail


@pytest.mark.parametrize(
    "fail",
    [
        fail_at("accounts", "replace"),
        fail_at("cards", "remove"),
        fail_at("sessions", "replace"),
        fail_to_sign_out,
    ],
    ids=["the wish", "the cards", "the sessions", "the sign-in"],
)
def test_wherever_it_fails_the_next_request_takes_it_up(
    cloud: Cloud,
    monkeypatch: pytest.MonkeyPatch,
    fail: Callable[[Cloud, pytest.MonkeyPatch], Callable[[], None]],
) -> None:
    mend = fail(cloud, monkeypatch)
    with pytest.raises(TemporaryError):
        cloud.leaving.delete(OWNER)
    assert OWNER in cloud.identities.known  # or the person could not sign in to ask again
    mend()
    assert cloud.leaving.delete(OWNER)
    assert (owned(cloud), cloud.cards.get(CARD), OWNER in cloud.identities.known) == (0, None, False)


def test_one_request_cuts_a_bounded_number_of_sessions_and_the_next_ones_the_rest(cloud: Cloud) -> None:
    cloud.keep(*many(2 * SESSIONS_AT_ONCE + 10))
    left = [owned(cloud)]
    while not cloud.leaving.delete(OWNER):
        assert OWNER in cloud.identities.known
        left.append(owned(cloud))
    assert [before - after for before, after in pairwise(left)] == [SESSIONS_AT_ONCE] * 2
    assert owned(cloud) == 0


def test_from_the_wish_on_nothing_new_begins_and_reading_and_stopping_go_on(cloud: Cloud) -> None:
    cloud.keep(*many(SESSIONS_AT_ONCE))
    assert not cloud.leaving.delete(OWNER)
    with pytest.raises(CallerError) as refused:
        cloud.starting.start(CHARGER, 1, owner=OWNER)
    assert refused.value.code == "account_deleted"
    with pytest.raises(CallerError):
        cloud.card_keeping.add("04:A2:2B:91", label="", owner=OWNER)
    page = cloud.reading.sessions_of(OWNER, status=None, from_ms=None, to_ms=None, limit=10, cursor=None)
    assert len(page.items) == 1


def test_what_is_left_of_the_account_says_that_it_was_deleted_and_expires(cloud: Cloud) -> None:
    cloud.keep(builders.account(suspended_at_ms=NOON_MS, suspended_why="unpaid bills"))
    cloud.leaving.delete(OWNER)
    account = cloud.accounts.get(OWNER)
    assert (account.deleted_at_ms, account.suspended_why) == (NOON_MS, "")
    assert account.expires_at == NOON_S + TOMBSTONE_S


def test_a_card_that_the_operator_has_blocked_stays_blocked_and_is_nobodys(cloud: Cloud) -> None:
    cloud.keep(builders.card(status=CardStatus.BLOCKED, label="Red"))
    cloud.leaving.delete(OWNER)
    card = cloud.memory.cards[CARD]
    assert (card.owner, card.label, card.status) == ("", "", CardStatus.BLOCKED)


def test_a_card_reported_lost_goes_with_its_account(cloud: Cloud) -> None:
    cloud.keep(builders.card(status=CardStatus.BLOCKED, lost_at_ms=NOON_MS))
    cloud.leaving.delete(OWNER)
    assert cloud.cards.get(CARD) is None


def test_what_a_charger_tells_later_of_a_forgotten_session_is_kept_and_brings_nobody_back(cloud: Cloud) -> None:
    cloud.leaving.delete(OWNER)
    late = builders.event("ended", 9, meterWh=9000, idTokenHash=CARD)
    cloud.hear(builders.event_message(late))
    session = cloud.session()
    assert (session.owner, session.id_token_hash, session.meter_wh) == ("", "", 9000)


def test_the_right_that_somebody_lent_to_the_person_names_nobody(cloud: Cloud) -> None:
    running = builders.active_session(session_id="01JD0000000000000000000004", owner=NEIGHBOUR)
    cloud.keep(running)
    _, code = cloud.lending.offer(running.session_id, owner=NEIGHBOUR)
    cloud.lending.take(code, account=OWNER)
    cloud.leaving.delete(OWNER)
    assert OWNER not in repr(cloud.memory.sessions)
