"""What a handler needs of an API Gateway event (HTTP API, payload 2.0), bounded and checked."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any, TypeVar

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel

from contract.wire import ChargerId, Ulid
from functions.domain import targets
from functions.domain.errors import CallerError

PLACE_MAX_CHARS = 80
"""As much of a field's name as an answer repeats: it is the caller's own text."""
BODY_MAX_BYTES = 4096
"""The largest body any route has use for is far smaller. API Gateway itself takes 10 MB; of the request line and all
headers it takes 10,240 bytes together, and so bounds paths, queries and headers (HTTP API quotas)."""
WAIT_MAX_S = 10
"""`Prefer: wait` is granted up to this, well below API Gateway's 30 s."""

_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*(\d{1,4})(?=$|[,;\s])", re.IGNORECASE)

_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}")
_TRUE_OR_FALSE = re.compile(r"true|false")
_RFC_3339 = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})", re.ASCII | re.IGNORECASE)

Model = TypeVar("Model", bound=BaseModel)


def _only(form: re.Pattern[str], what: str) -> BeforeValidator:
    """Text of this form and no other: pydantic alone takes "1_0" for a number, and "5" for a time in 1970."""

    def check(value: object) -> object:
        if isinstance(value, str) and not form.fullmatch(value):
            raise ValueError(what)
        return value

    return BeforeValidator(check)


IN_DIGITS = _only(_WHOLE_NUMBER, "not a whole number")
"""Goes with every number in a path or a query."""

YesOrNo = Annotated[bool, _only(_TRUE_OR_FALSE, "neither true nor false")]
"""A yes or no in a query."""

Moment = Annotated[AwareDatetime, _only(_RFC_3339, "not a time as RFC 3339 writes it, such as 2026-11-22T12:00:00Z")]
"""A time in a query."""


class RequestModel(BaseModel):
    """Parameters of a request: camelCase, and whatever is not declared is an error."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, defer_build=True
    )

    @model_validator(mode="before")
    @classmethod
    def _whole_as_json_has_it(cls, values: object) -> object:
        """In JSON 5.0 is the whole number 5 (JSON Schema, "integer"), and some writers know no other way to say it."""
        if not isinstance(values, dict):
            return values
        return {name: int(it) if isinstance(it, float) and it.is_integer() else it for name, it in values.items()}


class SessionPath(RequestModel):
    """Which session a route is about."""

    session_id: Ulid


class ChargerPath(RequestModel):
    """Which charger a route is about."""

    charger_id: ChargerId


class EvsePath(ChargerPath):
    """Which EVSE a route is about."""

    evse_id: Annotated[int, Field(ge=1, le=999), IN_DIGITS]


class NoBody(RequestModel):
    """A request that says everything in its address; an empty object is welcome."""


IdempotencyKey = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,128}$")]


class StartHeaders(RequestModel):
    """Headers of a start."""

    idempotency_key: IdempotencyKey | None = None


class StopAt(RequestModel):
    """Where the session is to stop by itself: whichever is reached first. Neither of them is no target."""

    energy_wh: Annotated[int, Field(ge=targets.MIN_ENERGY_WH, le=targets.MAX_ENERGY_WH)] | None = None
    duration_s: Annotated[int, Field(ge=targets.MIN_DURATION_S, le=targets.MAX_DURATION_S)] | None = None


class StartWishes(RequestModel):
    """What a driver may say with a start."""

    stop_at: StopAt | None = None

    @property
    def target(self) -> targets.Target | None:
        """The target, if one is given."""
        at = self.stop_at
        if at is None or (at.energy_wh, at.duration_s) == (None, None):
            return None
        return targets.Target(energy_wh=at.energy_wh, duration_s=at.duration_s)


def checked(model: type[Model], values: object) -> Model:
    """What a caller sent as text, as a model of ours.

    Raises:
        CallerError: invalid_request, naming the first thing that is wrong.
    """
    with _blaming_the_caller():
        return model.model_validate(values)


@contextmanager
def _blaming_the_caller() -> Iterator[None]:
    """Only in here does a failed validation mean that the caller is wrong; anywhere else it is a bug of ours."""
    try:
        yield
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])[:PLACE_MAX_CHARS] or "request"
        raise CallerError("invalid_request", f"{place}: {first['msg']}") from error


def owner_of(event: Mapping[str, Any]) -> str:
    """The caller: the `sub` of the token that the authorizer verified.

    Raises:
        CallerError: unauthorized; API Gateway lets no such request through, so this is our second lock.
    """
    claims = event.get("requestContext", {}).get("authorizer", {}).get("jwt", {}).get("claims", {})
    owner = claims.get("sub")
    if not isinstance(owner, str) or not owner:
        raise CallerError("unauthorized", "The request carries no verified token.")
    # The authorizer takes an id token as well, which apps hand to others to show who somebody is (ADR 0023).
    if claims.get("token_use") != "access":
        raise CallerError("unauthorized", "The token is no access token.")
    return owner


def path_of(event: Mapping[str, Any], model: type[Model]) -> Model:
    """The path parameters, checked."""
    return checked(model, event.get("pathParameters") or {})


def query_of(event: Mapping[str, Any], model: type[Model]) -> Model:
    """The query parameters, checked. A repeated parameter arrives joined by commas and fails its check."""
    return checked(model, event.get("queryStringParameters") or {})


def header_of(event: Mapping[str, Any], name: str) -> str | None:
    """A header by its lower-case name; API Gateway sends names in lower case, other callers may not."""
    headers: Mapping[str, str] = event.get("headers") or {}
    return next((value for key, value in headers.items() if key.lower() == name), None)


def body_of(event: Mapping[str, Any], model: type[Model]) -> Model:
    """The JSON document in the body, checked; no body is an empty document.

    Raises:
        CallerError: request_too_large; unsupported_media_type; invalid_request, naming the first thing that is wrong.
    """
    body: str | bytes | None = event.get("body")
    if not body:
        return checked(model, {})
    if event.get("isBase64Encoded"):
        try:
            body = base64.b64decode(body, validate=True)
        except binascii.Error as error:
            raise CallerError("invalid_request", "body: not base64.") from error
    raw = body if isinstance(body, bytes) else body.encode(errors="surrogatepass")
    if len(raw) > BODY_MAX_BYTES:
        raise CallerError("request_too_large", f"body: more than {BODY_MAX_BYTES} bytes.")
    media_type = (header_of(event, "content-type") or "").split(";")[0].strip().lower()
    if media_type != "application/json":
        shown = media_type[:PLACE_MAX_CHARS].encode(errors="replace").decode() or "none"
        raise CallerError("unsupported_media_type", f"content-type: {shown} is not supported.")
    # JSON has types of its own: "5" is no number there and 1 is not true, as the API's description says.
    with _blaming_the_caller():
        return model.model_validate_json(raw, strict=True)


def require_no_content(event: Mapping[str, Any]) -> None:
    """Accepts no body or an empty JSON object, and nothing else.

    Raises:
        CallerError: as `body_of`.
    """
    if event.get("body"):
        body_of(event, NoBody)


def wait_seconds(event: Mapping[str, Any]) -> int:
    """Seconds the caller prefers to wait (RFC 7240); 0 without the preference or with one nobody understands."""
    match = _WAIT.search(header_of(event, "prefer") or "")
    return min(int(match.group(1)), WAIT_MAX_S) if match else 0
