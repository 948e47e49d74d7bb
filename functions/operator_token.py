"""Who is an operator: only the verified access token says so, by a claim that its bearer cannot set.

`cognito:groups` is written by the user pool alone, and who is in a group is set by whoever administers the pool. API
Gateway hands a list over as one text, its entries between brackets with blanks between them: `[operators night]`. A
group's name has no blank in it (Cognito's own rule), so none can be made to read as two.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.domain.errors import CallerError

OPERATORS = "operators"
"""The group's name (infra/identity.py)."""


def operator_of(event: Mapping[str, Any]) -> str:
    """The operator behind a request: the `sub` of the token.

    Raises:
        CallerError: route_not_found; to everybody else these routes do not exist.
    """
    claims = event.get("requestContext", {}).get("authorizer", {}).get("jwt", {}).get("claims", {})
    operator = claims.get("sub")
    # An ID token gets past the gateway too, and its claims can be a user's own attributes.
    is_access = claims.get("token_use") == "access"
    if not is_access or OPERATORS not in groups_in(claims.get("cognito:groups")) or not _is_text(operator):
        raise CallerError("route_not_found", "There is nothing at this address.")
    return str(operator)


def groups_in(claim: object) -> list[str]:
    """The groups that a claim names; none if it is not written as API Gateway writes a list."""
    if not isinstance(claim, str) or not (claim.startswith("[") and claim.endswith("]")):
        return []
    return [name for name in claim[1:-1].split(" ") if name]


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""
