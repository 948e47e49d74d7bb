"""Plain values and DynamoDB's typed ones: the same as boto3 makes of them, without loading boto3."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from functions.adapters import items
from functions.adapters.typed_values import plain, typed
from tests.support import builders

VALUES = [
    "text",
    "",
    0,
    -7,
    1_795_348_800_000,
    True,
    False,
    None,
    Decimal("0.4567"),
    Decimal("53.550000"),
    [],
    ["a", 1, [True]],
    {},
    {"a": {"b": [{"c": None}]}},
    items.session_to_item(builders.stopping_session(tariff=builders.TARIFF)),
    items.to_item(builders.charger(tariff=builders.TARIFF)),
]


@pytest.mark.parametrize("value", VALUES)
def test_a_value_is_typed_as_boto3_does(value: Any) -> None:
    assert typed(value) == TypeSerializer().serialize(value)


@pytest.mark.parametrize("value", VALUES)
def test_a_typed_value_is_read_as_boto3_does(value: Any) -> None:
    stored = TypeSerializer().serialize(value)
    assert plain(stored) == TypeDeserializer().deserialize(stored)


@pytest.mark.parametrize("value", [1.5, b"bytes", {"a", "b"}, object()])
def test_what_no_record_holds_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="no attribute of a record"):
        typed(value)


@pytest.mark.parametrize("stored", [{"B": b"bytes"}, {"SS": ["a", "b"]}])
def test_what_no_record_has_an_attribute_of_is_not_read(stored: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="no attribute of a record"):
        plain(stored)
