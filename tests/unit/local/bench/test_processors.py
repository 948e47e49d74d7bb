"""Whose processor time is whose."""

from __future__ import annotations

import os
import subprocess
import sys

from local.bench.load.processors import Spent

WORK = "import time\nwhile time.process_time() < 0.2: pass"


def test_what_a_process_has_its_children_do_counts_as_theirs_also_when_they_have_ended() -> None:
    before = Spent.until_now(os.getpid())
    subprocess.run([sys.executable, "-c", WORK], check=True)  # noqa: S603  # ours
    after = Spent.until_now(os.getpid())
    assert after.functions_s - before.functions_s >= 0.1
    assert after.machine_s >= before.machine_s


def test_a_process_that_is_gone_has_spent_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()
    spent = Spent.until_now(child.pid)
    assert (spent.emulator_s, spent.functions_s) == (0.0, 0.0)
