"""A card is one card however a charger writes its number."""

from __future__ import annotations

import pytest

from contract.cards import id_token_hash


@pytest.mark.parametrize("number", ["04A22B", "04a22b", "04:A2:2b", "04-a2-2b", " 04 A2 2B "])
def test_separators_and_case_do_not_count(number: str) -> None:
    assert id_token_hash(number) == id_token_hash("04A22B")


def test_two_cards_have_two_hashes_of_64_hex_digits() -> None:
    one, two = id_token_hash("04A22B"), id_token_hash("04A22C")
    assert one != two
    assert len(one) == len(two) == 64
    assert set(one + two) <= set("0123456789abcdef")
