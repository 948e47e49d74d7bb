from __future__ import annotations

from device_agent.drivers.ocpp.fields import positive_31_bits
from device_agent.drivers.ocpp.remembered import REMEMBERED, Past


def test_an_end_that_was_concluded_is_told_once() -> None:
    past = Past()
    past.add("77")
    assert ("77" in past, past.was_told("77")) == (True, False)
    assert past.told("77")
    assert past.was_told("77")
    assert not past.told("77")


def test_an_id_that_is_used_again_is_not_over() -> None:
    past = Past()
    past.add("77")
    past.forget("77")
    assert "77" not in past
    past.add("77", told=True)
    assert past.was_told("77")


def test_the_same_words_are_another_transaction_only_once_the_charger_has_told_the_end() -> None:
    past = Past()
    first = past.mark_of("words")
    past.add(str(positive_31_bits(first)))
    assert past.mark_of("words") == first
    past.told(str(positive_31_bits(first)))
    second = past.mark_of("words")
    assert past.mark_of("words") == second != first


def test_what_is_over_is_remembered_for_a_while() -> None:
    past = Past()
    for number in range(REMEMBERED + 1):
        past.add(str(number), told=True)
    assert "0" not in past
    assert "1" in past
