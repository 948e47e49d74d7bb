"""What a caller may send as JSON: exactly what the API's description says."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from functions.domain.errors import CallerError
from functions.http_request import BODY_MAX_BYTES, RequestModel, body_of


class Wish(RequestModel):
    energy_wh: int | None = None
    urgent: bool = False


def event(body: str | bytes) -> dict[str, Any]:
    text = base64.b64encode(body).decode() if isinstance(body, bytes) else body
    return {"body": text, "isBase64Encoded": isinstance(body, bytes), "headers": {"content-type": "application/json"}}


def test_a_body_is_read_by_its_own_types() -> None:
    assert body_of(event('{"energyWh": 5, "urgent": true}'), Wish) == Wish(energy_wh=5, urgent=True)


def test_a_whole_number_may_be_written_with_a_point() -> None:
    assert body_of(event('{"energyWh": 5.0}'), Wish) == Wish(energy_wh=5)


@pytest.mark.parametrize("body", ['{"energyWh": "5"}', '{"urgent": 1}', '{"energyWh": true}', '{"energyWh": 1.5}'])
def test_text_is_no_number_and_one_is_not_true(body: str) -> None:
    with pytest.raises(CallerError):
        body_of(event(body), Wish)


@pytest.mark.parametrize("body", ["{", "nothing", "[]", "[" * 4000, '"\ud800"', "NaN", '{"energyWh": NaN}'])
def test_what_is_no_json_object_is_refused(body: str) -> None:
    with pytest.raises(CallerError):
        body_of(event(body), Wish)


@pytest.mark.parametrize("unit", [" ", "\N{NO-BREAK SPACE}", "\N{EURO SIGN}"])
def test_a_body_is_measured_in_bytes_however_it_travels(unit: str) -> None:
    size = len(unit.encode())
    fits, too_long = ('"' + unit * ((BODY_MAX_BYTES + more) // size) + '"' for more in (-2, 1))
    for text in (fits, too_long):
        for body in (text, text.encode()):
            with pytest.raises(CallerError) as refused:
                body_of(event(body), Wish)
            assert refused.value.code == ("request_too_large" if text == too_long else "invalid_request")


def test_base64_that_is_none_is_refused() -> None:
    with pytest.raises(CallerError, match="base64"):
        body_of(event("{}") | {"isBase64Encoded": True, "body": "{}"}, Wish)


@pytest.mark.parametrize("body", ['{"energyWh": %s}', '{"x": %s}', "%s"])
def test_json_that_is_nested_absurdly_deep_is_refused_and_no_more(body: str) -> None:
    with pytest.raises(CallerError) as refused:
        body_of(event(body % ("[" * 2000 + "]" * 2000)), Wish)
    assert refused.value.code == "invalid_request"
