"""The agent as a board has it, installed from its wheel, serves a driver on the local stack."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from local.client import DriverApi
from local.waiting import wait_for
from tests.local.scenes import charging, startable
from tests.local.support import WITHIN_S, FreshCharger
from tests.support.wheel import install


def test_the_installed_agent_starts_and_stops_a_session(
    owner: DriverApi, fresh_charger: Callable[..., FreshCharger], tmp_path: Path
) -> None:
    charger = fresh_charger()
    charger.end_agent()
    installed = install(tmp_path)
    command = [str(installed.command), "run", "--config", str(charger.config)]

    before = charger.shadow_version()
    charger.agent = charger.stack.processes.start(
        f"installed-{charger.charger_id}", command, installed.environment(), tmp_path
    )

    wait_for(lambda: charger.shadow_version() > before, "the installed agent reports", within_s=WITHIN_S)
    startable(owner, charger)
    session_id = charging(owner, charger)
    assert owner.stop(session_id, wait_s=5).expect(200)["end"]["reason"] == "Remote"
    assert charger.describe()["contactor_closed"] is False
