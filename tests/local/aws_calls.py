"""Counts of what each function asks of AWS."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class AwsCalls:
    """What each function asked of AWS, as the emulator's own record has it.

    Shape: `by_function["stop_session"]["UpdateItem"]`. The emulator names shadow calls by their method alone:
    `POST.iot-data` is a shadow write (or a publish), `GET.iot-data` a shadow read.
    """

    by_function: dict[str, Counter[str]] = field(default_factory=dict)

    def of(self, function: str) -> Counter[str]:
        """The calls of the function whose name contains this."""
        found = [calls for name, calls in self.by_function.items() if function in name]
        return sum(found, Counter())

    def total(self) -> Counter[str]:
        return sum(self.by_function.values(), Counter())
