from __future__ import annotations

from typing import TYPE_CHECKING

from local.fleet import SOCKET_PATH_MAX_BYTES, socket_path
from local.settings import Settings
from local.stack import _leave_logs_only

if TYPE_CHECKING:
    from pathlib import Path


def test_a_socket_lies_beside_everything_else_of_its_stack(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    assert socket_path(settings, "plant") == tmp_path / "plant.sock"


def test_a_stack_in_a_deep_folder_has_its_sockets_elsewhere_and_takes_them_with_it(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / ("deep" * 25))
    settings.home.mkdir()
    plant, other = socket_path(settings, "plant"), socket_path(settings, "other")
    assert len(bytes(plant)) <= SOCKET_PATH_MAX_BYTES
    assert plant.parent == other.parent
    plant.touch()
    _leave_logs_only(settings)
    assert not plant.parent.exists()
    assert list(settings.home.iterdir()) == []
