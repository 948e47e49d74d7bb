"""Chargers, and starting on them."""

from __future__ import annotations

from functions.api_models.chargers import ChargerDetail, ChargerPage
from functions.api_models.sessions import Session
from functions.chargers_api.handler import ChargersQuery
from functions.http_request import ChargerPath, EvsePath, StartWishes
from functions.openapi.route import Json, Route, header

_IDEMPOTENCY_KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": (
        "The same key finds the same session, however often it is sent; another EVSE or another target is refused."
    ),
    "schema": {"type": "string", "pattern": r"^[\x21-\x7e]{1,128}$"},
}

ROUTES = (
    Route(
        method="get",
        path="/v1/chargers",
        operation_id="listChargers",
        summary="The chargers, page by page",
        answers={200: ("A page of chargers", ChargerPage)},
        reasons=("invalid_request",),
        query_model=ChargersQuery,
    ),
    Route(
        method="get",
        path="/v1/chargers/{chargerId}",
        operation_id="getCharger",
        summary="A charger's detail screen: what the caller may do on each EVSE, and the caller's own session",
        answers={200: ("The charger", ChargerDetail)},
        reasons=("invalid_request", "charger_not_found"),
        path_model=ChargerPath,
    ),
    Route(
        method="post",
        path="/v1/chargers/{chargerId}/evses/{evseId}/sessions",
        operation_id="startSession",
        summary="Start charging",
        answers={202: ("Asked for; follow the session at `Location`", Session)},
        reasons=(
            "invalid_request",
            "unsupported_media_type",
            "account_suspended",
            "account_deleted",
            "charger_not_found",
            "evse_not_found",
            "evse_in_use",
            "charger_out_of_service",
            "cable_not_plugged",
            "charger_offline",
            "idempotency_key_reused",
            "not_sent",
        ),
        path_model=EvsePath,
        headers=(_IDEMPOTENCY_KEY,),
        answer_headers=header("Location", "Where to follow the session."),
        body=StartWishes,
    ),
)
