from __future__ import annotations

import itertools

import pytest

from device_agent.thinning import superfluous


@pytest.mark.parametrize("number", [2, 3, 7, 100, 101])
def test_half_goes_and_what_stays_is_spread_evenly(number: int) -> None:
    times = [1_000 + 30 * n for n in range(number)]
    out = superfluous(times)
    assert len(out) == number - number // 2
    left = [at for place, at in enumerate(times) if place not in out]
    assert left[0] == times[0]
    assert all(later - earlier <= 90 for earlier, later in itertools.pairwise(left))


def test_what_was_thinned_before_is_spared_until_the_rest_is_as_thin() -> None:
    times = [0, 600, 1_200, 1_800, *range(1_830, 3_600, 30)]
    for _ in range(2):
        out = superfluous(times)
        times = [at for place, at in enumerate(times) if place not in out]
    assert times[:4] == [0, 600, 1_200, 1_800]
    assert max(later - earlier for earlier, later in itertools.pairwise(times)) <= 600


def test_values_of_one_and_the_same_second_leave_one() -> None:
    assert superfluous([5, 5, 5, 5]) == [1, 2, 3]
