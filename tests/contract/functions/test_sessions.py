"""The port `Sessions`: reading, conditional writing, creating."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contract.vocabulary import EndMethod, EndReason
from functions.adapters import items
from functions.domain.anomalies import Anomaly, AnomalyCode
from functions.domain.ports import Creation
from functions.domain.records import (
    Confidence,
    EndBasis,
    EndRecord,
    IntentStatus,
    SessionPhase,
    SessionRecord,
)
from functions.domain.targets import Target
from functions.domain.tariffs import Tariff
from functions.domain.transitions import claimed
from tests.contract.functions.conftest import SESSIONS, World
from tests.support import builders
from tests.support.builders import SESSION
from tests.support.clock import NOON_MS

FULL = builders.stopping_session(
    phase=SessionPhase.ENDED,
    stop=builders.stop_intent(
        status=IntentStatus.FAILED,
        reason="power_still_flowing",
        accepted_at_ms=1,
        executing_at_ms=2,
        settled_at_ms=3,
        accepted_charger_ms=4,
        executing_charger_ms=5,
        settled_charger_ms=6,
        overdue_at_ms=4,
        kept_at_ms=6,
        operator_at_ms=5,
        operator_why="burnt cable",
    ),
    past_stops=(builders.stop_intent(status=IntentStatus.WITHDRAWN), builders.stop_intent(reason="x")),
    stop_not_sent=True,
    start_not_sent=True,
    stop_right=builders.stop_right(),
    past_stop_rights=(builders.stop_right(holder="", taken_at_ms=None, revoked_at_ms=NOON_MS),),
    end=EndRecord(
        reason=EndReason.REMOTE, method=EndMethod.REPORTED, at_ms=NOON_MS, received_at_ms=NOON_MS, meter_wh=9
    ),
    cable_free_at_ms=NOON_MS,
    superseded_end=EndRecord(
        reason=EndReason.OTHER, method=EndMethod.ESTIMATED, at_ms=NOON_MS, received_at_ms=NOON_MS, meter_wh=8
    ),
    tariff=builders.TARIFF,
    target=Target(energy_wh=20_000, duration_s=3600),
    watch_until_ms=NOON_MS,
    start_expired_at_ms=5,
    looked_at_ms=6,
    reopened_at_ms=7,
    forgotten_at_ms=8,
    anomalies=(Anomaly(code=AnomalyCode.CLOCK_WRONG, at_ms=8), Anomaly(code=AnomalyCode.METER_FELL, at_ms=9)),
)
CONCLUDED = builders.active_session(
    phase=SessionPhase.ENDED,
    end=EndRecord(
        reason=EndReason.OTHER,
        method=EndMethod.ESTIMATED,
        at_ms=NOON_MS,
        received_at_ms=NOON_MS,
        meter_wh=None,
        basis=EndBasis.OWN_START,
        confidence=Confidence.LOW,
    ),
)
ZEROS = builders.active_session(
    created_at_ms=0,
    started_at_ms=0,
    started_received_at_ms=0,
    start_meter_wh=0,
    meter_wh=0,
    power_w=0,
    as_of_ms=0,
    last_seq=0,
    stop_not_sent=False,
    charger_name="",
    tariff=Tariff(currency="EUR"),
    target=Target(duration_s=300),
    end=EndRecord(reason=EndReason.LOCAL, method=EndMethod.ESTIMATED, at_ms=0, received_at_ms=0, meter_wh=0),
)
CARD, NOBODYS = builders.card_session(), builders.card_session(owner="")
RECORDS = [
    builders.pending_session(),
    builders.active_session(),
    builders.stopping_session(),
    FULL,
    ZEROS,
    CARD,
    NOBODYS,
    CONCLUDED,
]
NAMES = ["pending", "active", "stopping", "full", "zeros", "card", "nobody's", "concluded"]


@pytest.mark.parametrize("record", RECORDS, ids=NAMES)
def test_a_record_comes_back_as_it_was_zeros_included(world: World, record: SessionRecord) -> None:
    world.keep(record)
    assert world.sessions.get(SESSION) == record


def test_a_session_nobody_has_is_none(world: World) -> None:
    assert world.sessions.get(SESSION) is None


@pytest.mark.parametrize("new", RECORDS, ids=NAMES)
@pytest.mark.parametrize("old", RECORDS, ids=NAMES)
def test_a_record_becomes_the_next_whatever_was_there(world: World, old: SessionRecord, new: SessionRecord) -> None:
    new = replace(new, owner=old.owner)
    world.keep(old)
    assert world.sessions.replace(old, new)
    assert world.sessions.get(SESSION) == replace(new, revision=2)


def test_of_two_writers_who_saw_the_same_record_one_writes(world: World) -> None:
    seen = builders.active_session()
    world.keep(seen)
    assert world.sessions.replace(seen, replace(seen, power_w=1))
    assert not world.sessions.replace(seen, replace(seen, power_w=2))
    now = world.sessions.get(SESSION)
    assert now is not None
    assert (now.power_w, now.revision) == (1, 2)


def test_a_record_that_is_not_there_is_not_written(world: World) -> None:
    seen = builders.active_session()
    assert not world.sessions.replace(seen, replace(seen, power_w=1))
    assert not world.sessions.replace(replace(seen, revision=0), replace(seen, power_w=1))
    assert world.sessions.get(SESSION) is None


def test_a_session_and_the_claim_of_its_evse_are_made_together(world: World) -> None:
    evse, session = builders.evse(), builders.pending_session(revision=0)
    world.keep(builders.charger(), evse)
    after = claimed(evse, session, until_ms=NOON_MS)
    assert world.sessions.create(session, evse_before=evse, evse_after=after) is Creation.CREATED
    assert world.sessions.get(SESSION) == replace(session, revision=1)
    assert world.chargers.evse(builders.CHARGER, 1) == replace(after, revision=2)


def test_a_session_that_exists_is_not_made_again_and_claims_nothing(world: World) -> None:
    evse, session = builders.evse(), builders.pending_session()
    world.keep(builders.charger(), evse, builders.active_session())
    after = claimed(evse, session, until_ms=NOON_MS)
    assert world.sessions.create(session, evse_before=evse, evse_after=after) is Creation.SESSION_EXISTS
    assert world.sessions.get(SESSION) == builders.active_session()
    assert world.chargers.evse(builders.CHARGER, 1) == evse


@pytest.mark.parametrize("there", [True, False])
def test_an_evse_that_changed_or_is_not_there_makes_no_session(world: World, *, there: bool) -> None:
    seen, session = builders.evse(), builders.pending_session()
    if there:
        world.keep(builders.evse(revision=2))
    after = claimed(seen, session, until_ms=NOON_MS)
    assert world.sessions.create(session, evse_before=seen, evse_after=after) is Creation.EVSE_CHANGED
    assert world.sessions.get(SESSION) is None


def test_what_is_both_there_and_taken_counts_as_there(world: World) -> None:
    seen, session = builders.evse(), builders.pending_session()
    world.keep(builders.evse(revision=2), session)
    after = claimed(seen, session, until_ms=NOON_MS)
    assert world.sessions.create(session, evse_before=seen, evse_after=after) is Creation.SESSION_EXISTS


@pytest.mark.parametrize("world", ["dynamodb"], indirect=True)
def test_only_meter_history_expires(world: World) -> None:
    assert world.aws is not None
    world.keep(builders.active_session())
    world.sessions.replace(builders.active_session(), builders.active_session(power_w=5))
    assert "expires_at" not in world.aws.item(SESSIONS, items.session_key(SESSION))


@pytest.mark.parametrize("record", [CARD, NOBODYS], ids=["somebody's", "nobody's"])
def test_a_session_that_began_at_its_charger_is_put_on_record_once(world: World, record: SessionRecord) -> None:
    assert world.sessions.add(record) is True
    assert world.sessions.get(SESSION) == replace(record, revision=1)


def test_whoever_comes_second_leaves_the_record_as_it_is(world: World) -> None:
    world.keep(CARD)
    assert world.sessions.add(replace(CARD, owner=builders.NEIGHBOUR, meter_wh=0)) is False
    assert world.sessions.get(SESSION) == CARD
