"""Cursors: opaque, bound to their list, and never a way into another one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.cursors import CURSOR_MAX_CHARS, seal, unseal
from functions.domain.errors import CallerError

POSITIONS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=120)


@given(st.text(max_size=60), POSITIONS)
def test_a_sealed_position_comes_back_in_its_own_list(scope: str, position: str) -> None:
    cursor = seal(scope, position)
    assert cursor is not None
    assert len(cursor) <= CURSOR_MAX_CHARS
    assert unseal(scope, cursor) == position


@given(POSITIONS)
def test_a_cursor_of_another_list_is_refused(position: str) -> None:
    with pytest.raises(CallerError):
        unseal("sessions:b", seal("sessions:a", position))


@given(st.text(max_size=300))
def test_a_made_up_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(CallerError) as error:
        unseal("chargers", cursor)
    assert error.value.code == "invalid_request"


@given(POSITIONS, st.integers(min_value=0), st.characters(min_codepoint=0x21, max_codepoint=0x7E))
def test_a_cursor_with_one_letter_altered_is_refused(position: str, place: int, letter: str) -> None:
    cursor = seal("chargers", position) or ""
    place %= len(cursor)
    altered = cursor[:place] + letter + cursor[place + 1 :]
    if altered != cursor:
        with pytest.raises(CallerError):
            unseal("chargers", altered)


@pytest.mark.parametrize("more", ["=", "A", "\n", "%3D"])
def test_a_cursor_with_something_added_is_refused(more: str) -> None:
    with pytest.raises(CallerError):
        unseal("chargers", f"{seal('chargers', 'PX-0001|charger')}{more}")


def test_the_end_of_a_list_has_no_cursor() -> None:
    assert seal("chargers", None) is None
    assert unseal("chargers", None) is None
