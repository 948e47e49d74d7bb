from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.infra.templates import Synthesised

ROUTES = {
    "GET /v1/chargers": "chargers_api",
    "GET /v1/chargers/{chargerId}": "chargers_api",
    "POST /v1/chargers/{chargerId}/evses/{evseId}/sessions": "start_session",
    "GET /v1/sessions": "sessions_api",
    "GET /v1/sessions.csv": "sessions_api",
    "GET /v1/sessions/{sessionId}": "sessions_api",
    "GET /v1/sessions/{sessionId}/timeline": "sessions_api",
    "GET /v1/sessions/{sessionId}/meter-values": "sessions_api",
    "POST /v1/sessions/{sessionId}/stop": "stop_session",
    "DELETE /v1/sessions/{sessionId}/stop": "stop_session",
    "POST /v1/sessions/{sessionId}/stop-right": "sharing_api",
    "GET /v1/sessions/{sessionId}/stop-right": "sharing_api",
    "DELETE /v1/sessions/{sessionId}/stop-right": "sharing_api",
    "POST /v1/shared-sessions": "sharing_api",
    "GET /v1/shared-sessions/{sessionId}": "sharing_api",
    "POST /v1/shared-sessions/{sessionId}/stop": "stop_session",
    "DELETE /v1/me": "account_api",
    "GET /v1/cards": "cards_api",
    "POST /v1/cards": "cards_api",
    "DELETE /v1/cards/{cardId}": "cards_api",
    "POST /v1/cards/{cardId}/lost": "cards_api",
    "GET /v1/operator/sessions": "operator_api",
    "GET /v1/operator/sessions/{sessionId}": "operator_api",
    "POST /v1/operator/sessions/{sessionId}/stop": "operator_api",
    "POST /v1/operator/sessions/{sessionId}/close": "operator_api",
    "GET /v1/operator/chargers": "operator_api",
    "GET /v1/operator/chargers/{chargerId}": "operator_api",
    "POST /v1/operator/chargers/{chargerId}/out-of-service": "operator_api",
    "POST /v1/operator/chargers/{chargerId}/in-service": "operator_api",
    "GET /v1/operator/accounts/{owner}": "operator_api",
    "POST /v1/operator/accounts/{owner}/suspend": "operator_api",
    "POST /v1/operator/accounts/{owner}/restore": "operator_api",
    "GET /v1/operator/dead-letters": "operator_api",
    "GET /v1/operator/dead-letters/{queue}": "operator_api",
    "POST /v1/operator/dead-letters/{queue}/redrive": "operator_api",
    "GET /v1/operator/audit": "operator_api",
}


def routes(template: Synthesised) -> dict[str, dict[str, Any]]:
    return {body["RouteKey"]: body for body in template.of_type("AWS::ApiGatewayV2::Route").values()}


def test_the_routes_are_those_of_the_design_and_each_reaches_its_function(dev: Synthesised) -> None:
    integrations = dev.of_type("AWS::ApiGatewayV2::Integration")
    reached = {}
    for key, route in routes(dev).items():
        integration = integrations[route["Target"].removeprefix("integrations/").strip("<>")]
        assert integration["PayloadFormatVersion"] == "2.0"
        reached[key] = integration["IntegrationUri"]
    assert reached == {key: f"<Functions{name.replace('_', '')}Function.Arn>" for key, name in ROUTES.items()}


def test_no_route_answers_without_a_drivers_token(dev: Synthesised) -> None:
    for route in routes(dev).values():
        assert route["AuthorizationType"] == "JWT"
        assert route["AuthorizerId"] == "<HttpApiDrivers>"
    authorizer = dev.one("AWS::ApiGatewayV2::Authorizer")
    assert authorizer["IdentitySource"] == ["$request.header.Authorization"]
    assert authorizer["JwtConfiguration"] == {
        "Audience": ["<DriversPoolApp>", "<DriversPoolOperatorsApp>"],
        "Issuer": "https://cognito-idp.eu-central-1.amazonaws.com/<DriversPool>",
    }


def test_api_gateway_may_invoke_a_function_for_its_own_routes_only(dev: Synthesised) -> None:
    granted = {
        (body["SourceArn"].partition(":<HttpApi>/*/*")[2], body["FunctionName"])
        for body in dev.of_type("AWS::Lambda::Permission").values()
        if body["Principal"] == "apigateway.amazonaws.com"
    }
    assert granted == {
        (key.partition(" ")[2], f"<Functions{name.replace('_', '')}Function.Arn>") for key, name in ROUTES.items()
    }


def test_requests_are_logged_as_json_without_the_token(dev: Synthesised) -> None:
    stage = dev.one("AWS::ApiGatewayV2::Stage")
    assert (stage["StageName"], stage["AutoDeploy"]) == ("$default", True)
    fields = json.loads(stage["AccessLogSettings"]["Format"])
    assert {"requestId", "route", "status", "owner", "latencyMs"} <= set(fields)
    assert "authorization" not in stage["AccessLogSettings"]["Format"].lower()
    assert dev.one("AWS::Logs::LogGroup", "AccessLog")["RetentionInDays"] == 14


def test_a_browser_may_call_from_the_named_origins_with_the_headers_the_api_knows(
    synthesise: Callable[[Mapping[str, str]], Synthesised],
) -> None:
    named = synthesise({"env": "prod", "corsOrigins": "https://app.example.com,https://beta.example.com"})
    cors = named.one("AWS::ApiGatewayV2::Api")["CorsConfiguration"]
    assert cors["AllowOrigins"] == ["https://app.example.com", "https://beta.example.com"]
    assert set(cors["AllowMethods"]) == {"GET", "POST", "DELETE"}
    assert {"authorization", "idempotency-key", "if-none-match", "prefer"} <= set(cors["AllowHeaders"])
    assert {"etag", "link", "retry-after"} <= set(cors["ExposeHeaders"])


def test_in_prod_no_browser_may_call_unless_an_origin_is_named(prod: Synthesised) -> None:
    assert "CorsConfiguration" not in prod.one("AWS::ApiGatewayV2::Api")
