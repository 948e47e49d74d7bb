"""The way through to the API: `/v1/*` of the page's origin is the API's `/v1/*`, as it is behind CloudFront."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from local.page.line import SilentError, UnreachableError
from local.page.messages import BAD_REQUEST, NO_ANSWER, UNREACHABLE, Answer, Request, problem

if TYPE_CHECKING:
    from local.page.line import Line

PREFIX = "/v1/"

ASKED = ("accept", "authorization", "content-type", "idempotency-key", "if-none-match", "prefer", "user-agent")
"""Request headers that mean something to the API."""

TOLD = (
    "apigw-requestid",
    "cache-control",
    "content-disposition",
    "content-type",
    "etag",
    "location",
    "preference-applied",
    "retry-after",
    "www-authenticate",
)
"""Answer headers that mean something to the page. The page's own security headers are added to every answer."""

TARGET = re.compile(r"/v1/[\w.~!$&'()*+,;=:@%/-]*(\?[\w.~!$&'()*+,;=:@%/?-]*)?", re.ASCII)


def forward(request: Request, api: Line, api_host: str) -> Answer:
    """What the API answers, or the problem of getting an answer."""
    if not _leads_to_the_api(request):
        return problem(BAD_REQUEST, "not an address of the API")
    headers = {name: value for name in ASKED if (value := request.headers.get(name)) is not None}
    # The emulator tells its APIs apart by the name they are called by.
    headers["host"] = api_host
    try:
        answer = api.ask(request.method, request.target, headers, request.body)
    except SilentError:
        return problem(NO_ANSWER, f"{request.method} {request.path}", retry_after="2")
    except UnreachableError as error:
        return problem(UNREACHABLE, str(error), retry_after="2")
    return Answer(answer.status, {n: v for n in TOLD if (v := answer.headers.get(n)) is not None}, answer.body)


def _leads_to_the_api(request: Request) -> bool:
    """Whether the path stays below `/v1/`, read once or twice: the emulator has doors of its own elsewhere."""
    path = unquote(unquote(request.path))
    return bool(TARGET.fullmatch(request.target)) and "\\" not in path and not {".", ".."} & set(path.split("/"))
