"""The three frames of OCPP-J: calls, answers and errors (OCPP-J 1.6, section 4).

Written here although the `ocpp` package has them: its `messages` module loads a JSON Schema engine of 3.5 MB and 70 ms,
which this driver has no use for, because real chargers' messages break the schemas (ADR 0015).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, ClassVar

from ocpp.exceptions import OCPPError


@dataclass(frozen=True, slots=True)
class CallResult:
    """The answer to a call."""

    kind: ClassVar[int] = 3
    unique_id: Any
    payload: Any

    def to_json(self) -> str:
        """As it is sent."""
        return _packed([self.kind, self.unique_id, self.payload])


@dataclass(frozen=True, slots=True)
class CallError:
    """The answer to a call that could not be taken."""

    kind: ClassVar[int] = 4
    unique_id: Any
    error_code: Any
    error_description: Any
    error_details: Any = None

    def to_json(self) -> str:
        """As it is sent."""
        return _packed([self.kind, self.unique_id, self.error_code, self.error_description, self.error_details or {}])


@dataclass(frozen=True, slots=True)
class Call:
    """A question or a command. What a charger sent may be of any type, so nothing here is more than `Any`."""

    kind: ClassVar[int] = 2
    unique_id: Any
    action: Any
    payload: Any

    def to_json(self) -> str:
        """As it is sent."""
        return _packed([self.kind, self.unique_id, self.action, self.payload])

    def create_call_result(self, payload: dict[str, Any]) -> CallResult:
        """The answer to this."""
        return CallResult(self.unique_id, payload)

    def create_call_error(self, error: OCPPError) -> CallError:
        """The refusal of this."""
        return CallError(self.unique_id, error.code, error.description, error.details)


def unpack(raw: str | bytes) -> Call | CallResult | CallError:
    """The frame in a message.

    Raises:
        ValueError: it is none.
    """
    content = json.loads(raw)
    if isinstance(content, list) and content:
        for frame in (Call, CallResult, CallError):
            if content[0] == frame.kind:
                try:
                    return frame(*content[1:])
                except TypeError as error:
                    raise ValueError("too few elements, or too many") from error
    raise ValueError("neither a call nor an answer")


def _packed(frame: list[Any]) -> str:
    return json.dumps(frame, separators=(",", ":"))
