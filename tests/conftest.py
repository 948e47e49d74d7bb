"""One local stack for all end-to-end tests, in a folder of its own and on ports of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local.seed import NEIGHBOUR, OWNER
from local.settings import Settings
from local.stack import running_stack
from local.terminal import Terminal
from tests.local.support import FreshCharger, LocalStack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local.client import DriverApi


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


@pytest.fixture
def fresh_charger(stack: LocalStack) -> Iterator[Callable[..., FreshCharger]]:
    """Makes chargers for one test: `fresh_charger(evses=1, accepts_cards=False, through_proxy=False)`."""
    made: list[FreshCharger] = []

    def make(
        evses: int = 1, *, accepts_cards: bool = False, through_proxy: bool = False, startable: bool = True
    ) -> FreshCharger:
        charger = stack.fresh_charger(
            evses, accepts_cards=accepts_cards, through_proxy=through_proxy, startable=startable
        )
        made.append(charger)
        return charger

    yield make
    for charger in made:
        charger.discard()
