"""What counts of things cost, and where each price is from."""

from __future__ import annotations

import json

import pytest

from local.bench.price_list import FILE, had, used


def test_what_is_used_is_paid_by_the_million() -> None:
    assert used({"sqs_requests": 1_000_000, "lambda_requests": 500_000}) == pytest.approx(0.50)


def test_what_is_there_is_paid_by_the_month() -> None:
    assert had({"keys": 2, "alarm_metrics": 10}) == pytest.approx(3.00)


def test_what_has_no_price_is_not_taken_for_free() -> None:
    with pytest.raises(KeyError):
        used({"tea": 1})


def test_every_price_says_whose_it_is_and_where_it_was_seen() -> None:
    listed = json.loads(FILE.read_text())
    for price in (*listed["per_million"].values(), *listed["per_month"].values()):
        assert price["usd"] > 0
        assert price["aws"]
        assert price["seen"]
