"""From the domain's errors to HTTP: RFC 9457 problems with the words of the reason table, and nothing else.

The one place where a function catches everything: a driver gets an answer with advice even when we have a bug, and
the bug is logged with its trace and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from aws_lambda_powertools import Logger
from pydantic import BaseModel

from functions.api_models.base import Problem
from functions.domain.errors import PolarisError, TemporaryError
from functions.domain.reasons import reason

Response = dict[str, Any]
Handler = Callable[..., Response]

SECURITY_HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


def json_response(status: int, document: BaseModel, headers: Mapping[str, str] | None = None) -> Response:
    """An API Gateway answer (payload 2.0) with a document of the API."""
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json", **SECURITY_HEADERS, **(headers or {})},
        "body": document.model_dump_json(by_alias=True),
        "isBase64Encoded": False,
    }


def problem_of(error: Exception) -> Problem:
    """The problem an error makes. What is not an error of the domain is `internal`, and its words stay inside."""
    if isinstance(error, PolarisError):
        retry_after_s = error.retry_after_s if isinstance(error, TemporaryError) else None
        detail = "" if error.code == "internal" else error.detail
        return Problem.of(reason(error.code), detail, retry_after_s)
    return Problem.of(reason("internal"), "")


def problem_response(error: Exception) -> Response:
    """The HTTP answer to an error."""
    problem = problem_of(error)
    headers = {"content-type": "application/problem+json"}
    if problem.retry_after_s is not None:
        headers["retry-after"] = str(problem.retry_after_s)
    return json_response(problem.status, problem, headers)


def refusal(error: PolarisError, logger: Logger) -> Response:
    """The HTTP answer to an error of the domain, and a line about it in the log."""
    response = problem_response(error)
    server_fault = response["statusCode"] >= 500  # noqa: PLR2004 - HTTP's own line
    log = logger.error if server_fault else logger.info
    log("request refused", extra={"problem": error.code, "detail": error.detail})
    return response


def answers_problems(logger: Logger) -> Callable[[Handler], Handler]:
    """Decorates a handler so that whatever it raises becomes a problem, and our own mistakes are logged."""

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        def answered(event: dict[str, Any], context: object, *args: Any) -> Response:
            try:
                return handler(event, context, *args)
            except PolarisError as error:
                return refusal(error, logger)
            except Exception as error:
                logger.exception("unexpected error")
                return problem_response(error)

        return answered

    return decorate
