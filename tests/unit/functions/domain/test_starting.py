"""Starting a session: what speaks against it, who gets the EVSE, and what the same key means."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Barrier
from typing import Any

import pytest

from contract.vocabulary import Act, CableState, EvseStatus
from functions.adapters.memory import MemoryChargers, MemorySessions
from functions.domain.accounts import suspend
from functions.domain.errors import CallerError, ContractViolation, PolarisError, TemporaryError
from functions.domain.outlook import failure_reason
from functions.domain.ports import Creation
from functions.domain.records import EvseRecord, IntentStatus, SessionPhase, SessionRecord
from functions.domain.starting import session_id_of_key
from tests.support import builders
from tests.support.builders import CHARGER, NEIGHBOUR, OWNER
from tests.support.clock import NOON_MS
from tests.support.cloud import Cloud


def refusal(cloud: Cloud, owner: str = OWNER, evse_id: int = 1, key: str | None = None) -> PolarisError:
    with pytest.raises(PolarisError) as error:
        cloud.starting.start(CHARGER, evse_id, owner=owner, idempotency_key=key)
    return error.value


def test_a_start_creates_the_session_claims_the_evse_and_sends_an_intent_that_expires(cloud: Cloud) -> None:
    session = cloud.starting.start(CHARGER, 1, owner=OWNER)
    assert (session.phase, session.owner, session.charger_name) == (SessionPhase.PENDING, OWNER, "Harbour Street 4")
    assert cloud.session(session.session_id) == replace(session, revision=1)
    assert (cloud.evse().current_session_id, cloud.evse().current_owner) == (session.session_id, OWNER)
    ((charger_id, evse_id, intent),) = cloud.shadows.sent
    assert (charger_id, evse_id, intent.act, intent.session_id) == (CHARGER, 1, Act.START, session.session_id)
    assert intent.expires_at == NOON_MS // 1000 + 60


@pytest.mark.parametrize(
    ("charger", "evse", "code"),
    [
        ({"in_service": False}, {}, "charger_out_of_service"),
        ({"connected": False, "in_service": False}, {}, "charger_out_of_service"),
        ({}, {"status": EvseStatus.FAULTED}, "charger_out_of_service"),
        ({}, {"status": EvseStatus.UNAVAILABLE}, "charger_out_of_service"),
        ({"connected": False}, {}, "charger_offline"),
        ({"connected": None}, {}, "charger_offline"),
        ({}, {"current_session_id": "x", "current_owner": NEIGHBOUR}, "evse_in_use"),
        ({}, {"current_session_id": "x", "current_owner": OWNER}, "evse_in_use"),
        ({}, {"current_session_id": "x", "hold_until_ms": NOON_MS}, "evse_in_use"),
        ({}, {"status": EvseStatus.CHARGING, "reported_session_id": "x"}, "evse_in_use"),
        ({}, {"status": EvseStatus.SUSPENDED, "reported_session_id": "x"}, "evse_in_use"),
        ({}, {"status": EvseStatus.AVAILABLE, "cable": CableState.UNPLUGGED}, "cable_not_plugged"),
    ],
)
def test_what_speaks_against_a_start_refuses_it_and_writes_nothing(
    cloud: Cloud, charger: dict[str, Any], evse: dict[str, Any], code: str
) -> None:
    cloud.keep(builders.charger(**charger), builders.evse(**evse))
    error = refusal(cloud)
    assert error.code == code
    assert isinstance(error, TemporaryError if code == "charger_offline" else CallerError)
    assert (cloud.memory.writes, cloud.sent) == (0, [])


def test_there_is_no_start_on_a_charger_or_evse_that_does_not_exist(cloud: Cloud) -> None:
    assert refusal(cloud, evse_id=2).code == "evse_not_found"
    cloud.memory.chargers.clear()
    assert refusal(cloud).code == "charger_not_found"


@pytest.mark.parametrize(
    "evse",
    [
        builders.evse(current_session_id="x", current_owner=NEIGHBOUR, hold_until_ms=NOON_MS - 1),
        builders.evse(status=EvseStatus.CHARGING, reported_session_id="x", released_session_id="x"),
        builders.evse(status=EvseStatus.FINISHING),
        builders.evse(status=None, cable=None),
    ],
    ids=["hold expired", "ended since the report", "cable still in", "never reported"],
)
def test_an_evse_nobody_uses_any_more_can_be_started(cloud: Cloud, evse: EvseRecord) -> None:
    cloud.keep(evse)
    assert cloud.starting.start(CHARGER, 1, owner=OWNER).phase is SessionPhase.PENDING


def test_drivers_who_start_at_once_get_one_session_between_them(cloud: Cloud) -> None:
    together = Barrier(5)

    def tap(number: int) -> SessionRecord | PolarisError:
        together.wait()
        try:
            return cloud.starting.start(CHARGER, 1, owner=f"driver-{number}")
        except PolarisError as error:
            return error

    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(tap, range(5)))
    assert len([it for it in answers if isinstance(it, SessionRecord)]) == 1
    assert {it.code for it in answers if isinstance(it, PolarisError)} == {"evse_in_use"}
    assert (len(cloud.memory.sessions), len(cloud.sent)) == (1, 1)


def test_the_same_tap_five_times_at_once_is_one_session(cloud: Cloud) -> None:
    together = Barrier(5)

    def tap(_: int) -> str:
        together.wait()
        return cloud.starting.start(CHARGER, 1, owner=OWNER, idempotency_key="tap").session_id

    with ThreadPoolExecutor(5) as pool:
        answers = set(pool.map(tap, range(5)))
    assert len(answers) == len(cloud.memory.sessions) == len(set(cloud.sent)) == 1


@dataclass(frozen=True, slots=True)
class OvertakenSessions(MemorySessions):
    """The EVSE's record changes between being read and being claimed."""

    after: list[EvseRecord] = field(default_factory=list)

    def create(self, session: SessionRecord, *, evse_before: EvseRecord, evse_after: EvseRecord) -> Creation:
        changed = self.after.pop()
        self.memory.evses[(changed.charger_id, changed.evse_id)] = changed
        return MemorySessions.create(self, session, evse_before=evse_before, evse_after=evse_after)


