"""`charger-agent doctor` and `status` on a board whose cloud is the local stack."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from device_agent.__main__ import main
from local.waiting import wait_for
from tests.local.support import WITHIN_S, FreshCharger


def test_it_is_green_with_the_agent_and_without_and_does_not_push_the_agent_out(
    fresh_charger: Callable[..., FreshCharger], capsys: pytest.CaptureFixture[str]
) -> None:
    charger = fresh_charger()
    charger.end_agent()
    words = ["--config", str(charger.config)]

    def told(command: str) -> str:
        code = main([command, *words])
        text = capsys.readouterr().out
        assert code == 0, text
        return text

    alone = told("doctor")
    assert f"{charger.charger_id} is let in, and its shadow answers" in alone
    assert "as the cloud does" in alone
    assert "it does not run" in alone

    charger.start_agent()
    wait_for(lambda: main(["status", *words]) == 0, "the agent says that all is well", within_s=WITHIN_S)
    capsys.readouterr()
    beside = told("doctor")
    assert "the agent is connected" in beside
    assert "FAIL" not in beside
    assert "EVSE 1       preparing" in told("status")
    assert "link down" not in charger.agent.log.read_text()
