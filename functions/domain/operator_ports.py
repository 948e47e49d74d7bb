"""What operators need of the world beyond what drivers need. Each port has its contract suite, as all have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from functions.domain.ports import Page
from functions.domain.records import SessionRecord


class SessionLists(Protocol):
    """Lists over the sessions of all drivers."""

    def of_charger(self, charger_id: str, *, limit: int, cursor: str | None) -> Page[SessionRecord]:
        """One page of a charger's sessions, newest first."""

    def open(self, shard: str, *, limit: int, cursor: str | None) -> Page[SessionRecord]:
        """One page of one shard's sessions in which something will be due, soonest first: those that are not over.

        A session whose deadline moves meanwhile may be missed, or come twice.
        """


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A document that nobody could use. `sent_at_ms`: when it came into its first queue, epoch milliseconds."""

    letter_id: str
    sent_at_ms: int
    received: int
    """How often somebody has taken it in hand."""
    why: str
    """What was wrong with it; empty if its function failed on it five times, or a topic rule could not deliver it."""
    body: str


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """How many letters a queue holds, about: waiting, and in somebody's hands at this moment."""

    name: str
    waiting: int
    in_hand: int
    redrivable: bool
    """Whether its letters have a queue to go back to."""


class DeadLetterQueues(Protocol):
    """The queues of what nobody could use, each by its short name."""

    def depths(self) -> list[QueueDepth]:
        """Every queue, in order of name."""

    def peek(self, name: str) -> list[DeadLetter]:
        """Some of a queue's letters, ten at most, which stay where they are.

        Raises:
            CallerError: queue_not_found.
        """

    def depth(self, name: str) -> QueueDepth:
        """One queue.

        Raises:
            CallerError: queue_not_found.
        """

    def redrive(self, name: str, *, limit: int) -> int:
        """Move letters back to the queue they were meant for, `limit` at most; how many it were.

        Each is sent before it is deleted: a break in between makes it come twice, and loses none.

        Raises:
            CallerError: queue_not_found; not_redrivable.
            TemporaryError: some may have been moved.
        """
