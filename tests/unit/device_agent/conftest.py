from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.charger_bench import Bench
from tests.support.keeper import KeeperBench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path).turn_on()
    yield bench
    bench.lose_power()


@pytest.fixture
def charger(tmp_path: Path) -> Iterator[KeeperBench]:
    """A charger that keeps transactions."""
    bench = KeeperBench(tmp_path)
    bench.turn_on()
    yield bench
    bench.lose_power()
