"""A line to an emulator that is not there: it remembers what it was asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from local.page.line import Line
from local.page.messages import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass
class Asked:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class FakeLine(Line):
    """Answers `says`, or raises it."""

    says: Answer | Exception
    asked: list[Asked] = field(default_factory=list)

    def ask(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        self.asked.append(Asked(method, target, dict(headers), body))
        if isinstance(self.says, Exception):
            raise self.says
        return self.says
