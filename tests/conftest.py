"""One local stack for all end-to-end tests, in a folder of its own and on ports of its own."""

from __future__ import annotations

import signal
from contextlib import ExitStack, closing
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from local.seed import NEIGHBOUR, OWNER, Hardware
from local.settings import Settings
from local.stack import running_stack
from local.terminal import Terminal
from tests.local import at_once
from tests.local.stock import Stock
from tests.local.support import FreshCharger, LocalStack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local.client import DriverApi


def pytest_configure() -> None:
    """End in good order, stack and all, when `make test` is ended, whose end-to-end half hears of it by SIGTERM."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """The whole cloud on this machine, deployed once."""
    settings = Settings(home=tmp_path_factory.mktemp("local"), gateway_port=0, mqtt_port=0, web_port=0)
    with running_stack(settings, Terminal()) as running:
        yield LocalStack(running)


@pytest.fixture
def owner(stack: LocalStack) -> Iterator[DriverApi]:
    """The app of the driver who charges."""
    with stack.api(OWNER) as api:
        yield api


@pytest.fixture
def neighbour(stack: LocalStack) -> Iterator[DriverApi]:
    """The app of another driver."""
    with stack.api(NEIGHBOUR) as api:
        yield api


@pytest.fixture
def anonymous(stack: LocalStack) -> Iterator[DriverApi]:
    """A caller without a token."""
    with stack.anonymous_api() as api:
        yield api


@pytest.fixture(scope="session")
def stock(stack: LocalStack) -> Iterator[Stock]:
    """The chargers of most tests: one EVSE, simulated hardware, a link that can be cut."""
    with closing(Stock(partial(stack.fresh_charger, through_proxy=True))) as chargers:
        yield chargers


@pytest.fixture
def fresh_charger(
    stack: LocalStack, stock: Stock, request: pytest.FixtureRequest
) -> Iterator[Callable[..., FreshCharger]]:
    """Makes chargers for one test, with what `LocalStack.fresh_charger` takes."""
    with ExitStack() as made:

        def make(*choice: Any, **choices: Any) -> FreshCharger:
            plain = not choice and choices in ({}, {"through_proxy": True})
            charger = stock.take(more=_wanted_later(request)) if plain else stack.fresh_charger(*choice, **choices)
            made.callback(charger.discard)
            return charger

        yield make


def _wanted_later(request: pytest.FixtureRequest) -> bool:
    """Whether a later test asks for a fresh charger."""
    items = request.session.items
    later = items[items.index(request.node) + 1 :]
    return any("fresh_charger" in item.fixturenames for item in later if isinstance(item, pytest.Function))


@pytest.fixture(params=list(Hardware))
def any_charger(request: pytest.FixtureRequest) -> Any:
    """As `fresh_charger`, and the test runs with every kind of hardware; tests/local/at_once.py makes them."""
    return request.param


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run the tests of every kind of hardware our own way."""
    if not at_once.is_of_any_hardware(pyfuncitem):
        return None
    stack = pyfuncitem.funcargs["stack"]
    assert isinstance(stack, LocalStack)
    at_once.play(pyfuncitem, stack)
    return True
