"""What the functions with several routes share: a router whose answers and refusals look like everybody else's."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from pydantic import BaseModel

from functions.domain.errors import CallerError
from functions.http_problem import SECURITY_HEADERS, problem_response

JsonResponse = Response[str]


def router() -> APIGatewayHttpResolver:
    """A resolver that answers an unknown route with a problem.

    Validation stays with our own models: the router's produces errors in a shape of its own (docs/adr/0005).
    """
    app = APIGatewayHttpResolver(enable_validation=False)

    @app.not_found
    def unknown_route(_: NotFoundError) -> JsonResponse:
        event = app.current_event
        answer = problem_response(CallerError("route_not_found", f"{event.http_method} {event.path}"))
        return Response(status_code=answer["statusCode"], headers=answer["headers"], body=answer["body"])

    return app


def document(status: int, model: BaseModel, headers: dict[str, str] | None = None) -> JsonResponse:
    """An answer with a document of the API."""
    every = {"content-type": "application/json", **SECURITY_HEADERS, **(headers or {})}
    return Response(status_code=status, headers=every, body=model.model_dump_json(by_alias=True))
