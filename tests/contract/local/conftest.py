"""Both versions of OCPP are held to the same tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from local.charge_point import connection
from tests.support.charge_point_world import World, running


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=["1.6", "2.0.1"])
async def world(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    monkeypatch.setattr(connection, "RETRY_EVERY_S", 0.05)
    async with running(request.param, tmp_path) as world:
        yield world
