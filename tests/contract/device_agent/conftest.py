"""An OCPP driver on loopback, with a charger connected to it: every test runs in both versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.ocpp_bench import OcppBench
from tests.support.ocpp_talk import Talk, talk

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(params=["ocpp16", "ocpp201"])
def bench(request: pytest.FixtureRequest) -> Iterator[OcppBench]:
    bench = OcppBench(request.param).open()
    yield bench
    bench.close()


@pytest.fixture
def charger(bench: OcppBench) -> Talk:
    return talk(bench)
