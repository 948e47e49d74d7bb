"""`make test` fails if and only if a half of the tests does; `make deploy` looks before it acts."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PYTEST = """#!/bin/sh
case "$*" in
  *tests/local*) echo 'FAILED tests/local/test_x.py::beside'; echo '=== 1 of these in 0.1s ==='; exit $BESIDE;;
  *) echo 'FAILED tests/unit/test_x.py::before'; echo '=== 1 of those in 0.1s ==='; exit $BEFORE;;
esac
"""


@pytest.mark.parametrize(("before", "beside"), [(0, 0), (1, 0), (0, 1), (1, 1)])
def test_it_succeeds_if_both_halves_do_and_tells_last_what_failed(tmp_path: Path, before: int, beside: int) -> None:
    for name in ("Makefile", ".python-version"):
        shutil.copy(ROOT / name, tmp_path)
    pytest_in_its_place = tmp_path / ".venv/bin/python"
    pytest_in_its_place.parent.mkdir(parents=True)
    pytest_in_its_place.write_text(PYTEST)
    pytest_in_its_place.chmod(0o755)

    done = subprocess.run(
        ["make", "--old-file=install", "test"],  # noqa: S607  (the make that runs this)
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "BEFORE": str(before), "BESIDE": str(beside)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode == 0) == (before == beside == 0)
    assert done.stdout.splitlines()[-4:] == [
        "FAILED tests/unit/test_x.py::before",
        "=== 1 of those in 0.1s ===",
        "FAILED tests/local/test_x.py::beside",
        "=== 1 of these in 0.1s ===",
    ]


RECORDED = """#!/bin/sh
echo "$(basename "$0") $*" >>calls
case "$*" in *infra.preflight*) exit $PREFLIGHT;; esac
"""


@pytest.mark.parametrize("preflight", [0, 1])
def test_a_deployment_is_shown_before_it_is_made_and_not_made_where_it_cannot_be_meant(
    tmp_path: Path, preflight: int
) -> None:
    for name in ("Makefile", ".python-version"):
        shutil.copy(ROOT / name, tmp_path)
    for name in (".venv/bin/python", "node_modules/.bin/cdk"):
        in_its_place = tmp_path / name
        in_its_place.parent.mkdir(parents=True)
        in_its_place.write_text(RECORDED)
        in_its_place.chmod(0o755)

    done = subprocess.run(
        [  # noqa: S607  (the make that runs this)
            "make",
            "--old-file=.venv/.installed",
            "--old-file=node_modules/.bin/cdk",
            "deploy",
            "ENV=prod",
            "CONFIRM=prod",
            "ARGS=-c webDomain=charge.example.com",
        ],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PREFLIGHT": str(preflight)},
        capture_output=True,
        text=True,
        check=False,
    )

    calls = (tmp_path / "calls").read_text().splitlines()
    looked = "python -m infra.preflight --env prod --confirm prod"
    made = [
        "cdk diff -c env=prod -c webDomain=charge.example.com",
        "cdk deploy -c env=prod -c webDomain=charge.example.com --require-approval any-change",
        "python -m infra.publish --env prod",
    ]
    assert (calls, done.returncode == 0) == (([looked], False) if preflight else ([looked, *made], True))
