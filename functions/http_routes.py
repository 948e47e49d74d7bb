"""What the functions with several routes share: a router whose answers and refusals look like everybody else's."""

from __future__ import annotations

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from pydantic import BaseModel

from functions.domain.errors import CallerError, PolarisError
from functions.http_problem import SECURITY_HEADERS, refusal

JsonResponse = Response[str]

ADDRESS_MAX_CHARS = 80
"""As much of an unknown address as an answer repeats: it is the caller's own text."""


def router(logger: Logger) -> APIGatewayHttpResolver:
    """A resolver that answers an unknown route and every error of the domain with a problem.

    Validation stays with our own models: the router's produces errors in a shape of its own (docs/adr/0005). What it
    does not know how to answer it logs as a crash, which a driver's 404 is not.
    """
    app = APIGatewayHttpResolver(enable_validation=False)

    def refused(error: PolarisError) -> JsonResponse:
        answer = refusal(error, logger)
        return Response(status_code=answer["statusCode"], headers=answer["headers"], body=answer["body"])

    app.exception_handler(PolarisError)(refused)

    @app.not_found
    def unknown_route(_: NotFoundError) -> JsonResponse:
        event = app.current_event
        address = event.path[:ADDRESS_MAX_CHARS].encode(errors="replace").decode()
        return refused(CallerError("route_not_found", f"{event.http_method} {address}"))

    return app


def table(csv: str, headers: dict[str, str]) -> JsonResponse:
    """An answer with a table to save as a file."""
    every = {"content-type": "text/csv; charset=utf-8; header=present", **SECURITY_HEADERS, **headers}
    return Response(status_code=200, headers=every, body=csv)


def nothing() -> JsonResponse:
    """An answer that says by itself that it is done."""
    return Response(status_code=204, headers=dict(SECURITY_HEADERS), body="")


def document(status: int, model: BaseModel, headers: dict[str, str] | None = None) -> JsonResponse:
    """An answer with a document of the API."""
    every = {"content-type": "application/json", **SECURITY_HEADERS, **(headers or {})}
    return Response(status_code=status, headers=every, body=model.model_dump_json(by_alias=True))
