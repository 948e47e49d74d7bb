"""The API's OpenAPI 3.1 description, generated from the models, the routes' tables and the reason table."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from functions.api_models.base import Problem
from functions.domain.reasons import REASONS
from functions.http_request import RequestModel
from functions.openapi import account, cards, chargers, operator, sessions, sharing
from functions.openapi.route import Json, Route, header

REF = "#/components/schemas/{model}"
ROUTES = (*chargers.ROUTES, *sessions.ROUTES, *cards.ROUTES, *sharing.ROUTES, *account.ROUTES, *operator.ROUTES)
EVERYWHERE = ("unauthorized", "too_many_requests", "unavailable", "internal")
"""Reasons that any route may give."""
WITH_PARAMETERS = "route_not_found"
"""The reason of an address whose parameters hold what no id of anything holds."""
GATEWAY = "GatewayMessage"
NOT_FOUND = 404
BY_THE_GATEWAY = {
    401: "no valid token",
    NOT_FOUND: "no such address or method",
    429: "more requests than the API takes",
}
"""What API Gateway answers by itself, before any function is asked."""

_RETRY_AFTER = header("Retry-After", "Seconds to wait before the same request; present if `retryAfterS` is.")

_GATEWAY_MESSAGE: Json = {
    "description": "An answer of the gateway itself.",
    "type": "object",
    "properties": {"message": {"type": "string"}},
    "required": ["message"],
}


def openapi() -> Json:
    """The whole description."""
    models: set[type[BaseModel]] = {Problem}
    models.update(route.body for route in ROUTES if route.body)
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
                "fits a banner, `advice` says what the driver can do. What the gateway answers by itself (401 without "
                "a valid token, 404 for an address or a method that does not exist, 429 of its throttling) is no "
                "problem of ours: it has a `message` only."
            ),
        },
        "security": [{"driver": []}],
        "tags": [
            {"name": "driver", "description": "What a driver's app does."},
            {"name": "operator", "description": "For tokens of the group `operators`; 404 for everybody else."},
        ],
        "paths": paths,
        "components": {
            "securitySchemes": {"driver": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
            "schemas": {**schemas["$defs"], GATEWAY: _GATEWAY_MESSAGE},
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
        "tags": [route.tag],
        "summary": route.summary,
        "parameters": parameters,
        "responses": {**_answers(route), **_refusals(route)},
    }
    if route.body:
        must = any(field.is_required() for field in route.body.model_fields.values())
        operation["requestBody"] = {"required": must, "content": _content("application/json", route.body)}
    return operation


def _parameters(model: type[RequestModel], place: str) -> list[Json]:
    schema = model.model_json_schema(by_alias=True, ref_template=REF)
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


def _refusals(route: Route) -> Json:
    codes: dict[int, list[str]] = {}
    # What looks at the kind of a body looks at its length first.
    lengths = ("request_too_large",) if "unsupported_media_type" in route.reasons else ()
    for code in (*route.reasons, *lengths, *((WITH_PARAMETERS,) if route.path_model else ()), *EVERYWHERE):
        codes.setdefault(REASONS[code].http_status, []).append(code)
    by_gateway = {status for status in BY_THE_GATEWAY if status != NOT_FOUND or route.path_model}
    return {str(status): _refusal(status, codes.get(status, [])) for status in sorted({*codes, *by_gateway})}


def _refusal(status: int, codes: list[str]) -> Json:
    """Our problem with one of these codes, or the gateway's own message, or either."""
    words = ["Codes: " + ", ".join(f"`{code}`" for code in codes)] if codes else []
    content: Json = {}
    if codes:
        problem = {"allOf": [{"$ref": REF.format(model="Problem")}, {"properties": {"code": {"enum": codes}}}]}
        content["application/problem+json"] = {"schema": problem}
    if status in BY_THE_GATEWAY:
        words.append(f"By the gateway itself: {BY_THE_GATEWAY[status]}")
        content["application/json"] = {"schema": {"$ref": REF.format(model=GATEWAY)}}
    return {"description": ". ".join(words), **({"headers": _RETRY_AFTER} if codes else {}), "content": content}


def _content(media_type: str, model: type[BaseModel]) -> Json:
    return {media_type: {"schema": {"$ref": REF.format(model=model.__name__)}}}
