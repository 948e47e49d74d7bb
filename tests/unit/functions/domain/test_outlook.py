"""What a driver is told: one table from records to words, and never more than is known."""

from __future__ import annotations

from typing import Any

import pytest

from contract.vocabulary import EndMethod, EndReason
from functions.domain import outlook
from functions.domain.patience import Patience
from functions.domain.records import EndRecord, IntentStatus, SessionPhase, SessionRecord
from tests.support import builders
from tests.support.clock import NOON_MS

PATIENCE = Patience()
JUST_NOW = NOON_MS + 1000
OVERDUE = NOON_MS + 15_001
EXPIRED = NOON_MS + 75_001
END = EndRecord(
    reason=EndReason.REMOTE, method=EndMethod.REPORTED, at_ms=NOON_MS, received_at_ms=NOON_MS, meter_wh=8200
)

pending, active, stopping = builders.pending_session, builders.active_session, builders.stopping_session
start, stop = builders.start_intent, builders.stop_intent
REFUSED, FAILED, DONE = IntentStatus.REFUSED, IntentStatus.FAILED, IntentStatus.DONE
ACCEPTED, EXECUTING, WITHDRAWN = IntentStatus.ACCEPTED, IntentStatus.EXECUTING, IntentStatus.WITHDRAWN

TABLE = [
    # record, now, session in a word, stop in a word, when to ask again
    (pending(), JUST_NOW, "pending", None, 500),
    (pending(), EXPIRED - 1, "pending", None, 500),
    (pending(), EXPIRED, "failed", None, None),
    (pending(start=start(status=ACCEPTED)), EXPIRED, "failed", None, None),
    (pending(start=start(status=REFUSED, reason="evse_in_use")), JUST_NOW, "failed", None, None),
    (pending(start=start(status=FAILED)), JUST_NOW, "failed", None, None),
    (pending(stop=stop(), stop_sent_at_ms=NOON_MS), JUST_NOW, "stopping", "requested", 500),
    (pending(stop=stop(status=DONE, reason="never_started")), JUST_NOW, "failed", "done", None),
    (active(), JUST_NOW, "active", None, 2000),
    (stopping(), JUST_NOW, "stopping", "requested", 500),
    (stopping(), OVERDUE - 1, "stopping", "requested", 500),
    (stopping(), OVERDUE, "active", "overdue", 2000),
    (stopping(stop_sent_at_ms=NOON_MS + 10_000), OVERDUE, "stopping", "requested", 500),
    (stopping(stop=stop(status=ACCEPTED)), JUST_NOW, "stopping", "accepted", 500),
    (stopping(stop=stop(status=EXECUTING)), JUST_NOW, "stopping", "executing", 500),
    (stopping(stop=stop(status=EXECUTING)), OVERDUE, "active", "overdue", 2000),
    (stopping(stop=stop(status=DONE)), JUST_NOW, "stopping", "done", 500),
    (stopping(stop=stop(status=DONE)), OVERDUE, "active", "overdue", 2000),
    (stopping(stop=stop(status=REFUSED)), JUST_NOW, "active", "refused", 2000),
    (stopping(stop=stop(status=FAILED)), OVERDUE, "active", "failed", 2000),
    (stopping(stop=stop(status=WITHDRAWN)), OVERDUE, "active", "withdrawn", 2000),
    (stopping(stop_not_sent=True), JUST_NOW, "active", "not_sent", 2000),
    (stopping(phase=SessionPhase.ENDED, end=END), OVERDUE, "ended", "requested", None),
    (stopping(phase=SessionPhase.ENDED, end=END, stop=stop(status=DONE)), JUST_NOW, "ended", "done", None),
    (active(phase=SessionPhase.ENDED, end=END), JUST_NOW, "ended", None, None),
]


