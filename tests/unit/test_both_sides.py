"""Agent and cloud together: whatever is tapped, stopped, lost and reordered, their records agree in the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.vocabulary import CardStatus, EndReason
from device_agent import journal_schema
from functions.domain.cards import owner_of_card
from functions.domain.outlook import energy_wh
from functions.domain.records import SessionPhase
from functions.domain.starting import is_in_use
from functions.domain.targets import Target
from tests.support.both_sides import CARDS, LOST_CARD, STRANGE_CARD, THEIR_CARD, BothSides
from tests.support.builders import CARD, NEIGHBOUR, OTHER_CARD, OWNER
from tests.support.keeper import CHARGING_W

steps = st.one_of(
    st.tuples(st.just("tap"), st.sampled_from([CARD, CARD, OTHER_CARD, THEIR_CARD, LOST_CARD, STRANGE_CARD])),
    st.tuples(st.sampled_from(["start", "stop"]), st.sampled_from([OWNER, OWNER, NEIGHBOUR])),
    st.tuples(st.sampled_from(["cut", "restore", "restart", "deliver", "unplug", "plug", "wait"])),
)


def play(sides: BothSides, step: tuple[str, ...]) -> None:
    match step:
        case ("tap", card):
            sides.tap(card)
        case ("start", owner):
            sides.start(owner)
        case ("stop", owner):
            sides.deliver()  # a driver stops what the app shows
            sides.stop(owner)
        case ("cut",):
            sides.bench.link.cut()
        case ("restore",):
            sides.bench.link.restore()
        case ("restart",):
            sides.bench.restart()
        case ("deliver",):
            sides.deliver()
        case ("unplug",):
            sides.bench.box.unplug()
        case ("plug",):
            sides.bench.box.plugged = True
    sides.let_pass(60 if step == ("wait",) else 1)


def check(sides: BothSides) -> None:
    """The cloud has every transaction once, whole, and as somebody's whose card or start began it."""
    kept = [transaction for transaction in sides.bench.box.past if not transaction.refused]
    for transaction in kept:
        session = sides.session_of(transaction.began.transaction_id)
        card = transaction.began.id_token_hash
        assert session.phase is SessionPhase.ENDED
        assert session.end is not None
        assert (energy_wh(session) or 0) >= 0
        assert session.start_meter_wh == transaction.began.meter_wh
        assert (session.start is None) is bool(card)
        if card:
            assert session.owner == owner_of_card(CARDS.get(card))
        else:
            assert session.session_id == transaction.began.session_id
        if transaction.by_stop:  # nobody's session was stopped but one that its own driver stopped
            assert session.stop is not None
    begun = [it for it in sides.cloud.memory.sessions.values() if it.started_at_ms is not None]
    assert len(begun) == len(kept)
    assert not is_in_use(sides.cloud.evse(), now_ms=sides.cloud.clock())
    for card, verdict in sides.verdicts:
        may = card in CARDS and CARDS[card].status is CardStatus.ACCEPTED
        assert may or not verdict.accepted


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(story=st.lists(steps, max_size=14), random=st.randoms(use_true_random=False))
def test_in_the_end_both_sides_tell_the_same_story(
    monkeypatch: pytest.MonkeyPatch, story: list[tuple[str, ...]], random: Random
) -> None:
    monkeypatch.setattr(journal_schema, "SYNCHRONOUS", "OFF")
    with TemporaryDirectory() as folder, closing(BothSides(Path(folder), random)) as sides:
        for step in story:
            play(sides, step)
        sides.settle()
        check(sides)


@pytest.fixture
def sides(tmp_path: Path) -> Iterator[BothSides]:
    with closing(BothSides(tmp_path, Random(1))) as sides:  # noqa: S311  (an order of messages, no secret)
        yield sides


def test_a_card_begins_a_session_that_its_owner_stops_in_the_app(sides: BothSides) -> None:
    sides.tap(CARD)
    sides.deliver()
    sides.stop(OWNER)
    assert sides.bench.box.open_now is None
    sides.deliver()
    session = sides.session_of("T1")
    assert session.end is not None
    assert (session.owner, session.end.reason) == (OWNER, "Remote")


@pytest.mark.parametrize(("second", "ends"), [(OTHER_CARD, True), (THEIR_CARD, False)])
def test_another_card_ends_what_the_app_began_only_if_it_is_the_same_persons(
    sides: BothSides, second: str, *, ends: bool
) -> None:
    """Scenarios 1 and 8."""
    sides.start(OWNER)
    assert sides.bench.box.open_now is not None
    sides.tap(second)
    assert (sides.bench.box.open_now is None) is ends


@pytest.mark.parametrize("lost", [0, 1])
def test_a_target_of_energy_is_hit_within_seconds_though_meter_values_are_a_minute_apart(
    sides: BothSides, lost: int
) -> None:
    sides.lose_hints = lost
    sides.start(OWNER, Target(energy_wh=2000))
    told_far_off = 0
    while sides.bench.box.open_now is not None:
        sides.let_pass(1)
        sides.deliver()
        (session,) = sides.cloud.memory.sessions.values()
        far_off = (energy_wh(session) or 0) < 2000 - CHARGING_W * 120 / 3600
        told_far_off = session.last_seq or 0 if far_off else told_far_off
    sides.settle()
    assert told_far_off <= 15, "a value a minute, as long as there is nothing to wait for"
    (session,) = sides.cloud.memory.sessions.values()
    assert session.end is not None
    assert session.end.reason == "Remote"
    too_late_s = ((energy_wh(session) or 0) - 2000) * 3600 / CHARGING_W
    assert 0 <= too_late_s <= 6, "a sample, the message on its way, and the stop"


def test_a_session_without_any_card_is_on_record_as_nobodys(sides: BothSides) -> None:
    sides.bench.tap("")
    sides.let_pass(60)
    sides.bench.end(EndReason.EV_DISCONNECTED)
    sides.deliver()
    session = sides.session_of("T1")
    assert session.end is not None
    assert (session.owner, session.end.reason, session.phase) == ("", "EVDisconnected", SessionPhase.ENDED)
