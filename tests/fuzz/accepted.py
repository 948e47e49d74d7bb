"""What schemathesis takes for a failure and is none: nothing else of its checks is switched off.

Loaded by schemathesis itself, as a module of hooks.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import schemathesis
from schemathesis.core.failures import Failure, ServerError
from schemathesis.core.transport import Response
from schemathesis.openapi.checks import RejectedPositiveData, UnsupportedMethodResponse, UseAfterFree


def _method_nobody_declared(failure: Failure, answer: dict[str, Any]) -> bool:
    """The gateway answers 404, with its own message, where schemathesis wants 405.

    An HTTP API of API Gateway knows no 405. A function behind a catch-all route could give one, and anybody without a
    token could then make it run.
    """
    return isinstance(failure, UnsupportedMethodResponse) and answer == {"message": "Not Found"}


def _made_up_cursor(failure: Failure, answer: dict[str, Any]) -> bool:
    """A cursor is opaque: only one that a list has given continues that list, and no schema can tell it apart."""
    return isinstance(failure, RejectedPositiveData) and answer.get("detail") == "cursor: not one of this list."


def _key_of_another_request(failure: Failure, answer: dict[str, Any]) -> bool:
    """An Idempotency-Key that has begun a session on another EVSE is refused with 422, as its Internet-Draft says."""
    return isinstance(failure, RejectedPositiveData) and answer.get("code") == "idempotency_key_reused"


def _charger_without_power(failure: Failure, answer: dict[str, Any]) -> bool:
    """One of the chargers of the local stack is off. A start there is answered 503: it may succeed unchanged later."""
    return isinstance(failure, ServerError) and answer.get("code") == "charger_offline"


def _parameters_that_do_not_go_together(failure: Failure, answer: dict[str, Any]) -> bool:
    """OpenAPI cannot say that exactly one of several query parameters is to be given, or one only with another."""
    told = ("owner, chargerId, state: give exactly one of them.", "evseId: only together with chargerId.")
    return isinstance(failure, RejectedPositiveData) and answer.get("detail") in told


def _right_that_was_taken_back(failure: Failure, answer: dict[str, Any]) -> bool:
    """The right to stop a session is there as long as the session: taken back, it reads `none`, as if never lent."""
    return isinstance(failure, UseAfterFree) and answer.get("status") == "none"


ACCEPTED: tuple[Callable[[Failure, dict[str, Any]], bool], ...] = (
    _method_nobody_declared,
    _made_up_cursor,
    _key_of_another_request,
    _charger_without_power,
    _parameters_that_do_not_go_together,
    _right_that_was_taken_back,
)


@schemathesis.hook
def filter_failure(
    _context: schemathesis.HookContext, failure: Failure, _case: schemathesis.Case[Any], response: Response
) -> bool:
    """Whether a failure counts."""
    try:
        answer = json.loads(response.content)
    except ValueError:
        return True
    return not (isinstance(answer, dict) and any(accepts(failure, answer) for accepts in ACCEPTED))
