"""What a caller may send as JSON: exactly what the API's description says."""

from __future__ import annotations

from typing import Any

import pytest

from functions.domain.errors import CallerError
from functions.http_request import RequestModel, body_of


class Wish(RequestModel):
    energy_wh: int | None = None
    urgent: bool = False


def event(body: str) -> dict[str, Any]:
    return {"body": body, "headers": {"content-type": "application/json"}}


def test_a_body_is_read_by_its_own_types() -> None:
    assert body_of(event('{"energyWh": 5, "urgent": true}'), Wish) == Wish(energy_wh=5, urgent=True)


@pytest.mark.parametrize("body", ['{"energyWh": "5"}', '{"urgent": 1}', '{"energyWh": true}', '{"energyWh": 1.5}'])
def test_text_is_no_number_and_one_is_not_true(body: str) -> None:
    with pytest.raises(CallerError):
        body_of(event(body), Wish)


@pytest.mark.parametrize("body", ["{", "nothing", "[]", "[" * 4000, '"\ud800"', "NaN", '{"energyWh": NaN}'])
def test_what_is_no_json_object_is_refused(body: str) -> None:
    with pytest.raises(CallerError):
        body_of(event(body), Wish)
