"""The words of the contract: their wire values never change, and acks have an order."""

from __future__ import annotations

import itertools

from contract.vocabulary import AckReason, AckStatus, Act, EventType, SessionState
from functions.domain.records import IntentStatus


def test_the_words_of_version_one_are_these() -> None:
    assert [it.value for it in Act] == ["start", "stop", "keep"]
    assert [it.value for it in AckStatus] == ["accepted", "executing", "done", "refused", "failed"]
    assert [it.value for it in EventType] == ["started", "meter", "ended"]
    assert [it.value for it in SessionState] == ["charging", "suspended", "ended"]
    assert AckReason.NONE.value == ""


def test_an_ack_moves_from_accepted_over_executing_to_one_that_is_final() -> None:
    assert AckStatus.ACCEPTED.rank < AckStatus.EXECUTING.rank < AckStatus.DONE.rank
    assert {it for it in AckStatus if it.final} == {AckStatus.DONE, AckStatus.REFUSED, AckStatus.FAILED}
    assert len({it.rank for it in AckStatus if it.final}) == 1


def test_the_record_orders_acks_as_the_contract_does() -> None:
    for one, other in itertools.product(AckStatus, AckStatus):
        recorded = IntentStatus(one.value).rank - IntentStatus(other.value).rank
        assert (recorded > 0) is (one.rank > other.rank)
