"""Certificates that should have been renewed by now: counted from what the list of boards knows, once an hour."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from device_agent.checks.board import RENEWAL_TAKES_S
from device_agent.provisioning.life import RENEW_AFTER
from device_agent.settings import IdentitySettings
from functions.domain.provisioning import SerialRecord
from functions.domain.renewals import DAY_MS, HOUR_MS, MINUTE_MS, RENEWED_AFTER_DAYS, Renewals, renewal_overdue
from tests.support.builders import CHARGER
from tests.support.clock import NOON_MS, FakeClock

LATE_MS = NOON_MS + RENEWED_AFTER_DAYS * DAY_MS + 1
CLAIMED = SerialRecord(serial_number="SN-1", charger_id=CHARGER, armed_at_ms=NOON_MS, claimed_at_ms=NOON_MS)


@dataclass
class Boards:
    boards: list[SerialRecord] = field(default_factory=list)
    asked: int = 0

    def every(self) -> list[SerialRecord]:
        self.asked += 1
        return self.boards


@pytest.mark.parametrize("renewed_at_ms", [None, NOON_MS - DAY_MS])  # before: by a board that the charger had then
def test_a_renewal_is_overdue_two_weeks_after_the_agent_should_have_begun(renewed_at_ms: int | None) -> None:
    board = replace(CLAIMED, renewed_at_ms=renewed_at_ms)
    assert not renewal_overdue(board, now_ms=LATE_MS - 1)
    assert renewal_overdue(board, now_ms=LATE_MS)


@pytest.mark.parametrize(
    "board",
    [
        replace(CLAIMED, renewed_at_ms=NOON_MS + 480 * DAY_MS),
        replace(CLAIMED, armed_at_ms=NOON_MS + 1),
        replace(CLAIMED, claimed_at_ms=None),
    ],
    ids=["renewed", "armed again, for a board that has not come", "never claimed"],
)
def test_a_board_that_has_renewed_or_has_nothing_to_renew_is_not_overdue(board: SerialRecord) -> None:
    assert not renewal_overdue(board, now_ms=LATE_MS)


def test_the_days_are_those_that_the_agent_goes_by() -> None:
    days = IdentitySettings.model_fields["certificate_days"].default * RENEW_AFTER + RENEWAL_TAKES_S / 86_400
    assert days <= RENEWED_AFTER_DAYS < days + 1


def test_the_list_is_looked_through_in_the_first_minute_of_an_hour_only() -> None:
    clock = FakeClock(LATE_MS - LATE_MS % HOUR_MS + HOUR_MS)
    boards = Boards([replace(CLAIMED, charger_id="PX-0002"), CLAIMED])
    renewals = Renewals(boards=boards, clock=clock)
    assert renewals.overdue() == [CHARGER, "PX-0002"]
    clock.now_ms += MINUTE_MS
    assert renewals.overdue() is None
    assert boards.asked == 1
