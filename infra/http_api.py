"""The API that the app and the operators' command line talk to: each route behind a token; everything else is a 404."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aws_cdk import Duration, Stack
from aws_cdk import aws_apigatewayv2 as apigw
from aws_cdk import aws_logs as logs
from aws_cdk.aws_apigatewayv2_authorizers import HttpJwtAuthorizer
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from infra.throttles import BEGIN, LIVE, SCREEN, SELDOM, STOP, TAKE_BACK, Throttle

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_lambda as lambda_

    from infra.environments import Environment
    from infra.identity import Drivers

GET, POST, DELETE = apigw.HttpMethod.GET, apigw.HttpMethod.POST, apigw.HttpMethod.DELETE

SESSION, SHARED = "/v1/sessions/{sessionId}", "/v1/shared-sessions/{sessionId}"
OPERATOR_SESSION = "/v1/operator/sessions/{sessionId}"
OPERATOR_CHARGER = "/v1/operator/chargers/{chargerId}"
OPERATOR_ACCOUNT = "/v1/operator/accounts/{owner}"
DEAD_LETTERS = "/v1/operator/dead-letters/{queue}"
ROUTES: tuple[tuple[apigw.HttpMethod, str, str, Throttle], ...] = (
    (GET, "/v1/chargers", "chargers_api", SCREEN),
    (GET, "/v1/chargers/{chargerId}", "chargers_api", LIVE),
    (POST, "/v1/chargers/{chargerId}/evses/{evseId}/sessions", "start_session", BEGIN),
    (GET, "/v1/sessions", "sessions_api", SCREEN),
    (GET, "/v1/sessions.csv", "sessions_api", SELDOM),
    (GET, SESSION, "sessions_api", LIVE),
    (GET, f"{SESSION}/timeline", "sessions_api", SCREEN),
    (GET, f"{SESSION}/meter-values", "sessions_api", SCREEN),
    (POST, f"{SESSION}/stop", "stop_session", STOP),
    (DELETE, f"{SESSION}/stop", "stop_session", TAKE_BACK),
    (POST, f"{SESSION}/stop-right", "sharing_api", SELDOM),
    (GET, f"{SESSION}/stop-right", "sharing_api", SELDOM),
    (DELETE, f"{SESSION}/stop-right", "sharing_api", SELDOM),
    (POST, "/v1/shared-sessions", "sharing_api", SELDOM),
    (GET, SHARED, "sharing_api", SCREEN),
    (POST, f"{SHARED}/stop", "stop_session", SCREEN),
    (DELETE, "/v1/me", "account_api", SELDOM),
    (GET, "/v1/cards", "cards_api", SELDOM),
    (POST, "/v1/cards", "cards_api", SELDOM),
    (DELETE, "/v1/cards/{cardId}", "cards_api", SELDOM),
    (POST, "/v1/cards/{cardId}/lost", "cards_api", SELDOM),
    (GET, "/v1/operator/sessions", "operator_api", SELDOM),
    (GET, OPERATOR_SESSION, "operator_api", SELDOM),
    (POST, f"{OPERATOR_SESSION}/stop", "operator_api", SELDOM),
    (POST, f"{OPERATOR_SESSION}/close", "operator_api", SELDOM),
    (GET, "/v1/operator/chargers", "operator_api", SELDOM),
    (GET, OPERATOR_CHARGER, "operator_api", SELDOM),
    (POST, f"{OPERATOR_CHARGER}/out-of-service", "operator_api", SELDOM),
    (POST, f"{OPERATOR_CHARGER}/in-service", "operator_api", SELDOM),
    (GET, OPERATOR_ACCOUNT, "operator_api", SELDOM),
    (POST, f"{OPERATOR_ACCOUNT}/suspend", "operator_api", SELDOM),
    (POST, f"{OPERATOR_ACCOUNT}/restore", "operator_api", SELDOM),
    (GET, "/v1/operator/dead-letters", "operator_api", SELDOM),
    (GET, DEAD_LETTERS, "operator_api", SELDOM),
    (POST, f"{DEAD_LETTERS}/redrive", "operator_api", SELDOM),
    (GET, "/v1/operator/audit", "operator_api", SELDOM),
)
"""Method, path, the function that answers, and how much of it the API takes."""

ACCESS_LOG_FIELDS = {
    "requestId": "$context.requestId",
    "at": "$context.requestTime",
    "route": "$context.routeKey",
    "status": "$context.status",
    "sourceIp": "$context.identity.sourceIp",
    "owner": "$context.authorizer.claims.sub",
    "latencyMs": "$context.responseLatency",
    "integrationLatencyMs": "$context.integrationLatency",
    "authorizerError": "$context.authorizer.error",
    "error": "$context.integrationErrorMessage",
}


class HttpApi(Construct):
    """API Gateway in front of the functions: tokens, throttling, CORS and the access log are its business."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        drivers: Drivers,
        functions: Mapping[str, lambda_.IFunction],
    ) -> None:
        super().__init__(scope, construct_id)
        pool = drivers.pool
        self.api = apigw.HttpApi(
            self,
            "Api",
            api_name=f"polaris-{environment.name}",
            description="Polaris charging: chargers, sessions, stop.",
            create_default_stage=False,
            cors_preflight=_cors(environment) if environment.cors_origins else None,
        )
        self.stage = apigw.HttpStage(
            self,
            "Stage",
            http_api=self.api,
            stage_name="$default",
            auto_deploy=True,
            # By route, they are six metrics for each that are paid for; the access log has the route (ADR 0022).
            detailed_metrics_enabled=False,
            throttle=apigw.ThrottleSettings(rate_limit=SELDOM.rate_per_s, burst_limit=SELDOM.burst),
        )
        self._log_access(environment)
        authorizer = HttpJwtAuthorizer(
            "Drivers",
            f"https://cognito-idp.{Stack.of(self).region}.amazonaws.com/{pool.user_pool_id}",
            jwt_audience=[drivers.client.user_pool_client_id, drivers.operators_client.user_pool_client_id],
        )
        names = sorted({name for _, _, name, _ in ROUTES})
        integrations = {name: HttpLambdaIntegration(name, functions[name]) for name in names}
        for method, path, name, _ in ROUTES:
            # The stage names the routes that it limits: they have to be there first.
            self.stage.node.add_dependency(
                *self.api.add_routes(path=path, methods=[method], integration=integrations[name], authorizer=authorizer)
            )
        self._stage().route_settings = {
            f"{method.value} {path}": {
                "ThrottlingRateLimit": throttle.rate_per_s,
                "ThrottlingBurstLimit": throttle.burst,
            }
            for method, path, _, throttle in ROUTES
        }

    def _stage(self) -> apigw.CfnStage:
        stage = self.stage.node.default_child
        if not isinstance(stage, apigw.CfnStage):
            raise TypeError("the stage of an HTTP API is not a CfnStage any more")
        return stage

    def _log_access(self, environment: Environment) -> None:
        log_group = logs.LogGroup(
            self, "AccessLog", retention=environment.log_retention, removal_policy=environment.removal
        )
        self._stage().access_log_settings = apigw.CfnStage.AccessLogSettingsProperty(
            destination_arn=log_group.log_group_arn, format=json.dumps(ACCESS_LOG_FIELDS)
        )


def _cors(environment: Environment) -> apigw.CorsPreflightOptions:
    return apigw.CorsPreflightOptions(
        allow_origins=list(environment.cors_origins),
        allow_methods=[apigw.CorsHttpMethod.GET, apigw.CorsHttpMethod.POST, apigw.CorsHttpMethod.DELETE],
        allow_headers=["authorization", "content-type", "idempotency-key", "if-none-match", "prefer"],
        expose_headers=["etag", "link", "location", "preference-applied", "retry-after"],
        max_age=Duration.hours(1),
    )
