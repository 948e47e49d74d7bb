"""The running API keeps what docs/openapi.json says of it, whatever is asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.fuzz.run import AS_DRIVER, fuzz
from tests.local.stock import Stock
from tests.local.support import FreshCharger, LocalStack

EXAMPLES = 20
"""For each operation: some twenty seconds in all. `make fuzz` takes several times as many."""


def test_no_request_gets_an_answer_that_the_description_does_not_allow(
    stack: LocalStack, stock: Stock, fresh_charger: Callable[..., FreshCharger], tmp_path: Path
) -> None:
    charger = fresh_charger(2)
    stock.clear()  # sessions are tried on every charger of the list
    outcome = fuzz(stack.stack, tmp_path, charger.charger_id, [AS_DRIVER], examples=EXAMPLES, seed=1)
    assert outcome.passed, outcome.report
    assert outcome.cases > 800, outcome.report
