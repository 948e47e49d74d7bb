"""DynamoDB's typed values, such as `{"S": "text"}`, and the plain ones that records are made of.

boto3 has this too, but loads all of itself for it: a tenth of a cold start (ADR 0024). Records hold text, numbers,
truth values, lists and maps; whatever else is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any


def typed(value: Any) -> dict[str, Any]:
    """A plain value with its type.

    Raises:
        TypeError: records hold no such values. A float is among them: DynamoDB's numbers are decimal.
    """
    match value:
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int() | Decimal():
            return {"N": str(value)}
        case list() | tuple():
            return {"L": [typed(entry) for entry in value]}
        case Mapping():
            return {"M": {name: typed(entry) for name, entry in value.items()}}
        case None:
            return {"NULL": True}
    raise TypeError(f"no attribute of a record: {type(value).__name__}")


def plain(value: Mapping[str, Any]) -> Any:
    """The value without its type; a number is a Decimal.

    Raises:
        TypeError: no record has an attribute of this type.
    """
    ((kind, content),) = value.items()
    match kind:
        case "S" | "BOOL":
            return content
        case "N":
            return Decimal(content)
        case "L":
            return [plain(entry) for entry in content]
        case "M":
            return {name: plain(entry) for name, entry in content.items()}
        case "NULL":
            return None
    raise TypeError(f"no attribute of a record: {kind}")
