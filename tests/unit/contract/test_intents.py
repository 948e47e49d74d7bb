"""Reading `desired` on the charger: an intent, the id of one that can only be refused, or nothing; never an error."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.intents import INTENT_MAX_BYTES, Intent, UnreadableIntent, read_desired
from contract.vocabulary import RequestedBy
from tests.support import builders
from tests.support.builders import START_INTENT, STOP_INTENT

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["v", "intent", "id", "act", "sessionId"]) | st.text(), inner, max_size=4)
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("intent", [builders.start_wire(), builders.stop_wire(), builders.stop_wire(act="keep")])
def test_an_intent_is_read_as_it_was_written(intent: dict[str, Any]) -> None:
    found = read_desired({"v": 1, "intent": [intent]})
    assert isinstance(found, Intent)
    assert found.to_wire() == intent


@pytest.mark.parametrize(
    "document",
    [
        {"v": 2, "intent": [builders.stop_wire()]},
        {"intent": [builders.stop_wire(act="dance")]},
        {"v": 1, "intent": [{"id": STOP_INTENT}]},
        {"v": 1, "intent": [builders.stop_wire(expiresAt=5)]},
        {"v": 1, "intent": [builders.stop_wire(), builders.start_wire()]},
        {"v": 1, "intent": [builders.stop_wire(padding="x" * INTENT_MAX_BYTES)]},
    ],
)
def test_an_intent_nobody_can_read_is_known_by_its_id_so_that_it_is_refused_once(document: dict[str, Any]) -> None:
    """Scenario 20: an unacceptable desired value loops for ever."""
    assert read_desired(document) == UnreadableIntent(id=STOP_INTENT)


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "stop",
        {},
        {"v": 1},
        {"v": 1, "intent": None},
        {"v": 1, "intent": []},
        {"v": 1, "intent": {}},
        {"v": 1, "intent": "stop"},
        {"v": 1, "intent": [None]},
        {"v": 1, "intent": ["stop"]},
        {"v": 1, "intent": [{"id": 5}]},
        {"v": 1, "intent": [{"id": "short"}]},
    ],
)
def test_what_cannot_be_answered_is_nothing(document: object) -> None:
    assert read_desired(document) is None


@given(JSON | st.fixed_dictionaries({"v": st.just(1), "intent": st.lists(JSON, max_size=2)}))
def test_whatever_stands_there_is_read_without_an_error(document: object) -> None:
    assert read_desired(document) is None or isinstance(read_desired(document), Intent | UnreadableIntent)


def test_a_stop_is_read_whoever_has_asked_for_it_also_somebody_this_release_does_not_know() -> None:
    for word in (*RequestedBy, "newer_cloud"):
        found = read_desired({"v": 1, "intent": [builders.stop_wire(by=word)]})
        assert isinstance(found, Intent)
        assert found.by == word


def test_every_intent_of_this_release_fits_its_limit() -> None:
    longest = builders.start_wire(id=START_INTENT, by="automatic")
    found = read_desired({"v": 1, "intent": [longest]})
    assert isinstance(found, Intent)
