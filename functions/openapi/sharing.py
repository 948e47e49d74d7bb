"""Lending the right to stop a session, and using it."""

from __future__ import annotations

from functions.api_models.sharing import SharedSession, StopRightOffer, StopRightState
from functions.http_request import NoBody, SessionPath
from functions.openapi.route import Route, header
from functions.openapi.sessions import PREFER
from functions.sharing_api.handler import StopRightCode

RIGHT = "/v1/sessions/{sessionId}/stop-right"
SHARED = "/v1/shared-sessions/{sessionId}"

ROUTES = (
    Route(
        method="post",
        path=RIGHT,
        operation_id="lendStopRight",
        summary="A code to pass on: the first other account to use it may stop this session, and nothing else",
        answers={201: ("The code, shown this once; an unused earlier one ends", StopRightOffer)},
        reasons=(
            "invalid_request",
            "unsupported_media_type",
            "session_not_found",
            "session_not_active",
            "stop_right_lent",
        ),
        path_model=SessionPath,
        body=NoBody,
    ),
    Route(
        method="get",
        path=RIGHT,
        operation_id="getStopRight",
        summary="Whether the right to stop this session is lent",
        answers={200: ("The state of the right", StopRightState)},
        reasons=("invalid_request", "session_not_found"),
        path_model=SessionPath,
    ),
    Route(
        method="delete",
        path=RIGHT,
        operation_id="revokeStopRight",
        summary="Take the right, or the code, back; where there is none, nothing changes",
        answers={204: ("Nobody else may stop this session", None)},
        reasons=("invalid_request", "unsupported_media_type", "session_not_found"),
        path_model=SessionPath,
    ),
    Route(
        method="post",
        path="/v1/shared-sessions",
        operation_id="takeStopRight",
        summary="Use a code: from now on the caller may stop that session",
        answers={200: ("The session, as far as is needed to stop it", SharedSession)},
        reasons=("invalid_request", "unsupported_media_type", "stop_right_not_found", "session_is_yours"),
        body=StopRightCode,
    ),
    Route(
        method="get",
        path=SHARED,
        operation_id="getSharedSession",
        summary="A session that the caller may stop for somebody else; missing once it is over or the right revoked",
        answers={200: ("The session, as far as is needed to stop it", SharedSession)},
        reasons=("invalid_request", "session_not_found"),
        path_model=SessionPath,
    ),
    Route(
        method="post",
        path=f"{SHARED}/stop",
        operation_id="stopSharedSession",
        summary="Stop charging for somebody else: as `stopSession`, by the right that was lent",
        answers={
            200: ("The session is over", SharedSession),
            202: ("The stop is in force, or was answered and the session goes on: see `stop`", SharedSession),
        },
        reasons=("invalid_request", "unsupported_media_type", "session_not_found", "not_sent"),
        path_model=SessionPath,
        headers=(PREFER,),
        answer_headers=header("Preference-Applied", "The wait that was granted, as `wait=5`."),
        body=NoBody,
    ),
)
