"""Lines in a picture: an SVG of axes, lines and their names, for docs/performance.md. No library: it is this little."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT, LEFT, BELOW, RIGHT, ABOVE = 820, 320, 56, 40, 310, 28
COLOURS = ("#0b6e4f", "#c0392b", "#2c6fbb", "#b7791f", "#7d3c98", "#555555", "#17a2a2", "#d35400")
Points = Sequence[tuple[float, float]]


def lines(title: str, x_name: str, y_name: str, series: Mapping[str, Points]) -> str:
    """Lines over a logarithmic axis, each with its name beside it; the other axis begins at nothing.

    Raises:
        ValueError: nothing to draw, or a place at or below zero on the logarithmic axis.
    """
    every = [point for points in series.values() for point in points]
    low, high = min(x for x, _ in every), max(x for x, _ in every)
    top = max(y for _, y in every) or 1.0

    def place(x: float, y: float) -> str:
        along = (math.log10(x) - math.log10(low)) / ((math.log10(high) - math.log10(low)) or 1)
        return f"{LEFT + along * (WIDTH - LEFT - RIGHT):.1f},{HEIGHT - BELOW - y / top * (HEIGHT - BELOW - ABOVE):.1f}"

    def word(x: float, y: float, text: str, more: str = "") -> str:
        return f'<text x="{x:.0f}" y="{y:.0f}" {more}>{escape(text)}</text>'

    bottom, end = HEIGHT - BELOW, WIDTH - RIGHT
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"',
        'font-family="sans-serif" font-size="11">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<path d="M{LEFT},{ABOVE} V{bottom} H{end}" fill="none" stroke="#333333"/>',
        word(LEFT, 16, title, 'font-weight="bold"'),
        word((LEFT + end) / 2, HEIGHT - 6, x_name, 'text-anchor="middle"'),
        word(LEFT - 4, ABOVE + 4, f"{top:g}", 'text-anchor="end"'),
        word(LEFT - 4, bottom, "0", 'text-anchor="end"'),
        word(LEFT + 6, ABOVE + 4, y_name),
    ]
    decade = 10.0 ** math.ceil(math.log10(low))
    while decade <= high:
        across = float(place(decade, 0).split(",")[0])
        drawn.append(word(across, bottom + 14, f"{decade:,g}", 'text-anchor="middle"'))
        decade *= 10
    for number, (name, points) in enumerate(series.items()):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(place(x, y) for x, y in points)
        drawn.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.6"/>')
        drawn.append(word(end + 12, ABOVE + 8 + 15 * number, name, f'fill="{colour}"'))
    return "\n".join([*drawn, "</svg>"]) + "\n"


def distribution(title: str, figures: Mapping[str, Sequence[float]]) -> str:
    """How many of a hundred took at most so many milliseconds."""
    series = {
        name: [(took, 100 * (number + 1) / len(each)) for number, took in enumerate(sorted(each))]
        for name, each in figures.items()
    }
    return lines(title, "milliseconds", "of 100", series)
