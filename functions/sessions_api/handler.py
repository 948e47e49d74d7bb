"""GET /v1/sessions…: a driver's sessions, one of them, its timeline and its curve."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Annotated, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from pydantic import AwareDatetime, Field

from functions import bootstrap
from functions.api_models.sessions import (
    MeterValue,
    MeterValuePage,
    Session,
    SessionPage,
    SessionStatus,
    Stage,
    Timeline,
)
from functions.cursors import CURSOR_MAX_CHARS, seal, unseal
from functions.domain.reading import Reading
from functions.domain.timeline import timeline
from functions.http_problem import Response, answers_problems
from functions.http_request import RequestModel, SessionPath, header_of, owner_of, path_of, query_of
from functions.http_routes import JsonResponse, document, router

logger = Logger()
metrics = Metrics()
app = router(logger)

Cursor = Annotated[str, Field(max_length=CURSOR_MAX_CHARS)]


class SessionsQuery(RequestModel):
    """Which sessions to list: status and time of creation, from inclusive to inclusive."""

    status: SessionStatus | None = None
    from_: Annotated[AwareDatetime | None, Field(alias="from")] = None
    to: AwareDatetime | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    cursor: Cursor | None = None


class MeterValuesQuery(RequestModel):
    """Which part of the curve."""

    limit: Annotated[int, Field(ge=1, le=1000)] = 500
    cursor: Cursor | None = None


@app.get("/v1/sessions")
def list_sessions() -> JsonResponse:
    """The caller's sessions, newest first."""
    event, use = app.current_event.raw_event, _reading()
    owner, query = owner_of(event), query_of(event, SessionsQuery)
    scope = _scope("sessions", owner, query.status, query.from_, query.to)
    page = use.sessions_of(
        owner,
        status=query.status,
        from_ms=_ms(query.from_),
        to_ms=_ms(query.to),
        limit=query.limit,
        cursor=unseal(scope, query.cursor),
    )
    now_ms = use.clock()
    shown = [Session.of(it, now_ms=now_ms, patience=use.patience, connected=use.connected(it)) for it in page.items]
    return document(200, SessionPage(sessions=shown, cursor=seal(scope, page.cursor)))


@app.get("/v1/sessions/<session_id>")
def get_session(session_id: str) -> JsonResponse:  # noqa: ARG001 - the router insists on passing it; path_of checks it
    """One session of the caller; the charger of a live one is told that somebody looks."""
    event, use = app.current_event.raw_event, _reading()
    session = use.session(path_of(event, SessionPath).session_id, owner=owner_of(event))
    use.watch(session)
    shown = Session.of(session, now_ms=use.clock(), patience=use.patience, connected=use.connected(session))
    etag = f'"{hashlib.sha256(shown.model_dump_json().encode()).hexdigest()[:20]}"'
    if etag in [tag.strip().removeprefix("W/") for tag in (header_of(event, "if-none-match") or "").split(",")]:
        return JsonResponse(status_code=304, headers={"etag": etag}, body="")
    return document(200, shown, {"etag": etag})


@app.get("/v1/sessions/<session_id>/timeline")
def get_timeline(session_id: str) -> JsonResponse:  # noqa: ARG001 - as get_session
    """The story of one session of the caller."""
    event = app.current_event.raw_event
    session = _reading().session(path_of(event, SessionPath).session_id, owner=owner_of(event))
    stages = [Stage.of(stage) for stage in timeline(session)]
    return document(200, Timeline(session_id=session.session_id, stages=stages))


@app.get("/v1/sessions/<session_id>/meter-values")
def get_meter_values(session_id: str) -> JsonResponse:  # noqa: ARG001 - as get_session
    """The curve of one session of the caller, oldest first."""
    event = app.current_event.raw_event
    wanted, query = path_of(event, SessionPath).session_id, query_of(event, MeterValuesQuery)
    owner = owner_of(event)
    scope = _scope("meter-values", owner, wanted)
    session, page = _reading().meter_samples(wanted, owner=owner, limit=query.limit, cursor=unseal(scope, query.cursor))
    values = [MeterValue.of(sample, session) for sample in page.items]
    return document(200, MeterValuePage(session_id=wanted, meter_values=values, cursor=seal(scope, page.cursor)))


def _scope(name: str, *parts: object) -> str:
    """What a cursor is bound to: the list, its owner and every filter, so that it continues this query and no other."""
    return "\n".join([name, *("" if part is None else str(part) for part in parts)])


def _ms(time: datetime | None) -> int | None:
    return None if time is None else max(0, int(time.timestamp() * 1000))


def _reading() -> Reading:
    given: Reading | None = app.context.get("reading")
    return given or bootstrap.reading()


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
@metrics.log_metrics
@answers_problems(logger)
def handler(event: dict[str, Any], context: Any, reading: Reading | None = None) -> Response:
    """Route one request."""
    metrics.add_metric("SessionsRead", MetricUnit.Count, 1)
    app.append_context(reading=reading)  # type: ignore[no-untyped-call]  # Powertools left it untyped
    return app.resolve(event, context)
