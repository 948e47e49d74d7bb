"""Events as AWS hands them to a function: API Gateway (HTTP API, payload 2.0) and SQS."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from json import dumps
from typing import Any

from tests.support import builders
from tests.support.clock import NOON_MS


@dataclass(frozen=True)
class LambdaContext:
    """What Powertools reads of a Lambda context."""

    function_name: str = "unit-test"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:000000000000:function:unit-test"
    aws_request_id: str = "00000000-0000-0000-0000-000000000000"
    tenant_id: str | None = None

    def get_remaining_time_in_millis(self) -> int:
        return 10_000


def api_event(
    method: str,
    path: str,
    *,
    owner: str | None = builders.OWNER,
    params: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
    body: str | bytes | None = None,
) -> dict[str, Any]:
    """A request of the HTTP API; without an owner it carries no verified token. Bytes travel in base64."""
    http = {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "test"}
    context: dict[str, Any] = {
        "accountId": "000000000000",
        "apiId": "api",
        "domainName": "api.example.com",
        "http": http,
        "requestId": "request-1",
        "routeKey": f"{method} {path}",
        "stage": "$default",
        "time": "22/Nov/2026:12:00:00 +0000",
        "timeEpoch": NOON_MS,
    }
    if owner is not None:
        context["authorizer"] = {"jwt": {"claims": {"sub": owner, "token_use": "access"}, "scopes": None}}
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": context["routeKey"],
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": "api.example.com", **(headers or {})},
        "requestContext": context,
        "isBase64Encoded": isinstance(body, bytes),
    }
    if params:
        event["pathParameters"] = params
    if query:
        event["queryStringParameters"] = query
    if body is not None:
        event["body"] = base64.b64encode(body).decode() if isinstance(body, bytes) else body
    return event


def stop_event(session_id: str = builders.SESSION, *, method: str = "POST", **changes: Any) -> dict[str, Any]:
    return api_event(method, f"/v1/sessions/{session_id}/stop", params={"sessionId": session_id}, **changes)


def start_event(charger_id: str = builders.CHARGER, evse_id: str = "1", **changes: Any) -> dict[str, Any]:
    path = f"/v1/chargers/{charger_id}/evses/{evse_id}/sessions"
    return api_event("POST", path, params={"chargerId": charger_id, "evseId": evse_id}, **changes)


def session_event(session_id: str = builders.SESSION, below: str = "", **changes: Any) -> dict[str, Any]:
    return api_event("GET", f"/v1/sessions/{session_id}{below}", params={"sessionId": session_id}, **changes)


def charger_event(charger_id: str = builders.CHARGER, **changes: Any) -> dict[str, Any]:
    return api_event("GET", f"/v1/chargers/{charger_id}", params={"chargerId": charger_id}, **changes)


def shared_stop_event(session_id: str = builders.SESSION, **changes: Any) -> dict[str, Any]:
    return api_event("POST", f"/v1/shared-sessions/{session_id}/stop", params={"sessionId": session_id}, **changes)


def card_event(method: str, card_id: str = "", below: str = "", **changes: Any) -> dict[str, Any]:
    params = {"cardId": card_id} if card_id else None
    path = f"/v1/cards/{card_id}{below}" if card_id else "/v1/cards"
    return api_event(method, path, params=params, **changes)


OPERATOR_PARAMS = {
    "sessionId": builders.SESSION,
    "chargerId": builders.CHARGER,
    "owner": builders.OWNER,
    "queue": "reports",
}


def operator_event(
    method: str, path: str, *, groups: str | None = "[operators]", json: Any = None, **more: Any
) -> dict[str, Any]:
    """A request below /v1/operator, its `{parameters}` filled in, by somebody in these groups."""
    params = {name: value for name, value in OPERATOR_PARAMS.items() if f"{{{name}}}" in path}
    if (queue := path.removeprefix("dead-letters/")) != path and not params:
        params = {"queue": queue.partition("/")[0]}
    if json is not None:
        more |= {"body": dumps(json), "headers": {"content-type": "application/json"}}
    event = api_event(method, f"/v1/operator/{path}".format(**params), params=params or None, **more)
    if groups is not None:
        event["requestContext"]["authorizer"]["jwt"]["claims"]["cognito:groups"] = groups
    return event


def sqs_event(*bodies: str) -> dict[str, Any]:
    """A batch; the records are `message-0`, `message-1` and so on."""
    return {
        "Records": [
            {
                "messageId": f"message-{index}",
                "receiptHandle": f"receipt-{index}",
                "body": body,
                "attributes": {
                    "ApproximateReceiveCount": "1",
                    "SentTimestamp": str(NOON_MS),
                    "SenderId": "iot",
                    "ApproximateFirstReceiveTimestamp": str(NOON_MS + 1),
                },
                "messageAttributes": {},
                "md5OfBody": "",
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-central-1:000000000000:queue",
                "awsRegion": "eu-central-1",
            }
            for index, body in enumerate(bodies)
        ]
    }


def body_of(answer: dict[str, Any]) -> dict[str, Any]:
    """The document in an answer."""
    document: dict[str, Any] = json.loads(answer["body"])
    return document


def problem_code(answer: dict[str, Any]) -> str:
    """The code of a problem, once it is shaped like one."""
    headers = {name.lower(): value for name, value in answer["headers"].items()}
    assert headers["content-type"] == "application/problem+json"
    assert headers["cache-control"] == "no-store"
    problem = body_of(answer)
    assert set(problem) == {"type", "title", "status", "detail", "code", "advice", "retryable", "retryAfterS"}
    assert problem["status"] == answer["statusCode"]
    assert problem["type"] == f"urn:polaris:problem:{problem['code']}"
    assert headers.get("retry-after") == (None if problem["retryAfterS"] is None else str(problem["retryAfterS"]))
    return str(problem["code"])
