"""The lines of the table about stops."""

from __future__ import annotations

from local.bench import stops


def test_the_median_and_the_last_percent_of_each_leg_are_held_against_what_stands_beside_it() -> None:
    legs = {leg: [float(figure) for figure in range(1, 201)] for leg in stops.LEGS}
    legs[stops.FLOOR] = [figure / 2 for figure in legs[stops.FLOOR]]
    found = {row.what: row for row in stops.rows(legs)}
    median, last = (found[f"tap → API shows ended, 200 stops in turn, p{percent}"] for percent in (50, 99))
    assert (median.ours, median.beside, median.ratio, median.reach) == ("100.5 ms", "50.2 ms floor", 2.0, "≤ 1.3 times")
    assert (last.ours, last.reach) == ("198.0 ms", "≤ 1.5 times")
    assert "tap → ended, 50 at once, 4 times, p50" in found
    assert [row.beside for row in stops.rows(legs)][-4:] == [
        "100.5 ms bare paho echo",
        "198.0 ms bare paho echo",
        "100.5 ms echo that writes to disk first",
        "198.0 ms echo that writes to disk first",
    ]
