"""Power cuts: at the n-th thing that a piece of code does to the disk, it is over, before it is done."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock


class PowerCut(BaseException):
    """No code of ours may catch it, as none sees a real one."""


class _Fuse:
    def __init__(self, left: int) -> None:
        self.left = left

    def before(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*arguments: Any, **named: Any) -> Any:
            if self.left == 0:
                raise PowerCut
            self.left -= 1
            return real(*arguments, **named)

        return guarded


@contextmanager
def power_for(steps: int) -> Iterator[None]:
    """Power for so many renames, deletions, new files, folders and syncs. Then everything inside stands still."""
    fuse = _Fuse(steps)
    with (
        mock.patch.object(os, "open", fuse.before(os.open)),
        mock.patch.object(os, "fsync", fuse.before(os.fsync)),
        mock.patch.object(shutil, "rmtree", fuse.before(shutil.rmtree)),
        mock.patch.object(Path, "rename", fuse.before(Path.rename)),
        mock.patch.object(Path, "replace", fuse.before(Path.replace)),
        mock.patch.object(Path, "unlink", fuse.before(Path.unlink)),
        mock.patch.object(Path, "mkdir", fuse.before(Path.mkdir)),
    ):
        yield
