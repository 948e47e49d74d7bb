"""A driver's own cards: whose they may become, and that a lost one stops what runs on it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from contract.intents import Intent
from contract.vocabulary import CardStatus, RequestedBy
from functions.adapters.memory import MemoryShadows
from functions.domain.card_keeping import MAX_CARDS
from functions.domain.errors import CallerError, ContractViolation, PolarisError, TemporaryError
from functions.domain.records import IntentStatus, SessionPhase
from functions.domain.timeline import timeline
from tests.support import builders
from tests.support.builders import (
    CARD,
    NEIGHBOUR,
    OTHER_CARD,
    OTHER_SESSION,
    OWNER,
    SESSION,
    question,
    question_message,
)
from tests.support.clock import NOON_MS
from tests.support.cloud import Cloud

NUMBER = "04:A2:2B:91"


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(PolarisError) as raised:
        act()
    return raised.value.code


def test_a_card_is_added_by_the_number_that_the_charger_reads_and_kept_as_its_hash(cloud: Cloud) -> None:
    card, new = cloud.card_keeping.add("04a2-2b91", label="Blue keyring", owner=OWNER)
    assert new
    assert (card.id_token_hash, card.label, card.status, card.added_at_ms) == (
        CARD,
        "Blue keyring",
        CardStatus.ACCEPTED,
        NOON_MS,
    )
    assert cloud.card_keeping.of(OWNER) == [cloud.memory.cards[CARD]]
    assert "04A22B91" not in repr(cloud.memory.cards).upper()


def test_a_card_that_was_added_charges_in_the_name_of_its_driver(cloud: Cloud) -> None:
    cloud.card_keeping.add(NUMBER, label="", owner=OWNER)
    assert cloud.card_authorisation.take(question_message(question()), received_at_ms=cloud.clock()) == "accepted"
    cloud.hear(builders.event_message(builders.event("started", 0, idTokenHash=CARD)))
    assert cloud.session().owner == OWNER


def test_adding_ones_own_card_again_gives_it_the_new_label(cloud: Cloud) -> None:
    cloud.card_keeping.add(NUMBER, label="old", owner=OWNER)
    card, new = cloud.card_keeping.add(NUMBER, label="new", owner=OWNER)
    assert (new, card.label, len(cloud.card_keeping.of(OWNER))) == (False, "new", 1)


@pytest.mark.parametrize("status", [CardStatus.ACCEPTED, CardStatus.BLOCKED])
def test_somebody_elses_card_cannot_be_added_and_nothing_is_said_of_it(cloud: Cloud, status: CardStatus) -> None:
    theirs = builders.card(owner=NEIGHBOUR, status=status, label="Anna's")
    cloud.keep(theirs)
    with pytest.raises(CallerError) as refused:
        cloud.card_keeping.add(NUMBER, label="", owner=OWNER)
    assert (refused.value.code, refused.value.detail) == ("card_not_available", "It can't be added to this account.")
    assert cloud.cards.get(CARD) == theirs


def test_a_person_has_at_most_so_many_cards(cloud: Cloud) -> None:
    for number in range(MAX_CARDS):
        cloud.card_keeping.add(f"CARD-{number:04}", label="", owner=OWNER)
    assert refusal(lambda: cloud.card_keeping.add(NUMBER, label="", owner=OWNER)) == "too_many_cards"
    assert cloud.card_keeping.add(NUMBER, label="", owner=NEIGHBOUR)[1]


@pytest.mark.parametrize(
    ("field", "code"), [("suspended_at_ms", "account_suspended"), ("deletion_asked_at_ms", "account_deleted")]
)
def test_an_account_that_may_begin_nothing_adds_no_card(cloud: Cloud, field: str, code: str) -> None:
    cloud.keep(builders.account(**{field: NOON_MS}))
    assert refusal(lambda: cloud.card_keeping.add(NUMBER, label="", owner=OWNER)) == code
    assert cloud.memory.cards == {}


def test_a_card_added_while_the_account_is_being_deleted_goes_again(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = type(cloud.cards).add

    def add_then_deleted(*args: object) -> bool:
        cloud.keep(builders.account(deletion_asked_at_ms=NOON_MS))
        return add(*args)  # type: ignore[arg-type]  # handed through

    monkeypatch.setattr(type(cloud.cards), "add", add_then_deleted)
    assert refusal(lambda: cloud.card_keeping.add(NUMBER, label="", owner=OWNER)) == "account_deleted"
    assert cloud.memory.cards == {}


def test_a_removed_card_is_nobodys_and_its_session_goes_on(cloud: Cloud) -> None:
    cloud.keep(builders.card(), builders.card_session())
    cloud.card_keeping.remove(CARD, owner=OWNER)
    assert cloud.card_keeping.of(OWNER) == []
    assert cloud.sent == []
    assert cloud.card_authorisation.take(question_message(question()), received_at_ms=cloud.clock()) == "unknown"
    assert cloud.card_keeping.add(NUMBER, label="", owner=NEIGHBOUR)[1]


@pytest.mark.parametrize("card_id", [CARD, OTHER_CARD], ids=["somebody else's", "nobody's"])
def test_a_card_of_somebody_else_looks_like_a_missing_one(cloud: Cloud, card_id: str) -> None:
    theirs = builders.card(owner=NEIGHBOUR)
    cloud.keep(theirs, builders.card_session(owner=NEIGHBOUR))
    assert refusal(lambda: cloud.card_keeping.remove(card_id, owner=OWNER)) == "card_not_found"
    assert refusal(lambda: cloud.card_keeping.report_lost(card_id, owner=OWNER)) == "card_not_found"
    assert (cloud.memory.cards, cloud.sent) == ({CARD: theirs}, [])


def test_a_lost_card_is_refused_by_chargers_and_stops_the_session_that_runs_on_it(cloud: Cloud) -> None:
    cloud.keep(builders.card(), builders.card_session())
    card, stopped = cloud.card_keeping.report_lost(CARD, owner=OWNER)
    assert (card.status, card.lost_at_ms, stopped) == (CardStatus.BLOCKED, NOON_MS, [SESSION])
    assert cloud.card_authorisation.take(question_message(question()), received_at_ms=cloud.clock()) == "blocked"
    stop = cloud.session().stop
    assert stop is not None
    assert (stop.by, stop.why) == (RequestedBy.AUTOMATIC, "card_lost")
    assert cloud.sent == [f"stop {stop.intent_id}"]
    told = [(it.stage, it.source, it.detail) for it in timeline(cloud.session())]
    assert ("stop_requested", "automatic", "card_lost") in told


def test_only_what_runs_on_the_lost_card_is_stopped(cloud: Cloud) -> None:
    other = builders.card_session(session_id=OTHER_SESSION, id_token_hash=OTHER_CARD)
    app = builders.active_session(session_id="01JD0000000000000000000003")
    over = builders.card_session(session_id="01JD0000000000000000000004", phase=SessionPhase.ENDED)
    cloud.keep(builders.card(), other, app, over)
    assert cloud.card_keeping.report_lost(CARD, owner=OWNER)[1] == []
    assert cloud.sent == []


def test_a_card_reported_lost_twice_is_lost_once_and_its_stop_is_the_same(cloud: Cloud) -> None:
    cloud.keep(builders.card(), builders.card_session())
    cloud.card_keeping.report_lost(CARD, owner=OWNER)
    first = cloud.session().stop
    cloud.clock.pass_s(60)
    card, _ = cloud.card_keeping.report_lost(CARD, owner=OWNER)
    assert (card.lost_at_ms, cloud.session().stop) == (NOON_MS, first)


def test_a_suspended_account_can_report_a_card_lost(cloud: Cloud) -> None:
    cloud.keep(builders.card(), builders.card_session(), builders.account(suspended_at_ms=NOON_MS))
    assert cloud.card_keeping.report_lost(CARD, owner=OWNER)[1] == [SESSION]


def test_a_stop_that_could_not_be_sent_leaves_the_card_blocked_and_saying_it_again_sends_it(cloud: Cloud) -> None:
    cloud.keep(builders.card(), builders.card_session())
    cloud.shadows.failing_with = TemporaryError("unavailable")
    assert refusal(lambda: cloud.card_keeping.report_lost(CARD, owner=OWNER)) == "not_sent"
    assert cloud.memory.cards[CARD].status is CardStatus.BLOCKED
    assert cloud.session().stop_not_sent
    cloud.shadows.failing_with = None
    assert cloud.card_keeping.report_lost(CARD, owner=OWNER)[1] == [SESSION]
    assert len(cloud.sent) == 1


def test_one_session_that_cannot_be_told_to_stop_keeps_no_other_on_the_lost_card_running(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse_first(shadows: MemoryShadows, charger_id: str, evse_id: int, intent: Intent) -> None:
        monkeypatch.undo()
        raise ContractViolation("internal", f"{charger_id} {evse_id} {intent.id} {len(shadows.sent)}")

    cloud.keep(builders.card(), builders.card_session(), builders.card_session(session_id=OTHER_SESSION))
    monkeypatch.setattr(MemoryShadows, "send", refuse_first)
    assert refusal(lambda: cloud.card_keeping.report_lost(CARD, owner=OWNER)) == "internal"
    assert len(cloud.sent) == 1
    assert all(cloud.session(it).stop is not None for it in (SESSION, OTHER_SESSION))


def test_a_lost_card_cannot_be_added_until_it_was_removed(cloud: Cloud) -> None:
    cloud.keep(builders.card(status=CardStatus.BLOCKED, lost_at_ms=NOON_MS))
    assert refusal(lambda: cloud.card_keeping.add(NUMBER, label="", owner=OWNER)) == "card_blocked"
    cloud.card_keeping.remove(CARD, owner=OWNER)
    assert cloud.card_keeping.add(NUMBER, label="", owner=OWNER)[0].status is CardStatus.ACCEPTED


def test_a_card_that_the_operator_has_blocked_stays_and_cannot_be_taken_back_by_removing_it(cloud: Cloud) -> None:
    cloud.keep(builders.card(status=CardStatus.BLOCKED))
    assert refusal(lambda: cloud.card_keeping.remove(CARD, owner=OWNER)) == "card_blocked"
    assert cloud.memory.cards[CARD].status is CardStatus.BLOCKED


def test_reporting_a_card_lost_that_the_operator_has_blocked_stops_what_runs_on_it_and_lifts_nothing(
    cloud: Cloud,
) -> None:
    cloud.keep(builders.card(status=CardStatus.BLOCKED), builders.card_session())
    card, stopped = cloud.card_keeping.report_lost(CARD, owner=OWNER)
    assert (card.lost_at_ms, stopped) == (None, [SESSION])
    assert refusal(lambda: cloud.card_keeping.remove(CARD, owner=OWNER)) == "card_blocked"
    assert refusal(lambda: cloud.card_keeping.add(NUMBER, label="", owner=OWNER)) == "card_blocked"


def test_a_stop_that_failed_is_asked_for_anew_when_the_loss_is_reported_again(cloud: Cloud) -> None:
    failed = builders.stop_intent(status=IntentStatus.FAILED, reason="refused_by_charger")
    cloud.keep(builders.card(), builders.card_session(stop=failed, stop_sent_at_ms=NOON_MS))
    cloud.card_keeping.report_lost(CARD, owner=OWNER)
    stop = cloud.session().stop
    assert stop is not None
    assert (stop.why, stop.status) == ("card_lost", IntentStatus.REQUESTED)
