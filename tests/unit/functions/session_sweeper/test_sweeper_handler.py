"""One sweep: what it did is counted by kind, and told once for each session."""

from __future__ import annotations

import json
from dataclasses import dataclass
from io import StringIO

import pytest

from functions.domain.errors import TemporaryError
from functions.domain.provisioning import SerialRecord
from functions.domain.renewals import Renewals
from functions.domain.sweeping import Outcome
from functions.session_sweeper.handler import METRICS, handler, logger
from tests.support import builders
from tests.support.api_events import LambdaContext
from tests.support.builders import OTHER_SESSION, SESSION
from tests.support.cloud import Cloud


@dataclass(frozen=True)
class Boards:
    """The list of boards."""

    boards: tuple[SerialRecord, ...] = ()

    def every(self) -> list[SerialRecord]:
        return list(self.boards)


def renewals(cloud: Cloud, *boards: SerialRecord) -> Renewals:
    return Renewals(boards=Boards(boards), clock=cloud.clock)


def counted(out: str) -> dict[str, float]:
    (document,) = [json.loads(line) for line in out.splitlines() if "_aws" in line]
    return {name: document[name][0] for name in (*METRICS.values(), "SweepBacklog")}


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    stream = StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", stream)
    return stream


def test_what_was_done_is_counted_by_kind_and_logged_with_its_session(
    cloud: Cloud, log: StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.keep(builders.pending_session(), builders.stopping_session(session_id=OTHER_SESSION, stop_not_sent=True))
    cloud.shadows.failing_with = TemporaryError("unavailable", "no shadows today")
    cloud.clock.pass_s(80)
    handler({}, LambdaContext(), (cloud.sweeping, renewals(cloud)))
    counts = counted(capsys.readouterr().out)
    assert {name: count for name, count in counts.items() if count} == {"StartsExpired": 1, "SessionsNotSwept": 1}
    lines = {(line["session_id"], line["level"]): line for line in map(json.loads, log.getvalue().splitlines())}
    assert lines[(SESSION, "INFO")]["outcome"] == "start_expired"
    assert lines[(OTHER_SESSION, "WARNING")]["why"] == "not_sent: no shadows today"


def test_a_sweep_with_nothing_to_do_says_so_in_numbers_alone(
    cloud: Cloud, log: StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    handler({}, LambdaContext(), (cloud.sweeping, renewals(cloud)))
    assert set(counted(capsys.readouterr().out).values()) == {0}
    assert log.getvalue() == ""


def test_every_outcome_is_counted() -> None:
    assert set(METRICS) == set(Outcome)


def test_chargers_whose_renewal_is_overdue_are_counted_and_named(
    cloud: Cloud, log: StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    board = SerialRecord(serial_number="SN-1", charger_id=builders.CHARGER, armed_at_ms=1, claimed_at_ms=1)
    handler({}, LambdaContext(), (cloud.sweeping, renewals(cloud, board)))
    (document,) = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    assert document["CertificatesOverdue"] == [1]
    assert json.loads(log.getvalue())["charger_ids"] == [builders.CHARGER]
    cloud.clock.pass_s(60)
    handler({}, LambdaContext(), (cloud.sweeping, renewals(cloud, board)))
    assert "CertificatesOverdue" not in capsys.readouterr().out
