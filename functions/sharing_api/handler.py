"""Stop rights: a driver lends one for a session, sees it and takes it back; another account takes and uses it."""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from pydantic import StringConstraints

from functions import bootstrap
from functions.api_models.sharing import SharedSession, StopRightOffer, StopRightState
from functions.domain.lending import Lending
from functions.domain.patience import Patience
from functions.domain.records import SessionRecord
from functions.http_problem import Response, answers_problems
from functions.http_request import RequestModel, SessionPath, body_of, owner_of, path_of, require_no_content
from functions.http_routes import JsonResponse, document, nothing, router

logger = Logger()
metrics = Metrics()
app = router(logger)


class StopRightCode(RequestModel):
    """A code as its driver passed it on."""

    code: Annotated[str, StringConstraints(pattern=r"^[0-7][0-9A-HJKMNP-TV-Z]{25}-[A-Za-z0-9_\-]{22}$")]


@app.post("/v1/sessions/<session_id>/stop-right")
def lend(session_id: str) -> JsonResponse:  # noqa: ARG001 - the router insists on passing it; path_of checks it
    """Make a code that lends the right to stop one session of the caller."""
    event = app.current_event.raw_event
    owner, wanted = owner_of(event), path_of(event, SessionPath).session_id
    require_no_content(event)
    right, code = _lending()[0].offer(wanted, owner=owner)
    logger.info("stop right offered", extra={"session_id": wanted, "right_id": right.right_id})
    return document(201, StopRightOffer.of(wanted, right, code))


@app.get("/v1/sessions/<session_id>/stop-right")
def look(session_id: str) -> JsonResponse:  # noqa: ARG001 - as lend
    """Whether the right to stop a session of the caller is lent."""
    event = app.current_event.raw_event
    owner, wanted = owner_of(event), path_of(event, SessionPath).session_id
    return document(200, StopRightState.of(wanted, _lending()[0].right_of(wanted, owner=owner)))


@app.delete("/v1/sessions/<session_id>/stop-right")
def revoke(session_id: str) -> JsonResponse:  # noqa: ARG001 - as lend
    """Take the right to stop a session of the caller back."""
    event = app.current_event.raw_event
    owner, wanted = owner_of(event), path_of(event, SessionPath).session_id
    require_no_content(event)
    _lending()[0].revoke(wanted, owner=owner)
    logger.info("stop right revoked", extra={"session_id": wanted})
    return nothing()


@app.post("/v1/shared-sessions")
def take() -> JsonResponse:
    """Take the right that a code lends."""
    event = app.current_event.raw_event
    account, wanted = owner_of(event), body_of(event, StopRightCode)
    session = _lending()[0].take(wanted.code, account=account)
    logger.info("stop right taken", extra={"session_id": session.session_id})
    return _shown(session)


@app.get("/v1/shared-sessions/<session_id>")
def get_shared(session_id: str) -> JsonResponse:  # noqa: ARG001 - as lend
    """A session that the caller may stop for somebody else."""
    event = app.current_event.raw_event
    account, wanted = owner_of(event), path_of(event, SessionPath).session_id
    return _shown(_lending()[0].session(wanted, account=account))


def _shown(session: SessionRecord) -> JsonResponse:
    lending, patience = _lending()
    return document(200, SharedSession.of(session, now_ms=lending.clock(), patience=patience))


def _lending() -> tuple[Lending, Patience]:
    given: tuple[Lending, Patience] | None = app.context.get("lending")
    return given or bootstrap.lending()


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
@metrics.log_metrics
@answers_problems(logger)
def handler(event: dict[str, Any], context: Any, lending: tuple[Lending, Patience] | None = None) -> Response:
    """Route one request."""
    metrics.add_metric("SharingAsked", MetricUnit.Count, 1)
    app.append_context(lending=lending)  # type: ignore[no-untyped-call]  # Powertools left it untyped
    return app.resolve(event, context)
