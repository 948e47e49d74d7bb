"""The caller's own account."""

from __future__ import annotations

from functions.api_models.account import AccountDeletion
from functions.openapi.route import Route, header

ROUTES = (
    Route(
        method="delete",
        path="/v1/me",
        operation_id="deleteAccount",
        summary="Delete the caller's account: cards and sign-in go, sessions stay without their person. No way back",
        answers={
            202: ("More is left to do: ask again until it is 204", AccountDeletion),
            204: ("Nothing of the person is left", None),
        },
        reasons=("invalid_request", "unsupported_media_type", "session_running"),
        answer_headers=header("Retry-After", "Of a 202: seconds to wait before asking again."),
    ),
)
