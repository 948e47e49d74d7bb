"""What the hardware tells and shows, as the sentences that it leads to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contract.intents import Intent
from contract.vocabulary import AckReason, AckStatus, CableState, EndReason
from device_agent import facts
from device_agent.drivers.base import Fact, Observation, TransactionBegan, TransactionOver
from device_agent.reconciler import plan
from device_agent.records import EvseRecord, IntentRecord, Memory, Moment, Pending, Phase, SessionRecord
from tests.support.charger_bench import NOON, OTHER_SESSION, PACE, SESSION, intent, ulid

NOW = Moment(NOON, 1000.0)
FREE = Observation(
    plugged=True, cable=CableState.PLUGGED, contactor_closed=False, power_w=0, meter_wh=0, transaction_id=""
)
ACTIVE = SessionRecord(SESSION, 1, Phase.ACTIVE, "T1", int(NOON) - 60, 100, 150, 3, mark="m1")
STARTING = replace(ACTIVE, phase=Phase.STARTING, transaction_id="tx-1", mark="")
RELEASING = replace(STARTING, phase=Phase.RELEASING)
TAPPED = TransactionBegan(1, "T2", "m2", "", "ab" * 32)
ORDERED = TransactionBegan(1, "T2", "m2", SESSION)
OVER = TransactionOver(1, "T1", EndReason.LOCAL)
I = ulid(1)  # noqa: E741


def running(transaction_id: str | None, fact: Fact | None = None) -> Observation:
    return replace(FREE, contactor_closed=True, power_w=7_200, transaction_id=transaction_id, fact=fact)


def pending(act: str) -> Pending:
    raw = intent(act)
    record = IntentRecord(I, 1, act, SESSION, raw, AckStatus.EXECUTING, AckReason.NONE, int(NOON), raw.get("expiresAt"))
    return Pending(record, 1000.0, commanded_s=999.0)


def said(observed: Observation, *sessions: SessionRecord, under_way: Pending | None = None) -> list[str]:
    intents = {under_way.record.id: under_way.record} if under_way else {}
    current = next((each for each in sessions if each.phase.occupies), None)
    known = {each.session_id: each for each in sessions}
    memory = Memory(EvseRecord(1), PACE, intents, known, current, under_way)
    desired = Intent.read(dict(under_way.record.raw)) if under_way else None
    return [str(action) for action in plan(desired, observed, memory, NOW)]


BEGIN = "begin a session for transaction T2 on EVSE 1"
NOBODYS = "settle transaction T1 on EVSE 1: no session runs that it names"


@pytest.mark.parametrize(
    ("fact", "sessions", "under_way", "expected"),
    [
        (TAPPED, [], None, BEGIN),
        (TAPPED, [replace(ACTIVE, phase=Phase.ENDED)], None, BEGIN),
        (TAPPED, [ACTIVE], None, f"end session {SESSION} on EVSE 1, reason PowerLoss"),
        (TAPPED, [ACTIVE], "stop", f"end session {SESSION} on EVSE 1, reason Remote: stop {I} is done"),
        (TAPPED, [STARTING], "start", f"give up start {I} on EVSE 1: somebody began to charge at the charger"),
        (TAPPED, [RELEASING], None, f"free EVSE 1: session {SESSION} never began"),
        (replace(TAPPED, transaction_id="T1"), [ACTIVE], None, f"end session {SESSION} on EVSE 1, reason PowerLoss"),
        (
            replace(TAPPED, mark="m1"),
            [ACTIVE],
            None,
            f"settle transaction T2 on EVSE 1: it is session {SESSION}, on record",
        ),
        (
            replace(TAPPED, transaction_id="T1"),
            [replace(ACTIVE, mark="")],
            None,
            f"settle transaction T1 on EVSE 1: it is session {SESSION}",
        ),
        (ORDERED, [STARTING], "start", f"record that session {SESSION} began on EVSE 1: start {I} is done"),
        (ORDERED, [replace(ACTIVE, mark="")], None, f"settle transaction T2 on EVSE 1: it is session {SESSION}"),
        (ORDERED, [], None, f"refuse transaction T2 on EVSE 1: session {SESSION} is not starting here"),
        (ORDERED, [ACTIVE], None, f"refuse transaction T2 on EVSE 1: session {SESSION} is not starting here"),
        (ORDERED, [RELEASING], None, f"refuse transaction T2 on EVSE 1: session {SESSION} is not starting here"),
        (
            replace(ORDERED, mark="m1"),
            [replace(ACTIVE, phase=Phase.ENDED)],
            None,
            f"refuse transaction T2 on EVSE 1: it is session {SESSION}, on record",
        ),
        (OVER, [ACTIVE], None, f"end session {SESSION} on EVSE 1, reason Local"),
        (OVER, [ACTIVE], "stop", f"end session {SESSION} on EVSE 1, reason Remote: stop {I} is done"),
        (OVER, [], None, NOBODYS),
        (OVER, [replace(ACTIVE, transaction_id="T2")], "stop", NOBODYS),
        (OVER, [replace(STARTING, transaction_id="T1")], "start", NOBODYS),
    ],
)
def test_what_the_hardware_tells_comes_before_all_else(
    fact: Fact, sessions: list[SessionRecord], under_way: str | None, expected: str
) -> None:
    wanted = pending(under_way) if under_way else None
    assert said(running(None, fact), *sessions, under_way=wanted) == [expected]


def test_a_start_is_not_done_while_the_contactor_is_closed_for_another() -> None:
    assert said(running("T9"), STARTING, under_way=pending("start")) == []
    given_up = replace(pending("start"), commanded_s=990.0)
    because = "another transaction is open 10 s after the command"
    assert said(running("T9"), STARTING, under_way=given_up) == [f"give up start {I} on EVSE 1: {because}"]
    done = f"record that session {SESSION} began on EVSE 1: start {I} is done"
    assert said(running(None), STARTING, under_way=pending("start")) == [done]


def test_a_start_given_up_is_not_released_at_the_cost_of_another() -> None:
    assert said(running("T9"), RELEASING) == [f"free EVSE 1: session {SESSION} never began"]
    assert said(running(None), RELEASING)[0].startswith("open the contactor")


@pytest.mark.parametrize("shown", ["", "T9"])
def test_a_stop_is_done_once_the_hardware_runs_none_or_another(shown: str) -> None:
    done = f"end session {SESSION} on EVSE 1, reason Remote: stop {I} is done"
    assert said(running(shown), ACTIVE, under_way=pending("stop")) == [done]
    assert said(running("T1"), ACTIVE, under_way=pending("stop")) == []


def test_the_meter_is_anothers_only_while_another_is_open() -> None:
    assert facts.runs_another(ACTIVE, running("T9"))
    assert not facts.runs_another(ACTIVE, running("T1"))
    assert not facts.runs_another(ACTIVE, running(None))
    assert not facts.runs_another(ACTIVE, FREE)
    assert not facts.runs_another(None, running("T9"))


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (None, NOW.at),
        (NOW.at - 5, NOW.at - 5),
        (NOW.at + 120, NOW.at + 120),
        (NOW.at + 121, NOW.at),
        (NOW.at - 30 * 86_400, NOW.at - 30 * 86_400),
        (NOW.at - 30 * 86_400 - 1, NOW.at),
        (0, NOW.at),
    ],
)
def test_a_time_the_charger_tells_is_believed_if_it_can_be_true(at: int | None, expected: int) -> None:
    assert facts.believed(at, NOW) == expected


def test_an_end_before_its_beginning_is_not_believed() -> None:
    assert facts.believed(NOW.at - 61, NOW, ACTIVE.started_at) == NOW.at
    assert facts.believed(NOW.at - 59, NOW, ACTIVE.started_at) == NOW.at - 59


def test_a_stop_for_a_session_that_never_began_is_not_done_while_power_may_flow() -> None:
    failed = replace(STARTING, phase=Phase.FAILED)
    memory = Memory(EvseRecord(1), PACE, {}, {SESSION: failed, OTHER_SESSION: ACTIVE})
    stop = Intent.read(intent("stop"))
    (action,) = plan(stop, running("T2"), memory, NOW)
    assert str(action) == f"fail stop {I}: the contactor is closed, for nobody we know"
