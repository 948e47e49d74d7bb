"""How much of each route the API takes, of all drivers together. Every route names one of these.

A route has a bucket of its own: whoever empties that of the live cards has taken nothing from the stops. What is over
is answered 429 by API Gateway before any function runs, and the page tries again.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Throttle:
    """Requests a second, and as many at once as come before that counts."""

    rate_per_s: int
    burst: int


CARDS_OPEN = 400
"""Live cards that may be open at once: what the rates are reasoned from, and what a larger fleet would raise."""

STOP = Throttle(1000, 2000)
"""More than anything else gets: everybody with an open card taps, twice, and nobody is told to wait."""

LIVE = Throttle(2 * CARDS_OPEN, 2 * CARDS_OPEN)
"""What a card reads while it is open: once a second, and twice while a stop is on its way (`pollAfterMs`)."""

SCREEN = Throttle(100, 200)
"""What a screen reads when it opens: a few lists for each of a quarter of the cards in a second. As much is for the
sessions that somebody was lent the right to stop, which are few."""

BEGIN = Throttle(50, 100)
"""Starting: a person does it once, standing at a charger."""

TAKE_BACK = Throttle(20, 40)
"""Taking a stop back. The next tap is a new stop, whose answer may be waited for: with more than this, one driver could
have all the executions that are kept for stops wait for a charger that is switched off (ADR 0023)."""

SELDOM = Throttle(10, 20)
"""What a person does on few days (cards, a table to save, an account), what operators do, and what nobody named."""

ACCOUNT = Throttle(10_000, 5_000)
"""What API Gateway takes of an account in most regions (quotas of API Gateway). All routes together stay below it, so
that no flood of one can use up what another is promised."""
