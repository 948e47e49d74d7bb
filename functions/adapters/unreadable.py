"""Records that nobody can read: a newer release wrote a word that this one does not know, or a hand slipped.

One of them is a fault of ours, which somebody must hear of; it must not be in the way of all the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any, TypeVar

from aws_lambda_powertools import Logger

from functions.domain.errors import ContractViolation

Stored = TypeVar("Stored")
Record = TypeVar("Record")

logger = Logger(child=True)


def readable(read: Callable[[Mapping[str, Any]], Record]) -> Callable[[Mapping[str, Any]], Record]:
    """Has what reading an item raises be the domain's error, which has words for callers and names the item.

    Raises:
        ContractViolation: internal.
    """

    @wraps(read)
    def reading(item: Mapping[str, Any]) -> Record:
        try:
            return read(item)
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            which = item.get("session_id", item.get("charger_id"))
            raise ContractViolation(
                "internal", f"unreadable record {which}: {type(error).__name__}: {error}"
            ) from error

    return reading


def readable_ones(read: Callable[[Stored], Record], found: Iterable[Stored]) -> list[Record]:
    """The records of these; one that cannot be read is left out and logged."""
    records: list[Record] = []
    for stored in found:
        try:
            records.append(read(stored))
        except ContractViolation as error:
            logger.exception("left out of a list", extra={"detail": error.detail})
    return records