@pytest.mark.parametrize(
    ("evse", "code"),
    [
        (builders.evse(revision=2, current_session_id="x", current_owner=NEIGHBOUR), "evse_in_use"),
        (builders.evse(revision=2, status=EvseStatus.FAULTED), "charger_out_of_service"),
        (builders.evse(revision=2), "unavailable"),
    ],
)
def test_a_start_that_lost_the_race_says_to_whom(evse: EvseRecord, code: str) -> None:
    cloud = Cloud(kind_of_sessions=OvertakenSessions)
    cloud.keep(builders.charger(), builders.evse())
    assert isinstance(cloud.sessions, OvertakenSessions)
    cloud.sessions.after.append(evse)
    assert refusal(cloud).code == code
    assert (cloud.memory.sessions, cloud.sent) == ({}, [])


def test_the_same_key_is_the_same_session_for_the_same_driver_alone() -> None:
    assert session_id_of_key(OWNER, "key") == session_id_of_key(OWNER, "key")
    assert session_id_of_key(OWNER, "key") != session_id_of_key(NEIGHBOUR, "key")
    assert session_id_of_key(OWNER, "key") != session_id_of_key(OWNER, "other")


def test_the_same_key_again_sends_the_same_intent_while_it_may_still_be_answered(cloud: Cloud) -> None:
    first = cloud.starting.start(CHARGER, 1, owner=OWNER, idempotency_key="tap")
    cloud.clock.pass_s(30)
    again = cloud.starting.start(CHARGER, 1, owner=OWNER, idempotency_key="tap")
    assert again.session_id == first.session_id
    assert cloud.shadows.sent[0] == cloud.shadows.sent[1]
    cloud.clock.pass_s(31)
    assert cloud.starting.start(CHARGER, 1, owner=OWNER, idempotency_key="tap").session_id == first.session_id
    assert len(cloud.sent) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"phase": SessionPhase.ACTIVE},
        {"start": builders.start_intent(status=IntentStatus.ACCEPTED)},
        {"stop": builders.stop_intent()},
    ],
    ids=["began", "answered", "stop asked for"],
)
def test_the_same_key_sends_nothing_once_the_start_is_settled(cloud: Cloud, changes: dict[str, Any]) -> None:
    session_id = session_id_of_key(OWNER, "tap")
    cloud.keep(builders.pending_session(session_id=session_id, **changes))
    assert cloud.starting.start(CHARGER, 1, owner=OWNER, idempotency_key="tap") == cloud.session(session_id)
    assert (cloud.memory.writes, cloud.sent) == (0, [])


def test_a_key_is_not_used_for_another_evse(cloud: Cloud) -> None:
    cloud.keep(builders.evse(evse_id=2))
    cloud.starting.start(CHARGER, 1, owner=OWNER, idempotency_key="tap")
    assert refusal(cloud, evse_id=2, key="tap").code == "idempotency_key_reused"
    assert len(cloud.sent) == 1


