"""The pictures of docs/performance.md."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from local.bench.plot import BELOW, HEIGHT, LEFT, RIGHT, WIDTH, distribution, lines

SVG = "{http://www.w3.org/2000/svg}"


def _paths(picture: str) -> list[list[tuple[float, float]]]:
    found = ET.fromstring(picture).findall(f"{SVG}polyline")  # noqa: S314 - our own picture
    return [[tuple(map(float, point.split(","))) for point in it.attrib["points"].split()] for it in found]  # type: ignore[misc]


def test_a_line_goes_from_the_left_to_the_right_and_what_is_flat_is_drawn_flat() -> None:
    ((first, middle, last),) = _paths(lines("growth", "past", "units", {"stop": [(10, 4), (1_000, 4), (100_000, 4)]}))
    assert (first[0], last[0]) == (LEFT, WIDTH - RIGHT)
    assert middle[0] == (first[0] + last[0]) / 2
    assert first[1] == middle[1] == last[1] < HEIGHT - BELOW


def test_every_line_has_its_name_and_names_are_text() -> None:
    picture = lines("a < b", "x", "y", {"one & two": [(1, 1), (10, 2)], "three": [(1, 0), (10, 0)]})
    words = [it.text for it in ET.fromstring(picture).findall(f"{SVG}text")]  # noqa: S314 - our own picture
    assert {"a < b", "one & two", "three", "1", "10"} <= set(words)


def test_a_distribution_rises_to_a_hundred() -> None:
    ((*_, last),) = _paths(distribution("stop", {"tap": [30.0, 10.0, 20.0]}))
    assert last == (WIDTH - RIGHT, 28.0)
