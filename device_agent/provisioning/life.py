"""When a certificate is to be renewed, and what is next on the way: pure, with time and randomness as parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

DAY_S = 86_400

RENEW_AFTER = 2 / 3
"""The part of its life after which a certificate is renewed: a third of two years is left to mend what goes wrong."""

RETRY_BASE_S = 15 * 60
RETRY_CAP_S = 24 * 3600
"""A renewal that failed is tried again within a quarter of an hour, and at last once a day: there are months."""

REFUSED_PROOFS_AT_MOST = 3
"""A new certificate that is refused so often in a row is given up. The registry takes a moment to know it everywhere,
so the first refusal does not yet mean anything."""


@dataclass(frozen=True, slots=True)
class Life:
    """From when until when a certificate is valid. Units: epoch seconds."""

    not_before_s: float
    not_after_s: float

    def ends_s(self, days: int) -> float:
        """When it should be out of use: AWS IoT issues until 2049, so the settings' `certificate_days` end it."""
        return min(self.not_after_s, self.not_before_s + days * DAY_S)

    def renew_at_s(self, days: int) -> float:
        """When to renew it."""
        return self.not_before_s + (self.ends_s(days) - self.not_before_s) * RENEW_AFTER


class Step(StrEnum):
    """What to do next for a certificate."""

    REST = "rest"
    ASK = "ask"
    """Ask for a new one with the one in use."""
    PROVE = "prove"
    """A newer one is there: try it, and use it from then on."""


def next_step(using: Life, beside: Life | None, days: int, now_s: float) -> Step:
    """What is next, from the certificate in use and the one in the other slot.

    Whatever was interrupted goes on where it was: a certificate issued later than the one in use has not been proven.
    """
    if beside is not None and beside.not_before_s > using.not_before_s:
        return Step.PROVE
    return Step.ASK if now_s >= using.renew_at_s(days) else Step.REST


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong since the last success. Units: `until_s` is on the machine's own monotonic clock."""

    failures: int = 0
    refused_proofs: int = 0
    until_s: float = 0.0

    def after(self, now_mono_s: float, random: Callable[[], float], *, refused_proof: bool) -> Trouble:
        """One failure more: wait longer, with full jitter, so that a fleet does not come back at once."""
        wait_s = random() * min(RETRY_CAP_S, RETRY_BASE_S * 2 ** min(self.failures, 16))
        refused = self.refused_proofs + 1 if refused_proof else self.refused_proofs
        return replace(self, failures=self.failures + 1, refused_proofs=refused, until_s=now_mono_s + wait_s)

    @property
    def hopeless(self) -> bool:
        """Whether the new certificate is not worth another proof."""
        return self.refused_proofs >= REFUSED_PROOFS_AT_MOST
