"""Money: what is repeated, late or out of order never counts twice, and a receipt's figures agree with each other."""

from __future__ import annotations

import itertools
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.events import SessionEvent
from contract.vocabulary import EndMethod, EndReason
from functions.domain.outlook import energy_wh
from functions.domain.receipts import cost, receipt
from functions.domain.records import Confidence, EndBasis, EndRecord, SessionPhase, SessionRecord
from functions.domain.tariffs import Tariff
from functions.domain.transitions import with_event
from tests.support import builders
from tests.support.builders import NOON_S, OWNER, TARIFF
from tests.support.clock import NOON_MS
from tests.support.cloud import Cloud

LATER_MS = NOON_MS + 7_200_000
BEGUN = builders.event("started", 0, meterWh=1000)
METER = builders.event("meter", 1, meterWh=6000, powerW=10_000, at=NOON_S + 1800)
ENDED = builders.event("ended", 2, meterWh=11_000, at=NOON_S + 3600)
STORY = [BEGUN, METER, ENDED]
TOTAL = 50 + 395 + 120
DEAR = Tariff(currency="EUR", per_kwh=Decimal(9999))


def told(*documents: dict[str, Any], session: SessionRecord | None = None) -> SessionRecord:
    session = session or builders.pending_session(tariff=TARIFF)
    for document in documents:
        session = with_event(session, SessionEvent.read(document), received_at_ms=LATER_MS)
    return session


def total(session: SessionRecord) -> int | None:
    known = cost(session)
    return known.total if known else None


def test_a_receipt_tells_meters_energy_time_reason_method_and_cost() -> None:
    shown = receipt(told(*STORY))
    assert shown is not None
    assert (shown.start_meter_wh, shown.end_meter_wh, shown.energy_wh) == (1000, 11_000, 10_000)
    assert (shown.started_at_ms, shown.ended_at_ms, shown.duration_ms) == (NOON_MS, NOON_MS + 3_600_000, 3_600_000)
    assert (shown.end_reason, shown.end_method, shown.corrected) == (EndReason.REMOTE, EndMethod.REPORTED, False)
    assert shown.cost is not None
    assert (shown.cost.currency, shown.cost.total, shown.cost.minutes) == ("EUR", TOTAL, 60)


@given(st.lists(st.sampled_from(STORY), max_size=8).flatmap(lambda extra: st.permutations([*STORY, *extra])))
def test_however_often_and_in_whatever_order_events_come_they_are_paid_for_once(order: list[dict[str, Any]]) -> None:
    """Scenario 4: a retried StopTransaction counted the energy twice."""
    assert receipt(told(*order)) == receipt(told(*STORY))


def test_a_session_ended_twice_with_different_meters_is_paid_for_by_the_first_end() -> None:
    """Scenario 5."""
    again = told(*STORY, ENDED | {"seq": 9, "meterWh": 90_000, "at": NOON_S + 7000, "reason": "Local"})
    assert receipt(again) == receipt(told(*STORY))


@pytest.mark.parametrize("meter_wh", [0, 999, 5999])
def test_a_meter_that_falls_makes_no_negative_receipt_and_takes_nothing_back(meter_wh: int) -> None:
    """Scenario 14: negative energy after a meter reset."""
    shown = receipt(told(BEGUN, METER, ENDED | {"meterWh": meter_wh}))
    assert shown is not None
    assert (shown.end_meter_wh, shown.energy_wh) == (6000, 5000)
    whole = receipt(told(BEGUN, ENDED | {"meterWh": 0}))
    assert whole is not None
    assert (whole.end_meter_wh, whole.energy_wh) == (1000, 0)


def test_energy_after_the_end_is_nobodys() -> None:
    """Scenario 14: energy after meterStop."""
    assert receipt(told(*STORY, METER | {"seq": 7, "meterWh": 50_000})) == receipt(told(*STORY))


ESTIMATED = ENDED | {"method": "estimated", "reason": "PowerLoss", "meterWh": 6000, "at": NOON_S + 1800}


@pytest.mark.parametrize("times", [1, 2, 5])
def test_an_estimate_is_corrected_once_however_often_the_end_is_told_and_the_receipt_says_so(times: int) -> None:
    """Scenario 16: the thing happened later, and with other figures."""
    before = receipt(told(BEGUN, METER, ESTIMATED))
    assert before is not None
    assert (before.end_method, before.corrected, before.energy_wh) == (EndMethod.ESTIMATED, False, 5000)
    real = ENDED | {"seq": 3}
    after = receipt(told(BEGUN, METER, ESTIMATED, *[real] * times, ESTIMATED | {"seq": 4}))
    assert after is not None
    assert (after.end_method, after.corrected, after.energy_wh) == (EndMethod.REPORTED, True, 10_000)
    assert after.cost is not None
    assert after.cost.total == TOTAL


