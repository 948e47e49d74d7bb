"""A driver's sessions, and stopping them."""

from __future__ import annotations

from functions.api_models.sessions import MeterValuePage, Session, SessionPage, Timeline
from functions.http_request import NoBody, SessionPath
from functions.openapi.route import Json, Route, header
from functions.sessions_api.handler import ExportQuery, MeterValuesQuery, SessionsQuery

PREFER: Json = {
    "name": "Prefer",
    "in": "header",
    "description": "`wait=N` (RFC 7240, at most 10): answer once the outcome is known, or after N seconds. "
    "A tap that repeats one of the last two seconds is answered at once.",
    "schema": {"type": "string"},
    "example": "wait=5",
}
_IF_NONE_MATCH: Json = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The `ETag` of an earlier answer: 304 while nothing has changed.",
    "schema": {"type": "string"},
}

ROUTES = (
    Route(
        method="get",
        path="/v1/sessions",
        operation_id="listSessions",
        summary="The caller's sessions, newest first",
        answers={200: ("A page of sessions", SessionPage)},
        reasons=("invalid_request",),
        query_model=SessionsQuery,
    ),
    Route(
        method="get",
        path="/v1/sessions.csv",
        operation_id="exportSessions",
        summary="The caller's sessions as a table (RFC 4180), newest first; what looks like a formula follows a '",
        answers={200: ("A page of the table, with its header", None)},
        reasons=("invalid_request",),
        query_model=ExportQuery,
        answer_headers=header("Link", 'The next page of the table, as `<?…>; rel="next"`; absent on the last.'),
        csv=True,
    ),
    Route(
        method="get",
        path="/v1/sessions/{sessionId}",
        operation_id="getSession",
        summary="One session; ask again after `pollAfterMs`",
        answers={200: ("The session", Session), 304: ("Nothing has changed", None)},
        reasons=("invalid_request", "session_not_found"),
        path_model=SessionPath,
        headers=(_IF_NONE_MATCH,),
        answer_headers=header("ETag", "Changes with the document; send it as `If-None-Match`."),
    ),
    Route(
        method="post",
        path="/v1/sessions/{sessionId}/stop",
        operation_id="stopSession",
        summary="Stop charging. However often it is tapped, it is one stop",
        answers={
            200: ("The session is over", Session),
            202: ("The stop is in force, or was answered and the session goes on: see `stop`", Session),
        },
        reasons=("invalid_request", "unsupported_media_type", "session_not_found", "not_sent"),
        path_model=SessionPath,
        headers=(PREFER,),
        answer_headers=header("Preference-Applied", "The wait that was granted, as `wait=5`."),
        body=NoBody,
    ),
    Route(
        method="delete",
        path="/v1/sessions/{sessionId}/stop",
        operation_id="withdrawStop",
        summary="Keep charging: take back a stop that the charger has not acknowledged",
        answers={202: ("The session goes on", Session)},
        reasons=(
            "invalid_request",
            "unsupported_media_type",
            "session_not_found",
            "session_not_active",
            "no_stop_to_withdraw",
            "stop_already_acknowledged",
            "stop_by_operator",
            "not_sent",
        ),
        path_model=SessionPath,
    ),
    Route(
        method="get",
        path="/v1/sessions/{sessionId}/timeline",
        operation_id="getTimeline",
        summary="Every stage of a session, with its time and who said so",
        answers={200: ("The timeline", Timeline)},
        reasons=("invalid_request", "session_not_found"),
        path_model=SessionPath,
    ),
    Route(
        method="get",
        path="/v1/sessions/{sessionId}/meter-values",
        operation_id="getMeterValues",
        summary="The curve of a session, oldest first",
        answers={200: ("A page of meter values", MeterValuePage)},
        reasons=("invalid_request", "session_not_found"),
        path_model=SessionPath,
        query_model=MeterValuesQuery,
    ),
)
