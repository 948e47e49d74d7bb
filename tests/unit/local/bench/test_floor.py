"""The floor stands in for functions that there are, and its archive has all that it imports."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

from infra.http_api import ROUTES
from local.bench import floor
from local.settings import REPO

if TYPE_CHECKING:
    from pathlib import Path


def test_it_stands_in_for_every_function_between_the_tap_and_the_shown_end() -> None:
    routes = {f"{method.value} {path}": name for method, path, name, _ in ROUTES}
    on_the_way = {routes["POST /v1/sessions/{sessionId}/stop"], routes["GET /v1/sessions/{sessionId}"]}
    assert set(floor.FORWARDS) == on_the_way | {"charger_reports"}
    assert all((REPO / "functions" / name / "handler.py").exists() for name in floor.FORWARDS)


def test_its_archive_runs_by_itself(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(floor.archive())) as archive:
        archive.extractall(tmp_path)
    loaded = "import sys, floor_handlers; print(sorted({'pydantic', 'aws_lambda_powertools'} & set(sys.modules)))"
    command = [sys.executable, "-c", loaded]
    found = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)  # noqa: S603 - our own words
    assert found.stdout.strip() == "[]"
