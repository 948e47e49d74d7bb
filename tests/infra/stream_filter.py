"""Which changes of the sessions wake the function that tells domain events, by the filters in the template."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.infra.templates import Synthesised


def wakes(stack: Synthesised, record: dict[str, Any]) -> bool:
    """Whether a record of the stream passes the filters, which are alternatives."""
    filters = stack.one("AWS::Lambda::EventSourceMapping", "DomainEvents")["FilterCriteria"]["Filters"]
    assert len(filters) <= 5, "Lambda takes no more"
    return any(matches(json.loads(each["Pattern"]), record) for each in filters)


def matches(pattern: dict[str, Any], value: Any) -> bool:
    """As Lambda has it, for what is used of it: equality, and that a leaf is there."""
    for key, wanted in pattern.items():
        found = value.get(key) if isinstance(value, dict) else None
        if isinstance(wanted, dict):
            if not matches(wanted, found):
                return False
        elif wanted == [{"exists": True}]:
            if found is None:
                return False
        elif found not in wanted:
            return False
    return True
