"""The reconciler's decisions, as the sentences they read as."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from contract.intents import Intent, UnreadableIntent
from contract.vocabulary import AckReason, AckStatus, CableState, EndReason
from device_agent.drivers.base import Observation
from device_agent.reconciler import DRIVER_WAIT_S, plan
from device_agent.records import EvseRecord, IntentRecord, Memory, Moment, Pending, Phase, SessionRecord
from tests.support.charger_bench import NOON, OTHER_SESSION, PACE, SESSION, intent, ulid

NOW = Moment(NOON, 1000.0)
OFF = Observation(plugged=True, cable=CableState.PLUGGED, contactor_closed=False, power_w=0, meter_wh=0)
ON = replace(OFF, cable=CableState.LOCKED, contactor_closed=True, power_w=7_200)
NONE_OPEN = replace(OFF, transaction_id="")
OPEN_BUT_HOT = replace(OFF, power_w=7_200)
ACTIVE = SessionRecord(SESSION, 1, Phase.ACTIVE, "tx-1", int(NOON) - 60, 100, 150, 3)
I = ulid(1)  # noqa: E741


def wish(act: str, session_id: str = SESSION, number: int = 1, **changes: Any) -> Intent:
    return Intent.read(intent(act, session_id, number, **changes))


def record(act: str, status: AckStatus = AckStatus.EXECUTING, number: int = 1, **changes: Any) -> IntentRecord:
    raw = intent(act, number=number)
    known = IntentRecord(ulid(number), 1, act, SESSION, raw, status, AckReason.NONE, int(NOON), raw.get("expiresAt"))
    return replace(known, **changes)


def memory(
    *sessions: SessionRecord, intents: tuple[IntentRecord, ...] = (), pending: Pending | None = None, last: str = ""
) -> Memory:
    known = (*intents, pending.record) if pending else intents
    return Memory(
        EvseRecord(1, last_intent=last),
        PACE,
        {each.id: each for each in known},
        {each.session_id: each for each in sessions},
        next((each for each in sessions if each.phase.occupies), None),
        pending,
    )


def said(desired: Intent | UnreadableIntent | None, observed: Observation | None, known: Memory) -> list[str]:
    return [str(action) for action in plan(desired, observed, known, NOW)]


@pytest.mark.parametrize(
    ("desired", "observed", "known", "expected"),
    [
        (None, OFF, memory(), []),
        (None, ON, memory(ACTIVE), []),
        (wish("start"), OFF, memory(), [f"start session {SESSION} on EVSE 1 for intent {I}"]),
        (wish("start", expiresAt=int(NOON)), OFF, memory(), [f"start session {SESSION} on EVSE 1 for intent {I}"]),
        (wish("start", expiresAt=int(NOON) - 12), OFF, memory(), [f"refuse start {I}: expired 12 s ago"]),
        (wish("start", OTHER_SESSION), ON, memory(ACTIVE), [f"refuse start {I}: session {SESSION} is on EVSE 1"]),
        (wish("start"), ON, memory(ACTIVE), [f"answer start {I} done: session {SESSION} runs already"]),
        (wish("start"), replace(OFF, plugged=False), memory(), [f"refuse start {I}: no cable is plugged in"]),
        (wish("start"), replace(OFF, faulted=True, error="broken"), memory(), [f"refuse start {I}: broken"]),
        (
            wish("start"),
            replace(OFF, available=False),
            memory(),
            [f"refuse start {I}: the EVSE is out of service"],
        ),
        (wish("start"), ON, memory(), [f"refuse start {I}: the contactor is closed, for nobody we know"]),
        (
            wish("start"),
            None,
            memory(),
            [f"accept start {I} on EVSE 1: the hardware does not answer yet"],
        ),
        (
            wish("start"),
            OFF,
            memory(replace(ACTIVE, phase=Phase.CANCELLED)),
            [f"refuse start {I}: session {SESSION} was stopped before"],
        ),
        (
            wish("start"),
            OFF,
            memory(replace(ACTIVE, phase=Phase.ENDED)),
            [f"refuse start {I}: session {SESSION} was stopped before"],
        ),
        (wish("stop"), ON, memory(ACTIVE), [f"stop session {SESSION} on EVSE 1 for intent {I}"]),
        (
            wish("stop", OTHER_SESSION),
            ON,
            memory(ACTIVE),
            [f"answer stop {I} done: session {OTHER_SESSION} never started; its start will be refused"],
        ),
        (
            wish("stop"),
            OFF,
            memory(replace(ACTIVE, phase=Phase.ENDED)),
            [f"answer stop {I} done: session {SESSION} had ended"],
        ),
        (wish("stop"), ON, memory(), [f"fail stop {I}: the contactor is closed, for nobody we know"]),
        (wish("stop"), None, memory(), [f"accept stop {I} on EVSE 1: the hardware does not answer yet"]),
        (
            wish("stop"),
            OFF,
            memory(replace(ACTIVE, phase=Phase.FAILED)),
            [f"answer stop {I} done: session {SESSION} never started; its start will be refused"],
        ),
        (
            wish("stop", number=1),
            ON,
            memory(replace(ACTIVE, newest_keep=ulid(2))),
            [f"refuse stop {I}: withdrawn by {ulid(2)}"],
        ),
        (
            wish("stop", number=3),
            ON,
            memory(replace(ACTIVE, newest_keep=ulid(2))),
            [f"stop session {SESSION} on EVSE 1 for intent {ulid(3)}"],
        ),
        (
            wish("keep"),
            ON,
            memory(ACTIVE),
            [f"answer keep {I} done: no stop of session {SESSION} had been carried out; older stops of it are void"],
        ),
        (
            wish("keep"),
            OFF,
            memory(replace(ACTIVE, phase=Phase.ENDED)),
            [f"refuse keep {I}: session {SESSION} is over"],
        ),
        (UnreadableIntent(id=I), OFF, memory(), [f"refuse intent {I}: this agent cannot read it"]),
        (UnreadableIntent(id=I), OFF, memory(intents=(record("", AckStatus.REFUSED),), last=I), []),
    ],
)
def test_a_new_intent(
    desired: Intent | UnreadableIntent | None, observed: Observation | None, known: Memory, expected: list[str]
) -> None:
    assert said(desired, observed, known) == expected


def test_an_answered_intent_that_comes_again_gets_the_same_answer_and_no_action() -> None:
    answered = record("stop", AckStatus.DONE)
    assert said(wish("stop"), ON, memory(ACTIVE, intents=(answered,), last=I)) == []
    repeated = said(wish("stop"), ON, memory(ACTIVE, intents=(answered,), last=ulid(9)))
    assert repeated == [f"repeat the answer to stop {I}: done"]


@pytest.mark.parametrize(
    ("observed", "pending_changes", "expected"),
    [
        (ON, {"commanded_s": None}, [f"stop session {SESSION} on EVSE 1 for intent {I}, again"]),
        (ON, {"commanded_s": 1000.0 - PACE.stop_s + 0.1}, []),
        (OPEN_BUT_HOT, {"commanded_s": 999.0}, []),
        (OFF, {"commanded_s": 999.0}, [f"end session {SESSION} on EVSE 1, reason Remote: stop {I} is done"]),
        (OFF, {"commanded_s": None}, [f"end session {SESSION} on EVSE 1, reason Remote: stop {I} is done"]),
        (ON, {"commanded_s": 996.0}, [f"fail stop {I}: contactor still closed 4 s after the command"]),
        (OPEN_BUT_HOT, {"commanded_s": 996.0}, [f"fail stop {I}: 7200 W still flow 4 s after the command"]),
        (ON, {"rejected": "no"}, [f"fail stop {I}: the hardware said: no"]),
        (None, {"since_s": 999.0}, []),
        (None, {"since_s": 1000.0 - DRIVER_WAIT_S}, [f"fail stop {I}: the hardware has not answered for 10 s"]),
        (ON, {"since_s": 1000.0 - DRIVER_WAIT_S}, [f"fail stop {I}: the hardware has not answered for 10 s"]),
    ],
)
def test_a_stop_under_way(observed: Observation | None, pending_changes: dict[str, Any], expected: list[str]) -> None:
    pending = replace(Pending(record("stop"), since_s=1000.0), **pending_changes)
    assert said(wish("stop"), observed, memory(ACTIVE, pending=pending)) == expected


@pytest.mark.parametrize(
    ("observed", "pending_changes", "expected"),
    [
        (ON, {}, [f"record that session {SESSION} began on EVSE 1: start {I} is done"]),
        (OFF, {}, [f"start session {SESSION} on EVSE 1 for intent {I}, again"]),
        (OFF, {"unanswered": True}, [f"start session {SESSION} on EVSE 1 for intent {I}, again"]),
        (NONE_OPEN, {"unanswered": True}, []),
        (
            NONE_OPEN,
            {"unanswered": True, "since_s": 990.0},
            [f"give up start {I} on EVSE 1: the hardware has not answered for 10 s"],
        ),
        (OFF, {"commanded_s": 999.0}, []),
        (OFF, {"commanded_s": 996.0}, [f"give up start {I} on EVSE 1: contactor still open 4 s after the command"]),
        (OFF, {"rejected": "no"}, [f"give up start {I} on EVSE 1: the hardware said: no"]),
        (None, {"since_s": 990.0}, [f"give up start {I} on EVSE 1: the hardware has not answered for 10 s"]),
        (
            OFF,
            {"record": record("start", expires_at=int(NOON) - 5)},
            [f"give up start {I} on EVSE 1: expired 5 s ago"],
        ),
    ],
)
def test_a_start_under_way(observed: Observation | None, pending_changes: dict[str, Any], expected: list[str]) -> None:
    pending = replace(Pending(record("start"), since_s=1000.0), **pending_changes)
    starting = replace(ACTIVE, phase=Phase.STARTING, next_seq=0)
    assert said(wish("start"), observed, memory(starting, pending=pending)) == expected


def test_while_a_stop_is_carried_out_keeping_is_refused_and_a_repeated_delta_changes_nothing() -> None:
    pending = Pending(record("stop"), since_s=999.0, commanded_s=999.0)
    assert said(wish("stop"), ON, memory(ACTIVE, pending=pending)) == []
    kept = said(wish("keep", number=2), ON, memory(ACTIVE, pending=pending))
    assert kept == [f"refuse keep {ulid(2)}: stop {I} is being carried out"]
    assert said(wish("start", OTHER_SESSION, 3), ON, memory(ACTIVE, pending=pending)) == []


@pytest.mark.parametrize(
    ("stop", "observed", "expected"),
    [
        (wish("stop", number=2), NONE_OPEN, [f"give up start {I} on EVSE 1: stop {ulid(2)} came before it began"]),
        (wish("stop", OTHER_SESSION, 2), NONE_OPEN, []),
        (wish("stop", number=2), OFF, []),
        (wish("stop", number=2), replace(ON, transaction_id="T5"), []),
        (wish("stop", number=2), None, []),
    ],
    ids=["at once", "another session's", "a bare contactor may yet close", "it begins just now", "silence"],
)
def test_the_stop_of_a_session_that_is_still_starting_calls_its_start_off_where_nothing_is_open(
    stop: Intent, observed: Observation | None, expected: list[str]
) -> None:
    pending = Pending(record("start"), since_s=999.0, commanded_s=999.0)
    starting = replace(ACTIVE, phase=Phase.STARTING, next_seq=0)
    assert said(stop, observed, memory(starting, pending=pending)) == expected
    assert said(stop, observed, memory(replace(starting, newest_keep=ulid(3)), pending=pending)) == []


@pytest.mark.parametrize(
    ("observed", "reason"),
    [
        (replace(OFF, opened_because=EndReason.LOCAL), "Local"),
        (replace(OFF, opened_because=EndReason.EMERGENCY_STOP, faulted=True), "EmergencyStop"),
        (replace(OFF, plugged=False), "EVDisconnected"),
        (replace(OFF, faulted=True), "Other"),
        (OFF, "PowerLoss"),
    ],
)
def test_a_session_that_ends_without_an_intent(observed: Observation, reason: str) -> None:
    assert said(None, observed, memory(ACTIVE)) == [f"end session {SESSION} on EVSE 1, reason {reason}"]


def test_a_session_is_not_over_while_power_flows_though_its_contactor_reads_open() -> None:
    failed = record("stop", AckStatus.FAILED)
    assert said(wish("stop"), OPEN_BUT_HOT, memory(ACTIVE, intents=(failed,), last=I)) == []


def test_a_stop_given_up_too_early_still_counts_as_the_reason_when_the_contactor_follows() -> None:
    failed = record("stop", AckStatus.FAILED)
    ended = said(wish("stop"), OFF, memory(ACTIVE, intents=(failed,), last=I))
    assert ended == [f"end session {SESSION} on EVSE 1, reason Remote"]


def test_a_start_given_up_is_followed_until_its_contactor_is_open() -> None:
    given_up = memory(replace(ACTIVE, phase=Phase.RELEASING, next_seq=0))
    opening = f"open the contactor of EVSE 1: the start of session {SESSION} was given up"
    assert said(None, ON, given_up) == [opening]
    assert said(None, ON, replace(given_up, release_tried_s=999.0)) == []
    assert said(None, ON, replace(given_up, release_tried_s=990.0)) == [opening]
    assert said(None, OFF, given_up) == [f"free EVSE 1: session {SESSION} never began"]
    assert said(None, None, given_up) == []