def test_a_start_the_shadow_did_not_take_is_on_record_and_the_same_key_sends_it(cloud: Cloud) -> None:
    cloud.shadows.failing_with = TemporaryError("unavailable")
    error = refusal(cloud, key="tap")
    assert (error.code, cloud.sent) == ("not_sent", [])
    cloud.shadows.failing_with = None
    session = cloud.starting.start(CHARGER, 1, owner=OWNER, idempotency_key="tap")
    assert session.start is not None
    assert cloud.sent == [f"start {session.start.intent_id}"]


def test_a_start_is_never_sent_before_it_is_on_record(cloud: Cloud) -> None:
    cloud.shadows.failing_with = TemporaryError("unavailable")
    refusal(cloud)
    assert len(cloud.memory.sessions) == 1


def test_a_start_that_was_not_sent_gives_the_evse_back_so_that_the_next_tap_starts(cloud: Cloud) -> None:
    cloud.shadows.failing_with = TemporaryError("unavailable")
    with pytest.raises(TemporaryError):
        cloud.starting.start(CHARGER, 1, owner=OWNER)
    assert cloud.evse().current_session_id is None

    cloud.shadows.failing_with = None
    session = cloud.starting.start(CHARGER, 1, owner=OWNER)
    assert cloud.evse().current_session_id == session.session_id


def test_a_start_that_is_sent_again_holds_the_evse_again(cloud: Cloud) -> None:
    cloud.shadows.failing_with = TemporaryError("unavailable")
    refusal(cloud, key="tap")
    cloud.shadows.failing_with = None

    session = cloud.starting.start(CHARGER, 1, owner=OWNER, idempotency_key="tap")

    assert (cloud.evse().current_session_id, cloud.evse().current_owner) == (session.session_id, OWNER)
    assert cloud.evse().hold_until_ms == NOON_MS + 75_000


def test_a_start_that_is_sent_again_never_takes_the_evse_from_the_next_driver(cloud: Cloud) -> None:
    cloud.shadows.failing_with = TemporaryError("unavailable")
    refusal(cloud, key="tap")
    cloud.shadows.failing_with = None
    theirs = cloud.starting.start(CHARGER, 1, owner=NEIGHBOUR)

    assert refusal(cloud, key="tap").code == "evse_in_use"
    assert theirs.start is not None
    assert cloud.sent == [f"start {theirs.start.intent_id}"]
    assert cloud.evse().current_session_id == theirs.session_id


def test_an_evse_that_cannot_be_given_back_does_not_change_what_the_driver_is_told(cloud: Cloud) -> None:
    @dataclass(frozen=True, slots=True)
    class ForbiddenChargers(MemoryChargers):
        def replace_evse(self, old: EvseRecord, new: EvseRecord) -> bool:
            raise ContractViolation("internal", f"UpdateItem: AccessDeniedException {old.evse_id} {new.evse_id}")

    cloud.shadows.failing_with = TemporaryError("unavailable")
    starting = replace(cloud.starting, chargers=ForbiddenChargers(cloud.memory))
    with pytest.raises(TemporaryError) as error:
        starting.start(CHARGER, 1, owner=OWNER)
    assert error.value.code == "not_sent"


@pytest.mark.parametrize("code", ["account_deleted", "account_suspended"])
def test_a_start_that_an_accounts_end_overtook_is_not_sent_and_frees_the_evse(cloud: Cloud, code: str) -> None:
    @dataclass(frozen=True, slots=True)
    class OvertakenSessions(MemorySessions):
        def create(self, session: SessionRecord, *, evse_before: EvseRecord, evse_after: EvseRecord) -> Creation:
            if code == "account_deleted":
                assert cloud.leaving.delete(OWNER)
            else:
                suspend(cloud.accounts, OWNER, why="unpaid", now_ms=NOON_MS)
            return MemorySessions.create(self, session, evse_before=evse_before, evse_after=evse_after)

    with pytest.raises(CallerError) as refused:
        replace(cloud.starting, sessions=OvertakenSessions(cloud.memory)).start(CHARGER, 1, owner=OWNER)

    assert refused.value.code == code
    assert (cloud.sent, cloud.evse().current_session_id) == ([], None)
    (session,) = cloud.memory.sessions.values()
    assert session.owner == ("" if code == "account_deleted" else OWNER)
    assert failure_reason(session, now_ms=NOON_MS, patience=cloud.patience) == code
