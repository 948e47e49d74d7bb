"""A charger that keeps transactions: what it tells is on record before it has its answer, and becomes one session."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

import pytest

from contract.topics import watch_topic
from contract.vocabulary import EndReason
from device_agent.drivers.base import DriverUnreachable, Order, TransactionBegan, TransactionOver
from device_agent.records import Phase
from tests.support.charger_bench import CHARGER, SESSION, PowerCut, ulid
from tests.support.keeper import CARD, CHARGING_W, KeeperBench

if TYPE_CHECKING:
    pass

OWN = ulid(1_000_000)
"""The first session that the agent names by itself."""
NEXT = ulid(1_000_001)


def test_a_start_is_done_when_the_charger_says_that_its_transaction_has_begun(charger: KeeperBench) -> None:
    start = charger.want("start", group="0123456789ABCDEFGHJK")
    assert charger.answer() == (start, "done", "")
    assert charger.box.starts == [Order(SESSION, "0123456789ABCDEFGHJK")]
    began = charger.told(SESSION, "started")
    assert (began["transactionId"], began["meterWh"], began.get("idTokenHash")) == ("T1", 1_000, None)
    assert charger.reported("session")["transactionId"] == "T1"


def test_a_stop_names_the_transaction_and_is_done_with_its_end(charger: KeeperBench) -> None:
    charger.charge(seconds=3600, step_s=30)
    stop = charger.want("stop")
    assert charger.box.stops == ["T1"]
    assert charger.answer() == (stop, "done", "")
    assert charger.told(SESSION, "ended")["reason"] == "Remote"
    assert charger.told(SESSION, "ended")["meterWh"] - 1_000 == pytest.approx(CHARGING_W, abs=2)


def test_a_stop_that_the_charger_ends_for_another_reason_is_done_all_the_same(charger: KeeperBench) -> None:
    charger.charge()
    charger.box.slow = True
    stop = charger.want("stop")
    charger.box.unplug()
    charger.pass_s(0.25)
    assert charger.answer() == (stop, "done", "")
    assert charger.story() == ["started", "ended Remote"]


def test_somebody_taps_a_card_and_a_session_with_its_hash_begins_and_ends(charger: KeeperBench) -> None:
    charger.tap()
    charger.pass_s(600, step_s=10)
    charger.tap()
    assert charger.story(OWN) == ["started", "ended Local"]
    assert {event["idTokenHash"] for event in charger.events(OWN)} == {CARD}
    assert len(charger.events(OWN)) > 2
    assert charger.reported("session")["sessionId"] == OWN


def test_a_session_begun_at_the_charger_can_be_stopped_from_the_app(charger: KeeperBench) -> None:
    """Scenario 3: a stop was skipped because "we did not start it"."""
    charger.tap()
    stop = charger.want("stop", OWN)
    assert charger.answer() == (stop, "done", "")
    assert charger.story(OWN) == ["started", "ended Remote"]


def test_while_a_session_begun_at_the_charger_runs_no_other_can_start(charger: KeeperBench) -> None:
    charger.tap()
    start = charger.want("start")
    assert charger.answer() == (start, "refused", "evse_in_use")
    assert charger.box.starts == []


def test_a_message_repeated_after_its_answer_was_lost_changes_nothing(charger: KeeperBench) -> None:
    charger.box.lose_answers = 3
    charger.tap()
    charger.box.lose_answers = 3
    charger.tap()
    charger.pass_s(5)
    assert charger.story(OWN) == ["started", "ended Local"]
    assert not charger.box.queue
    assert charger.journal.session(1, NEXT) is None


@pytest.mark.parametrize("taps", [0, 1])
def test_a_power_cut_between_journal_and_answer_leaves_one_session(
    charger: KeeperBench, monkeypatch: pytest.MonkeyPatch, taps: int
) -> None:
    def cut(*_: object, **__: object) -> None:
        raise PowerCut

    for _ in range(taps):
        charger.tap()
    with monkeypatch.context() as patched:
        patched.setattr(charger.box, "settle", cut)
        with pytest.raises(PowerCut):
            charger.tap()
    charger.restart()
    if taps == 0:
        charger.tap()
    assert charger.story(OWN) == ["started", "ended Local"]
    assert not charger.box.queue
    assert charger.journal.session(1, NEXT) is None


@pytest.mark.parametrize("wish", ["tap", "start", "end"])
def test_a_journal_that_takes_no_writes_leaves_the_charger_unanswered(
    charger: KeeperBench, monkeypatch: pytest.MonkeyPatch, wish: str
) -> None:
    if wish != "tap":
        charger.want("start")
    before = len(charger.box.settled)

    def broken(*_: object) -> None:
        raise sqlite3.OperationalError("no more disk")

    with monkeypatch.context() as patched:
        patched.setattr(charger.journal, "write", broken)
        with pytest.raises(sqlite3.OperationalError):
            charger.tap()
        with pytest.raises(sqlite3.OperationalError):
            charger.pass_s(2)
        assert len(charger.box.settled) == before
    charger.pass_s(2)
    assert len(charger.box.settled) == before + 1
    assert not charger.box.queue


def test_a_transaction_whose_start_was_given_up_is_not_accepted_and_is_no_session(charger: KeeperBench) -> None:
    charger.box.slow = True
    start = charger.want("start")
    charger.pass_s(11)
    assert charger.answer() == (start, "failed", "driver_unreachable")
    charger.box.answer()
    charger.pass_s(0.25)
    assert [(fact.transaction_id, accepted) for fact, accepted in charger.box.settled] == [("T1", False), ("T1", True)]
    assert charger.box.open_now is None
    assert charger.events() == []


def test_a_start_that_was_never_answered_is_not_given_again_and_is_done_if_it_happens_yet(charger: KeeperBench) -> None:
    charger.box.slow = True
    started = charger.want("start")
    charger.pass_s(5)
    unanswered, carry_out = charger.box.waiting.pop()
    unanswered.set_exception(DriverUnreachable("no answer"))
    charger.pass_s(3)
    assert charger.answer() == (started, "executing", "")
    assert len(charger.box.starts) == 1
    carry_out()
    charger.pass_s(1)
    assert charger.answer() == (started, "done", "")
    assert charger.story() == ["started"]


def test_a_stop_does_not_wait_for_the_start_that_it_is_to_prevent(charger: KeeperBench) -> None:
    charger.box.slow = True
    charger.want("start")
    charger.pass_s(1)
    stop = charger.want("stop")
    assert charger.answer() == (stop, "done", "never_started")
    charger.box.answer()  # the charger carries the start out all the same
    charger.pass_s(1)
    assert charger.box.open_now is None
    assert charger.box.past[-1].refused
    assert charger.events() == []
    assert charger.answer() == (stop, "done", "never_started")


def test_a_transaction_for_a_session_that_was_cancelled_is_not_accepted(charger: KeeperBench) -> None:
    charger.want("stop")
    charger.box._begin(SESSION, "")
    charger.pass_s(0.25)
    assert charger.box.settled[0][1] is False
    assert (charger.box.open_now, charger.events()) == (None, [])


def test_a_second_transaction_for_one_start_is_not_accepted(charger: KeeperBench) -> None:
    charger.charge()
    charger.end()
    charger.box._begin(SESSION, "")
    charger.pass_s(0.25)
    assert charger.box.settled[-2][1] is False
    assert charger.story() == ["started", "ended Local"]


def test_a_card_that_comes_before_the_start_is_carried_out_has_the_evse(charger: KeeperBench) -> None:
    charger.box.slow = True
    start = charger.want("start")
    charger.tap()
    assert charger.answer() == (start, "refused", "evse_in_use")
    assert charger.story(OWN) == ["started"]
    known = charger.journal.session(1, SESSION)
    assert known is not None
    assert known.phase is Phase.FAILED
    charger.box.answer(DriverUnreachable("late"))
    charger.pass_s(20)
    assert charger.box.stops == []


def test_a_beginning_ends_the_session_whose_end_was_never_told(charger: KeeperBench) -> None:
    charger.tap()
    charger.pass_s(60)
    charger.box.lose_end()
    charger.tap("cd" * 32)
    assert charger.story(OWN) == ["started", "ended PowerLoss"]
    assert charger.story(NEXT) == ["started"]
    assert charger.told(NEXT, "started")["idTokenHash"] == "cd" * 32


def test_an_id_that_is_used_again_is_another_session(charger: KeeperBench) -> None:
    charger.box.reuses = "-1"
    charger.tap()
    charger.box.lose_end()
    charger.tap()
    assert charger.story(OWN) == ["started", "ended PowerLoss"]
    charger.tap()
    assert charger.story(NEXT) == ["started", "ended Local"]


def test_a_session_whose_transaction_is_gone_is_ended_though_nobody_told(charger: KeeperBench) -> None:
    charger.tap()
    charger.pass_s(60)
    charger.box.lose_end()
    charger.pass_s(0.25)
    assert charger.story(OWN) == ["started", "ended PowerLoss"]


def test_a_stop_never_ends_another_transaction_than_the_one_of_its_session(charger: KeeperBench) -> None:
    charger.charge()
    charger.box.connected = False
    stop = charger.want("stop")
    charger.box.lose_end()
    charger.box.tap()
    charger.box.queue.clear()  # it lost its memory of that, too
    charger.box.connected = True
    charger.pass_s(5)
    assert charger.answer() == (stop, "done", "")
    assert charger.box.stops == []
    assert charger.box.open_now is not None
    assert charger.story() == ["started", "ended Remote"]


def test_an_end_of_a_transaction_nobody_knows_is_answered_and_ends_nothing(charger: KeeperBench) -> None:
    charger.charge()
    unknown = TransactionOver(1, "T99", EndReason.LOCAL, None, 50_000)
    charger.box._say(unknown)
    charger.pass_s(0.25)
    assert (unknown, True) in charger.box.settled
    assert charger.story() == ["started"]
    charger.want("stop")
    assert charger.told(SESSION, "ended")["meterWh"] < 2_000


def test_a_charger_that_cannot_tell_which_transaction_is_open_is_believed_by_its_contactor(
    charger: KeeperBench,
) -> None:
    charger.box.tells_ids = False
    charger.charge()
    stop = charger.want("stop")
    assert charger.answer() == (stop, "done", "")
    assert charger.story() == ["started", "ended Remote"]


def test_a_beginning_told_after_the_contactor_was_seen_closed_names_the_same_session(
    charger: KeeperBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    charger.box.tells_ids = False
    held: list[TransactionBegan | TransactionOver] = []
    with monkeypatch.context() as patched:
        patched.setattr(charger.box, "_say", held.append)
        charger.want("start")
    assert charger.story() == ["started"]
    charger.box._say(held[0])
    charger.pass_s(0.25)
    charger.box.tells_ids = True
    charger.want("stop")
    assert charger.box.stops == ["T1"]
    assert charger.story() == ["started", "ended Remote"]


def test_while_somebody_watches_the_charger_is_asked_to_measure_every_2_s(charger: KeeperBench) -> None:
    charger.tap()
    charger.pass_s(5)
    assert charger.box.refreshed == 0
    until = int(charger.clock.epoch_s) + 20
    charger.cloud.send(watch_topic(CHARGER, 1), json.dumps({"until": until}).encode())
    charger.pass_s(60)
    assert charger.box.refreshed == 10
