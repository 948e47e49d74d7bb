from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local.lock import only_one
from local.processes import StepFailed
from local.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


def test_two_cannot_run_the_same_stack(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    with only_one(settings), pytest.raises(StepFailed, match="already runs the local stack"), only_one(settings):
        pytest.fail("the lock was held twice")


def test_the_lock_is_free_again_afterwards(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    with only_one(settings):
        pass
    with only_one(settings):
        assert settings.lock_file.exists()


def test_one_that_is_getting_ready_is_told_apart_from_one_that_is_ready(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    with only_one(settings):
        with pytest.raises(StepFailed, match="still getting ready"), only_one(settings):
            pytest.fail("the lock was held twice")
        settings.run_file.touch()
        with pytest.raises(StepFailed, match="To use it, see"), only_one(settings):
            pytest.fail("the lock was held twice")
