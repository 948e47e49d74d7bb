from __future__ import annotations

from pathlib import Path

import pytest

from contract.vocabulary import AckReason, AckStatus
from device_agent.__main__ import main
from device_agent.journal import Journal
from device_agent.records import CardRecord, IntentRecord, Phase, SessionRecord
from tests.support.board import agent_toml
from tests.support.charger_bench import Bench

BEGAN = 1_795_348_800


def test_sessions_answers_and_waiting_events_are_listed_newest_last(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = agent_toml(tmp_path)
    bench = Bench(tmp_path).turn_on()
    bench.charge()
    bench.link.cut()
    bench.evse.press_stop(bench.clock.mono_s)
    bench.pass_s(2)
    bench.lose_power()

    assert main(["journal", "--config", str(config)]) == 0

    told = capsys.readouterr().out
    assert told.splitlines()[0] == "1 sessions, 1 intents, 0 cards"
    assert "ended" in told
    assert "Local" in told
    assert "start  1     done" in told
    assert "Events that wait for the cloud (1 ended)" in told


def test_only_the_last_are_shown_and_cards_are_only_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = agent_toml(tmp_path)
    journal = Journal.open(tmp_path / "journal.sqlite3")
    for number in range(20):
        journal.write(
            SessionRecord(f"S{number:02}", 1, Phase.ENDED, "7", BEGAN + number),
            IntentRecord(f"I{number:02}", 1, "stop", "", {}, AckStatus.DONE, AckReason.NEVER_STARTED, BEGAN),
            CardRecord(f"hash-{number}", accepted=True, group="g", until=BEGAN),
        )
    journal.close()

    assert main(["journal", "--config", str(config), "--last", "2"]) == 0

    told = capsys.readouterr().out
    assert "20 sessions, 20 intents, 20 cards" in told
    assert [line.split()[-1] for line in told.splitlines() if "ended " in line and "began" not in line] == [
        "S18",
        "S19",
    ]
    assert "2026-11-22 12:00:19Z" in told
    assert "hash-" not in told
    assert "Events that wait for the cloud: none" in told


def test_a_journal_that_is_not_there_is_named_and_ends_with_code_3(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["journal", "--config", str(agent_toml(tmp_path))]) == 3
    assert "journal.path = " in capsys.readouterr().err
