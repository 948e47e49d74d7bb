"""Requests and answers of the page's server, as values."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from functions.api_models.base import Problem
from functions.domain.reasons import Reason
from infra.page import NEVER_STORED

if TYPE_CHECKING:
    from collections.abc import Mapping


def _row(status: int, code: str, title: str, advice: str) -> Reason:
    return Reason(code, title, advice, retryable=status > HTTPStatus.INTERNAL_SERVER_ERROR, http_status=status)


RELOAD = "Reload the page and try again."
BAD_REQUEST = _row(400, "invalid_request", "We can't read this request", RELOAD)
SIGN_IN_REFUSED = _row(401, "sign_in_refused", "Email or password is wrong", "Check both and try again.")
SIGNED_OUT = _row(401, "signed_out", "You are signed out", "Sign in again.")
NOT_FOUND = _row(404, "page_not_found", "There is nothing at this address", "Go back to the first page.")
WRONG_METHOD = _row(405, "method_not_allowed", "This can't be done here", RELOAD)
TOO_LARGE = _row(413, "request_too_large", "This request is too large", RELOAD)
FOREIGN_HOST = _row(
    421, "misdirected_request", "This is not the address of the page", "Open the link that `make run` printed."
)
UNREACHABLE = _row(502, "service_unreachable", "We can't reach the service", "Wait a few seconds and try again.")
NO_ANSWER = _row(
    504,
    "service_silent",
    "The service did not answer in time",
    "Pull down to refresh and see what became of it, then try again.",
)


@dataclass(frozen=True)
class Request:
    """What a browser asked. Header names are lower case; `target` is the path and query as they came."""

    method: str
    target: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]


@dataclass(frozen=True)
class Answer:
    """What a server said. Header names are lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


def document(value: Any, status: int = 200) -> Answer:
    """An answer in JSON that nobody may keep."""
    headers = {"content-type": "application/json", "cache-control": NEVER_STORED}
    return Answer(status, headers, json.dumps(value).encode())


def problem(row: Reason, detail: str = "", **headers: str) -> Answer:
    """A refusal in the API's own shape (RFC 9457)."""
    told = {"content-type": "application/problem+json", "cache-control": NEVER_STORED}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = Problem.of(row, detail).model_dump_json(by_alias=True).encode()
    return Answer(row.http_status, told | named, body)
