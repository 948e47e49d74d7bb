from __future__ import annotations

import pytest

from device_agent.clock import CREDIBLE_SINCE_S, CREDIBLE_UNTIL_S, TRUSTED_S, CloudClock
from device_agent.records import Moment
from tests.support.charger_bench import NOON, BenchClock

YEAR_S = 31_557_600.0
WRONG = {"1970": NOON - 100, "a year ahead": -YEAR_S, "an hour behind": 3_600.0}


@pytest.fixture
def board() -> BenchClock:
    return BenchClock()


@pytest.fixture
def clock(board: BenchClock) -> CloudClock:
    return CloudClock(board)


def test_until_the_cloud_has_told_the_time_the_boards_clock_counts(board: BenchClock, clock: CloudClock) -> None:
    board.board_behind_s = 500
    assert clock.now() == board.now()
    assert not clock.told
    assert clock.corrected(77) == 77


def test_a_boards_clock_past_what_an_event_may_bear_counts_as_one_that_was_never_set(
    board: BenchClock, clock: CloudClock
) -> None:
    board.board_behind_s = NOON - CREDIBLE_UNTIL_S
    clock.not_before(NOON - 3_600)
    board.pass_s(60)
    assert clock.now().epoch_s == NOON - 3_600 + 61


@pytest.mark.parametrize("behind_s", WRONG.values(), ids=WRONG)
def test_once_the_cloud_has_told_it_the_time_is_right(board: BenchClock, clock: CloudClock, behind_s: float) -> None:
    board.board_behind_s = behind_s
    clock.heard(board.epoch_s)
    board.pass_s(7_200)
    assert clock.told
    assert clock.now() == Moment(board.epoch_s, board.mono_s)


def test_a_board_whose_clock_is_right_is_finer_than_the_clouds_whole_seconds(
    board: BenchClock, clock: CloudClock
) -> None:
    clock.heard(board.epoch_s - TRUSTED_S / 2)
    assert clock.now() == board.now()


def test_a_clock_that_is_set_right_later_is_believed_from_then_on(board: BenchClock, clock: CloudClock) -> None:
    board.board_behind_s = NOON
    clock.heard(board.epoch_s - 3)
    assert clock.now().epoch_s == board.epoch_s - 3
    board.board_behind_s = 0
    assert clock.now() == board.now()
    board.board_behind_s = 86_400
    assert clock.now().epoch_s == board.epoch_s - 3


@pytest.mark.parametrize("behind_s", WRONG.values(), ids=WRONG)
def test_stamps_made_before_are_put_right_to_the_second(board: BenchClock, clock: CloudClock, behind_s: float) -> None:
    board.board_behind_s = behind_s
    stamped = []
    for _ in range(5):
        stamped.append((clock.now().at, board.epoch_s))
        board.pass_s(40)
    clock.heard(board.epoch_s)
    assert [clock.corrected(at) for at, _ in stamped] == [int(true_s) for _, true_s in stamped]


def test_stamps_from_before_and_after_the_clock_was_set_are_both_right(board: BenchClock, clock: CloudClock) -> None:
    board.board_behind_s = NOON - 50
    stamped = [(clock.now().at, board.epoch_s)]
    board.pass_s(30)
    stamped.append((clock.now().at, board.epoch_s))
    board.board_behind_s = 0
    board.pass_s(30)
    stamped.append((clock.now().at, board.epoch_s))
    clock.heard(board.epoch_s)
    assert [clock.corrected(at) for at, _ in stamped] == [int(true_s) for _, true_s in stamped]


def test_stamps_of_a_right_clock_stay_as_they_are(board: BenchClock, clock: CloudClock) -> None:
    at = clock.now().at
    board.pass_s(100)
    clock.heard(board.epoch_s - 2)
    assert clock.corrected(at) == at
    assert clock.corrected(at - 90_000) == at - 90_000


def test_time_does_not_fall_back_behind_what_an_earlier_boot_has_stamped(board: BenchClock, clock: CloudClock) -> None:
    board.board_behind_s = NOON
    clock.not_before(NOON - 40)
    board.pass_s(10)
    assert NOON - 40 < clock.now().epoch_s < NOON - 20
    clock.heard(board.epoch_s)
    assert clock.corrected(int(NOON) - 40) == NOON - 40
    assert clock.corrected(int(NOON) - 29) == NOON + 10


@pytest.mark.parametrize("newest", [5_000, int(NOON + YEAR_S)], ids=["1970", "a year ahead"])
def test_stamps_of_an_earlier_boot_that_knew_no_better_end_where_this_one_began(
    board: BenchClock, clock: CloudClock, newest: int
) -> None:
    clock.not_before(newest)
    began_s = board.epoch_s
    clock.now()
    board.pass_s(600)
    clock.heard(board.epoch_s)
    assert clock.corrected(newest) == began_s
    assert clock.corrected(newest - 900) == began_s - 900


def test_what_is_credible_begins_before_this_was_written() -> None:
    assert CREDIBLE_SINCE_S < NOON