@pytest.mark.parametrize(("session", "now_ms", "status", "stop_status", "poll"), TABLE)
def test_a_record_reads_as_these_words(
    session: SessionRecord, now_ms: int, status: str, stop_status: str | None, poll: int | None
) -> None:
    assert outlook.session_status(session, now_ms=now_ms, patience=PATIENCE) == status
    assert outlook.stop_status(session, now_ms=now_ms, patience=PATIENCE) == stop_status
    assert outlook.poll_after_ms(session, now_ms=now_ms, patience=PATIENCE) == poll
    assert outlook.is_over(session, now_ms=now_ms, patience=PATIENCE) is (status in ("ended", "failed"))


@pytest.mark.parametrize(
    ("status", "connected", "reason"),
    [
        ("overdue", False, "charger_offline"),
        ("overdue", True, "no_answer"),
        ("overdue", None, "no_answer"),
        ("not_sent", True, "not_sent"),
        ("withdrawn", True, "withdrawn"),
        ("requested", False, ""),
        ("failed", True, "power_still_flowing"),
    ],
)
def test_a_stop_is_explained_by_what_is_known(status: str, connected: bool | None, reason: str) -> None:  # noqa: FBT001 - a column of the table
    told = "power_still_flowing" if status == "failed" else ""
    session = stopping(stop=stop(reason=told))
    assert outlook.stop_reason(session, status, connected=connected) == reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, "start_expired"),
        ({"start": start(status=REFUSED, reason="cable_not_plugged")}, "cable_not_plugged"),
        ({"start": start(status=REFUSED)}, "refused_by_charger"),
        ({"start": start(status=FAILED)}, "refused_by_charger"),
        ({"stop": stop(status=DONE, reason="never_started")}, "cancelled"),
    ],
)
def test_a_session_that_never_began_says_why(changes: dict[str, Any], reason: str) -> None:
    assert outlook.failure_reason(pending(**changes), now_ms=EXPIRED, patience=PATIENCE) == reason


def test_a_session_that_began_has_no_reason_for_not_beginning() -> None:
    session = active(start=start(status=FAILED, reason="refused_by_charger"))
    assert outlook.failure_reason(session, now_ms=EXPIRED, patience=PATIENCE) == ""


@pytest.mark.parametrize(
    ("first", "now", "energy"), [(None, 8200, None), (1000, None, None), (0, 0, 0), (1000, 8200, 7200), (9000, 8200, 0)]
)
def test_energy_is_known_or_null_and_never_negative(first: int | None, now: int | None, energy: int | None) -> None:
    assert outlook.energy_wh(active(start_meter_wh=first, meter_wh=now)) == energy


def test_a_live_session_is_stale_once_nothing_was_heard_of_it_for_long() -> None:
    assert not outlook.is_stale(active(), now_ms=NOON_MS + 150_000, patience=PATIENCE)
    assert outlook.is_stale(active(), now_ms=NOON_MS + 150_001, patience=PATIENCE)
    assert not outlook.is_stale(active(phase=SessionPhase.ENDED), now_ms=NOON_MS + 199_000, patience=PATIENCE)


def test_only_what_the_cloud_concluded_itself_is_estimated() -> None:
    guessed = active(
        phase=SessionPhase.ENDED,
        end=EndRecord(
            reason=EndReason.OTHER, method=EndMethod.ESTIMATED, at_ms=NOON_MS, received_at_ms=NOON_MS, meter_wh=1
        ),
    )
    assert outlook.is_estimated(guessed, now_ms=JUST_NOW, patience=PATIENCE)
    assert outlook.is_estimated(pending(), now_ms=EXPIRED, patience=PATIENCE)
    assert not outlook.is_estimated(active(phase=SessionPhase.ENDED, end=END), now_ms=JUST_NOW, patience=PATIENCE)
    assert not outlook.is_estimated(active(), now_ms=EXPIRED, patience=PATIENCE)


@pytest.mark.parametrize("status", list(IntentStatus))
def test_a_stop_is_withdrawable_until_it_is_answered(status: IntentStatus) -> None:
    session = stopping(stop=stop(status=status))
    assert outlook.is_withdrawable(session) is (status is IntentStatus.REQUESTED)
    assert not outlook.is_withdrawable(stopping(end=END))
    assert not outlook.is_withdrawable(active())
