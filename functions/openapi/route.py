"""One operation of the API, as a client sees it: a row of the tables beside this file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from functions.http_request import RequestModel

Json = dict[str, Any]


def header(name: str, description: str) -> Json:
    """A header of an answer."""
    return {name: {"description": description, "schema": {"type": "string"}}}


@dataclass(frozen=True, kw_only=True)
class Route:
    """One operation, as a client sees it."""

    method: str
    path: str
    operation_id: str
    summary: str
    answers: dict[int, tuple[str, type[BaseModel] | None]]
    reasons: tuple[str, ...]
    path_model: type[RequestModel] | None = None
    query_model: type[RequestModel] | None = None
    headers: tuple[Json, ...] = ()
    answer_headers: Json = field(default_factory=dict)
    csv: bool = False
    tag: str = "driver"
    """Whose operation it is."""
    body: type[RequestModel] | None = None
    """What a request may hold; it must hold something if the model has fields that are required."""
