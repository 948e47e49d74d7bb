"""Tests with every kind of hardware: all kinds at the same time, because what such a test does most is wait.

Each kind is a test of its own still: the first of them to have its turn starts all that were selected, and each tells
how its own went.
"""

from __future__ import annotations

import inspect
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest

from local.seed import Hardware
from tests.local.support import FreshCharger, LocalStack

FIXTURE = "any_charger"
_RUNS = pytest.StashKey[dict[str, Future[None]]]()


def is_of_any_hardware(item: pytest.Function) -> bool:
    """Whether this test runs with every kind of hardware."""
    return FIXTURE in item.fixturenames


def play(item: pytest.Function, stack: LocalStack) -> None:
    """Wait until this test is over; it raises what the test has raised."""
    runs = item.session.stash.setdefault(_RUNS, {})
    if item.nodeid not in runs:
        others = [it for it in item.session.items if isinstance(it, pytest.Function) and it.function is item.function]
        pool = ThreadPoolExecutor(len(others))
        runs |= {it.nodeid: pool.submit(_alone, it, stack) for it in others}
        pool.shutdown(wait=False)
    runs[item.nodeid].result()


def _alone(item: pytest.Function, stack: LocalStack) -> None:
    """Run the test's function with chargers of its kind and an app of its own."""
    hardware = Hardware(str(item.callspec.params[FIXTURE]))
    with ExitStack() as made, stack.api() as owner:

        def any_charger(**choices: Any) -> FreshCharger:
            charger = stack.fresh_charger(hardware=hardware, **choices)
            made.callback(charger.discard)
            return charger

        given = {"stack": stack, "owner": owner, FIXTURE: any_charger}
        item.function(**{name: given[name] for name in inspect.signature(item.function).parameters})
