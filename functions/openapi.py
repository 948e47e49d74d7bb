"""The API's OpenAPI 3.1 description, generated from the models and the reason table; `make schema` writes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from functions.api_models.base import Problem
from functions.api_models.chargers import ChargerDetail, ChargerPage
from functions.api_models.sessions import MeterValuePage, Session, SessionPage, Timeline
from functions.chargers_api.handler import ChargersQuery
from functions.domain.reasons import REASONS
from functions.http_request import ChargerPath, EvsePath, NoBody, RequestModel, SessionPath
from functions.sessions_api.handler import ExportQuery, MeterValuesQuery, SessionsQuery

Json = dict[str, Any]
REF = "#/components/schemas/{model}"

_IDEMPOTENCY_KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The same key finds the same session, however often it is sent.",
    "schema": {"type": "string", "pattern": r"^[\x21-\x7e]{1,128}$"},
}
_PREFER: Json = {
    "name": "Prefer",
    "in": "header",
    "description": "`wait=N` (RFC 7240, at most 10): answer once the outcome is known, or after N seconds.",
    "schema": {"type": "string"},
    "example": "wait=5",
}
_IF_NONE_MATCH: Json = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The `ETag` of an earlier answer: 304 while nothing has changed.",
    "schema": {"type": "string"},
}


def _header(name: str, description: str) -> Json:
    return {name: {"description": description, "schema": {"type": "string"}}}


_RETRY_AFTER = _header("Retry-After", "Seconds to wait before the same request; present if `retryAfterS` is.")


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
    body: bool = False


ROUTES = (
    Route(
        method="get",
        path="/v1/chargers",
        operation_id="listChargers",
        summary="The chargers, page by page",
        answers={200: ("A page of chargers", ChargerPage)},
        reasons=("invalid_request",),
        query_model=ChargersQuery,
    ),
    Route(
        method="get",
        path="/v1/chargers/{chargerId}",
        operation_id="getCharger",
        summary="A charger's detail screen: what the caller may do on each EVSE, and the caller's own session",
        answers={200: ("The charger", ChargerDetail)},
        reasons=("invalid_request", "charger_not_found"),
        path_model=ChargerPath,
    ),
    Route(
        method="post",
        path="/v1/chargers/{chargerId}/evses/{evseId}/sessions",
        operation_id="startSession",
        summary="Start charging",
        answers={202: ("Asked for; follow the session at `Location`", Session)},
        reasons=(
            "invalid_request",
            "unsupported_media_type",
            "charger_not_found",
            "evse_not_found",
            "evse_in_use",
            "charger_out_of_service",
            "cable_not_plugged",
            "charger_offline",
            "idempotency_key_reused",
            "not_sent",
        ),
        path_model=EvsePath,
        headers=(_IDEMPOTENCY_KEY,),
        answer_headers=_header("Location", "Where to follow the session."),
        body=True,
    ),
    Route(
        method="get",
        path="/v1/sessions",
        operation_id="listSessions",
        summary="The caller's sessions, newest first",
        answers={200: ("A page of sessions", SessionPage)},
        reasons=("invalid_request",),
        query_model=SessionsQuery,
    ),
    Route(
        method="get",
        path="/v1/sessions.csv",
        operation_id="exportSessions",
        summary="The caller's sessions as a table (RFC 4180), newest first; what looks like a formula follows a '",
        answers={200: ("A page of the table, with its header", None)},
        reasons=("invalid_request",),
        query_model=ExportQuery,
        answer_headers=_header("Link", 'The next page of the table, as `<?…>; rel="next"`; absent on the last.'),
        csv=True,
    ),
    Route(
        method="get",
        path="/v1/sessions/{sessionId}",
        operation_id="getSession",
        summary="One session; ask again after `pollAfterMs`",
        answers={200: ("The session", Session), 304: ("Nothing has changed", None)},
        reasons=("invalid_request", "session_not_found"),
        path_model=SessionPath,
        headers=(_IF_NONE_MATCH,),
        answer_headers=_header("ETag", "Changes with the document; send it as `If-None-Match`."),
    ),
    Route(
        method="post",
        path="/v1/sessions/{sessionId}/stop",
        operation_id="stopSession",
        summary="Stop charging. However often it is tapped, it is one stop",
        answers={
            200: ("The session is over", Session),
            202: ("The stop is in force, or was answered and the session goes on: see `stop`", Session),
        },
        reasons=("invalid_request", "unsupported_media_type", "session_not_found", "not_sent"),
        path_model=SessionPath,
        headers=(_PREFER,),
        answer_headers=_header("Preference-Applied", "The wait that was granted, as `wait=5`."),
        body=True,
    ),
    Route(
        method="delete",
        path="/v1/sessions/{sessionId}/stop",
        operation_id="withdrawStop",
        summary="Keep charging: take back a stop that the charger has not acknowledged",
        answers={202: ("The session goes on", Session)},
        reasons=(
            "invalid_request",
            "unsupported_media_type",
            "session_not_found",
            "session_not_active",
            "no_stop_to_withdraw",
            "stop_already_acknowledged",
            "not_sent",
        ),
        path_model=SessionPath,
    ),
    Route(
        method="get",
        path="/v1/sessions/{sessionId}/timeline",
        operation_id="getTimeline",
        summary="Every stage of a session, with its time and who said so",
        answers={200: ("The timeline", Timeline)},
        reasons=("invalid_request", "session_not_found"),
        path_model=SessionPath,
    ),
    Route(
        method="get",
        path="/v1/sessions/{sessionId}/meter-values",
        operation_id="getMeterValues",
        summary="The curve of a session, oldest first",
        answers={200: ("A page of meter values", MeterValuePage)},
        reasons=("invalid_request", "session_not_found"),
        path_model=SessionPath,
        query_model=MeterValuesQuery,
    ),
)

EVERYWHERE = ("too_many_requests", "unavailable", "internal")
"""Reasons that any route may give."""


def openapi() -> Json:
    """The whole description."""
    models: set[type[BaseModel]] = {Problem, NoBody}
    models.update(model for route in ROUTES for _, model in route.answers.values() if model)
    serialized: list[tuple[type[BaseModel], Literal["validation", "serialization"]]]
    serialized = [(model, "serialization") for model in sorted(models, key=lambda model: model.__name__)]
    _, schemas = models_json_schema(serialized, ref_template=REF)
    paths: dict[str, Json] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Polaris Express charging",
            "version": "1.0.0",
            "description": (
                "Start a charging session, follow it, and stop it. A stop that was accepted is not done: a session is "
                "`stopping` until its charger has measured that no power flows. Errors are RFC 9457 problems; `title` "
                "fits a banner, `advice` says what the driver can do. Requests without a valid token are answered 401 "
                "by the gateway itself, and so is a 429 of its own throttling: neither has a body of ours."
            ),
        },
        "security": [{"driver": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"driver": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
            "schemas": schemas["$defs"],
        },
    }


def _operation(route: Route) -> Json:
    parameters = [
        *(_parameters(route.path_model, "path") if route.path_model else ()),
        *(_parameters(route.query_model, "query") if route.query_model else ()),
        *route.headers,
    ]
    operation: Json = {
        "operationId": route.operation_id,
        "summary": route.summary,
        "parameters": parameters,
        "responses": {**_answers(route), **_problems(route), "401": {"description": "No valid token"}},
    }
    if route.body:
        content = {"application/json": {"schema": {"$ref": REF.format(model="NoBody")}}}
        operation["requestBody"] = {"required": False, "content": content}
    return operation


def _parameters(model: type[RequestModel], place: str) -> list[Json]:
    schema = model.model_json_schema(by_alias=True)
    required = schema.get("required", [])
    return [
        {"name": name, "in": place, "required": name in required, "schema": _without_null(field)}
        for name, field in schema["properties"].items()
    ]


def _without_null(field: Json) -> Json:
    """An optional parameter is one that may be left out, not one that may be null."""
    kinds = [kind for kind in field.get("anyOf", ()) if kind != {"type": "null"}]
    rest = {key: value for key, value in field.items() if key not in ("anyOf", "title")}
    if rest.get("default", ...) is None:
        del rest["default"]
    return {**rest, **kinds[0]} if kinds else rest


def _answers(route: Route) -> Json:
    return {
        str(status): {
            "description": text,
            **({"headers": route.answer_headers} if route.answer_headers else {}),
            **({"content": _content("application/json", model)} if model else {}),
            **({"content": {"text/csv": {"schema": {"type": "string"}}}} if route.csv else {}),
        }
        for status, (text, model) in route.answers.items()
    }


def _problems(route: Route) -> Json:
    codes: dict[int, list[str]] = {}
    for code in (*route.reasons, *EVERYWHERE):
        codes.setdefault(REASONS[code].http_status, []).append(code)
    return {
        str(status): {
            "description": "Codes: " + ", ".join(f"`{code}`" for code in names),
            "headers": _RETRY_AFTER,
            "content": _content("application/problem+json", Problem),
        }
        for status, names in sorted(codes.items())
    }


def _content(media_type: str, model: type[BaseModel]) -> Json:
    return {media_type: {"schema": {"$ref": REF.format(model=model.__name__)}}}
