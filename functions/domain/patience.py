"""How long the cloud waits for what, in one place. Units are in the names; each value says where it comes from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """The waiting times that the rules use."""

    ack_timeout_s: int = 15
    """Past this without a final answer a stop reads as overdue: some ten times what a healthy charger needs, and
    about as long as a driver looks at a spinner before tapping again."""
    keep_again_after_s: int = 15
    """So long after a stop was taken back the charger is told so once more: a sending of that stop which had begun
    before has come to its end by then, three tries of four seconds each."""
    resend_after_s: int = 2
    """A further tap within this time does not write to the shadow again: a double tap is one wish."""
    start_ttl_s: int = 60
    """A start that reaches the charger later than this is refused: the driver has walked on by then."""
    start_grace_s: int = 15
    """How long after its expiry a start may still be answered: the same patience as for a stop."""
    start_forgotten_s: int = 600
    """A start that nobody answered for this long after its expiry has no claim to its EVSE's shadow any more. Its EVSE
    is free by then; ten minutes leave room for an answer that waits in our own queues."""
    stale_after_s: int = 150
    """A live session not heard of for this long is stale: two and a half meter intervals of 60 s."""
    watch_s: int = 30
    """Its charger is asked for faster samples at most this often, be it for a card being looked at or a target."""
    watch_overlap_s: int = 5
    """The hint outlasts its renewal by this, so that samples do not stutter at the seam."""
    near_target_s: int = 120
    """A session that will reach its target of energy within this long asks for faster samples: two meter intervals, so
    that a hint which is lost has a second chance."""
    card_answer_s: int = 30
    """A question about a card that is older is not answered: its charger stopped waiting long ago, and the driver has
    walked on."""
