"""What got lost between chargers and records: pure. Both sides are counted in full when everything has settled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Told:
    """What a charger has told of a session, each event acknowledged by the broker."""

    seqs: frozenset[int]
    started: bool
    ended: bool
    drawn_wh: int
    """By the hardware's register, from the session's beginning to the end, or to now."""
    told_wh: int = 0
    """The same up to the newest event that was told."""
    numbered: int | None = None
    """How many events its journal has numbered, told or not; None if the journal does not know the session."""


@dataclass(frozen=True)
class Kept:
    """What is on record of a session."""

    seqs: frozenset[int]
    """Of its meter values; the started and the ended event are among them."""
    started: bool
    ended: bool
    reason: str = ""
    intent_id: str = ""
    """Of the stop."""
    energy_wh: int | None = None


def losses(told: Mapping[str, Told], kept: Mapping[str, Kept], stopped: Mapping[str, str]) -> list[str]:
    """What is wrong, a sentence each; empty if nothing is.

    Args:
        told: by session.
        kept: by session.
        stopped: intent of the stop that the API has accepted, by session.
    """
    return [
        f"{session_id}: {what}"
        for session_id in sorted({*told, *kept, *stopped})
        for what in _of_session(told.get(session_id), kept.get(session_id), stopped.get(session_id))
    ]


def _of_session(told: Told | None, kept: Kept | None, intent_id: str | None) -> Iterator[str]:
    if kept is None:
        yield "not on record"
        return
    if told is None:
        yield "its charger knows nothing of it"
        return
    if not (told.started and kept.started):
        yield "its start was lost"
    if missing := told.seqs - kept.seqs:
        yield f"{len(missing)} events were lost: {sorted(missing)}"
    if invented := kept.seqs - told.seqs:
        yield f"{len(invented)} events are on record that were not told: {sorted(invented)}"
    if len(told.seqs) != told.numbered:
        yield f"{told.numbered} events are in its charger's journal, {len(told.seqs)} were told"
    if intent_id is None:
        if told.ended or kept.ended:
            yield "it ended, and nobody stopped it"
        elif kept.energy_wh != told.told_wh:
            yield f"{kept.energy_wh} Wh on record of a running session, {told.told_wh} Wh were told"
        return
    yield from _of_stopped(told, kept, intent_id)


def _of_stopped(told: Told, kept: Kept, intent_id: str) -> Iterator[str]:
    if not told.ended:
        yield "it was stopped, and its charger went on"
    if not kept.ended:
        yield "it was stopped, and reads as running"
        return
    if (kept.reason, kept.intent_id) != ("Remote", intent_id):
        yield f"it ended for another reason: {kept.reason}, {kept.intent_id}"
    if kept.energy_wh != told.drawn_wh:
        yield f"{kept.energy_wh} Wh on record, {told.drawn_wh} Wh by the register"
