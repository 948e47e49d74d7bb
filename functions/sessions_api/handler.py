"""GET /v1/sessions…: a driver's sessions as a list or a table, one of them, its timeline and its curve."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from pydantic import Field

from functions import bootstrap
from functions.adapters.positions import read_meter_position
from functions.api_models.sessions import (
    MeterValue,
    MeterValuePage,
    Session,
    SessionPage,
    SessionStatus,
    Stage,
    Timeline,
)
from functions.api_models.sessions_csv import sessions_csv
from functions.cursors import CURSOR_MAX_CHARS, seal, unseal
from functions.domain.reading import Reading
from functions.domain.records import SessionRecord
from functions.domain.timeline import timeline
from functions.http_problem import Response, answers_problems
from functions.http_request import (
    IN_DIGITS,
    Moment,
    RequestModel,
    SessionPath,
    header_of,
    owner_of,
    path_of,
    query_of,
)
from functions.http_routes import JsonResponse, document, router, table

logger = Logger()
metrics = Metrics()
app = router(logger)

Cursor = Annotated[str, Field(max_length=CURSOR_MAX_CHARS)]


class SessionsQuery(RequestModel):
    """Which sessions to list: status and time of creation, from inclusive to inclusive."""

    status: SessionStatus | None = None
    from_: Annotated[Moment | None, Field(alias="from")] = None
    to: Moment | None = None
    limit: Annotated[int, Field(ge=1, le=100), IN_DIGITS] = 20
    cursor: Cursor | None = None


class ExportQuery(SessionsQuery):
    """Which sessions to export: as for the list, in longer pages."""

    limit: Annotated[int, Field(ge=1, le=500), IN_DIGITS] = 500


class MeterValuesQuery(RequestModel):
    """Which part of the curve, and how fine: with `resolutionS` one point for each stretch of that many seconds.

    `limit` is how many samples are looked at.
    """

    limit: Annotated[int, Field(ge=1, le=1000), IN_DIGITS] = 500
    resolution_s: Annotated[int, Field(ge=1, le=3600), IN_DIGITS] | None = None
    cursor: Cursor | None = None


@app.get("/v1/sessions")
def list_sessions() -> JsonResponse:
    """The caller's sessions, newest first."""
    event, use = app.current_event.raw_event, _reading()
    found, cursor = _page(use, "sessions", owner_of(event), query_of(event, SessionsQuery))
    now_ms = use.clock()
    shown = [Session.of(it, now_ms=now_ms, patience=use.patience, connected=use.connected(it)) for it in found]
    return document(200, SessionPage(sessions=shown, cursor=cursor))


@app.get("/v1/sessions.csv")
def export_sessions() -> JsonResponse:
    """The caller's sessions as a table; `Link` leads to its next page."""
    event, use = app.current_event.raw_event, _reading()
    found, cursor = _page(use, "sessions.csv", owner_of(event), query_of(event, ExportQuery))
    headers = {"content-disposition": 'attachment; filename="sessions.csv"'}
    if cursor is not None:
        query = {**(event.get("queryStringParameters") or {}), "cursor": cursor}
        headers["link"] = f'<?{urlencode(query)}>; rel="next"'
    now_ms = use.clock()
    return table(sessions_csv(Session.of(it, now_ms=now_ms, patience=use.patience) for it in found), headers)


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
    scope = _scope("meter-values", owner, wanted, query.resolution_s)
    position = unseal(scope, query.cursor)
    every_ms = None if query.resolution_s is None else query.resolution_s * 1000
    after_ms = read_meter_position(position)[0] if position else None
    session, page = _reading().meter_samples(
        wanted, owner=owner, limit=query.limit, cursor=position, every_ms=every_ms, after_ms=after_ms
    )
    values = [MeterValue.of(sample, session) for sample in page.items]
    return document(200, MeterValuePage(session_id=wanted, meter_values=values, cursor=seal(scope, page.cursor)))


def _page(use: Reading, name: str, owner: str, query: SessionsQuery) -> tuple[list[SessionRecord], str | None]:
    """What a query finds, and the cursor that continues it."""
    scope = _scope(name, owner, query.status, query.from_, query.to)
    page = use.sessions_of(
        owner,
        status=query.status,
        from_ms=_ms(query.from_),
        to_ms=_ms(query.to),
        limit=query.limit,
        cursor=unseal(scope, query.cursor),
    )
    return page.items, seal(scope, page.cursor)


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
