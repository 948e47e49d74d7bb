from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.charger_bench import Bench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path).turn_on()
    yield bench
    bench.lose_power()
