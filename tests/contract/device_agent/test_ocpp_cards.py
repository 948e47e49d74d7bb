"""Who may charge at an OCPP charger, in both versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract.cards import id_token_hash
from contract.vocabulary import EndReason
from device_agent.drivers.base import Order, TransactionBegan, TransactionOver, Verdict
from tests.support.ocpp_bench import CARD, OTHER_CARD, OcppBench
from tests.support.ocpp_charger import eventually
from tests.support.ocpp_talk import Talk

if TYPE_CHECKING:
    pass

ORDER = Order("01JD0000000000000000000001", "OWNER")


def test_a_card_is_asked_about_once_and_may_then_charge(bench: OcppBench, charger: Talk) -> None:
    assert charger.card("04:a2:2b:11") == (True, "OWNER")
    _, accepted, group = charger.began(CARD)
    assert (accepted, group) == (True, "OWNER")
    assert bench.cards == [id_token_hash(CARD)]
    [fact] = bench.settled
    assert isinstance(fact, TransactionBegan)
    assert (fact.session_id, fact.id_token_hash) == ("", id_token_hash(CARD))


def test_a_card_that_is_shown_again_is_asked_about_again_for_it_may_have_been_lost_since(
    bench: OcppBench, charger: Talk
) -> None:
    assert charger.card(CARD) == (True, "OWNER")
    bench.verdicts[id_token_hash(CARD)] = Verdict(accepted=False)
    assert charger.card(CARD) == (False, "")
    assert charger.began(CARD)[1:] == (False, "")


def test_a_card_nobody_asked_about_is_asked_about_when_it_begins(bench: OcppBench, charger: Talk) -> None:
    assert charger.began(CARD)[1:] == (True, "OWNER")
    assert bench.cards == [id_token_hash(CARD)]


def test_a_card_without_a_verdict_is_refused_in_time(bench: OcppBench, charger: Talk) -> None:
    bench.verdicts.clear()
    assert charger.card(CARD) == (False, "")


def test_a_card_that_may_not_charge_is_refused_and_its_transaction_ended(
    bench: OcppBench, charger: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("device_agent.drivers.ocpp.chores.REFUSED_S", 0.0)
    transaction_id, accepted, group = charger.began(OTHER_CARD)
    assert (accepted, group) == (False, "")
    assert isinstance(bench.settled[0], TransactionBegan)
    eventually(lambda: transaction_id in charger.stops())
    charger.over(transaction_id, reason="DeAuthorized")
    eventually(lambda: len(bench.settled) == 2)
    assert bench.settled[1] == TransactionOver(1, transaction_id, EndReason.DE_AUTHORIZED, 1_795_348_800, 500)


def test_a_transaction_the_agent_does_not_accept_is_refused_and_ended_again_and_again_until_it_is(
    bench: OcppBench, charger: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("device_agent.drivers.ocpp.chores.REFUSED_S", 0.0)
    monkeypatch.setattr("device_agent.drivers.ocpp.chores.REFUSED_AGAIN_S", 0.0)
    charger.charger.answers[charger.stop] = {"status": "Rejected"}
    bench.accepting = False
    transaction_id, accepted, _ = charger.began(CARD)
    assert not accepted
    eventually(lambda: charger.stops()[1:] == [transaction_id])


def test_a_start_that_no_order_explains_is_told_by_its_name_for_the_agent_to_refuse(
    bench: OcppBench, charger: Talk
) -> None:
    name = "PX999999999999999999" if bench.driver.name == "ocpp16" else "01JD9999999999999999999999"
    _, accepted, _ = charger.began(name)
    [fact] = bench.settled
    assert isinstance(fact, TransactionBegan)
    assert (fact.session_id, fact.id_token_hash) == (name, "")
    assert not accepted
    assert bench.cards == []


def test_an_order_of_one_evse_explains_no_start_on_another(bench: OcppBench, charger: Talk) -> None:
    bench.driver.start(1, ORDER).result(10)
    _, accepted, _ = charger.began(charger.started_as(), 2)
    assert not accepted