@pytest.mark.parametrize("order", list(itertools.permutations([BEGUN, METER, ENDED])))
def test_until_the_beginning_and_the_end_are_told_there_is_no_receipt(order: tuple[dict[str, Any], ...]) -> None:
    for count in range(3):
        assert receipt(told(*order[:count])) is None or (BEGUN in order[:count] and ENDED in order[:count])


@given(st.lists(st.integers(min_value=0, max_value=50_000), max_size=6), st.integers(min_value=0, max_value=50_000))
def test_the_cost_shown_never_falls_while_a_session_is_told_and_the_receipt_ends_it(
    meters: list[int], end_wh: int
) -> None:
    session = told(BEGUN)
    shown = [total(session)]
    for number, meter_wh in enumerate(meters, start=1):
        event = builders.event("meter", number, meterWh=meter_wh, at=NOON_S + 60 * number)
        session = told(event, session=session)
        shown.append(total(session))
    session = told(builders.event("ended", 9, meterWh=end_wh, at=NOON_S + 600), session=session)
    shown.append(total(session))
    assert shown == sorted(shown, key=lambda it: it or 0)
    final = receipt(session)
    assert final is not None
    assert final.energy_wh == energy_wh(session) == final.end_meter_wh - final.start_meter_wh
    assert final.cost is not None
    assert final.cost.total == shown[-1]


def test_a_running_session_costs_what_was_heard_of_it() -> None:
    assert total(told(BEGUN, METER)) == 50 + 198 + 60  # 197.5 goes up, in the sum
    assert total(told(METER)) is None
    assert total(told(*STORY, session=builders.pending_session())) is None


def test_an_end_before_its_beginning_lasted_no_time() -> None:
    shown = receipt(told(BEGUN | {"at": NOON_S + 100}, ENDED | {"at": NOON_S}))
    assert shown is not None
    assert (shown.duration_ms, shown.ended_at_ms) == (0, shown.started_at_ms)


def test_a_tariff_that_changes_after_a_start_is_for_later_sessions(cloud: Cloud) -> None:
    cloud.keep(builders.charger(tariff=TARIFF))
    session = cloud.starting.start(builders.CHARGER, 1, owner=OWNER)
    cloud.keep(builders.charger(tariff=DEAR))
    cloud.clock.pass_s(3600)
    cloud.hear(*(builders.event_message(it | {"sessionId": session.session_id}) for it in STORY))
    assert total(cloud.session(session.session_id)) == TOTAL


def test_a_session_that_begins_with_a_card_has_the_prices_of_when_it_was_put_on_record(cloud: Cloud) -> None:
    cloud.keep(builders.charger(tariff=TARIFF), builders.card())
    cloud.clock.pass_s(3600)
    began = [builders.event_message(it | {"idTokenHash": builders.CARD}) for it in STORY]
    cloud.hear(began[1])
    cloud.keep(builders.charger(tariff=DEAR))
    cloud.hear(began[2], began[0])
    assert total(cloud.session()) == TOTAL


def test_what_is_not_the_end_does_not_say_that_it_corrects() -> None:
    session = told(*STORY)
    assert session.superseded_end is None
    assert replace(told(BEGUN, METER, ESTIMATED), superseded_end=None) == told(BEGUN, METER, ESTIMATED)


def concluded(register_wh: int) -> SessionRecord:
    """The session after the cloud closed it by itself, with the register that the next session began at."""
    end = EndRecord(
        reason=EndReason.OTHER,
        method=EndMethod.ESTIMATED,
        at_ms=NOON_MS + 1_800_000,
        received_at_ms=LATER_MS,
        meter_wh=register_wh,
        basis=EndBasis.NEXT_SESSION_START,
        confidence=Confidence.HIGH,
    )
    return replace(told(BEGUN, METER), phase=SessionPhase.ENDED, end=end)


@pytest.mark.parametrize("register_wh", [6000, 11_000, 20_000])
def test_whatever_the_cloud_concluded_the_chargers_word_days_later_is_what_is_paid_for(register_wh: int) -> None:
    before, after = receipt(concluded(register_wh)), receipt(told(ENDED, ENDED, session=concluded(register_wh)))
    assert before is not None
    assert after is not None
    assert (before.energy_wh, before.corrected) == (register_wh - 1000, False)
    assert (after.energy_wh, after.corrected) == (10_000, True)
    assert replace(after, corrected=False) == receipt(told(*STORY))


def test_a_receipt_taken_back_because_the_session_went_on_is_corrected_by_the_next() -> None:
    went_on = METER | {"seq": 2, "at": LATER_MS // 1000 + 30, "meterWh": 7000}
    session = told(went_on, session=concluded(9000))
    assert receipt(session) is None
    final = receipt(told(ENDED | {"seq": 3, "at": LATER_MS // 1000 + 60}, session=session))
    assert final is not None
    assert (final.energy_wh, final.corrected) == (10_000, True)
