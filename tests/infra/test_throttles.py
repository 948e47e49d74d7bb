"""Every route has its own limit, a stop the widest, and all of them together leave each what it is promised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from functions.http_request import WAIT_MAX_S
from infra.environments import PROD
from infra.throttles import ACCOUNT, CARDS_OPEN, LIVE, SELDOM, STOP, TAKE_BACK

if TYPE_CHECKING:
    from tests.infra.templates import Synthesised

TAP = "POST /v1/sessions/{sessionId}/stop"


def limits(template: Synthesised) -> dict[str, dict[str, Any]]:
    """What the stage says of each route."""
    settings: dict[str, dict[str, Any]] = template.one("AWS::ApiGatewayV2::Stage")["RouteSettings"]
    return settings


def test_every_route_has_a_limit_and_no_metrics_that_nobody_looks_at(dev: Synthesised) -> None:
    routes = {body["RouteKey"] for body in dev.of_type("AWS::ApiGatewayV2::Route").values()}
    assert set(limits(dev)) == routes
    for limit in limits(dev).values():
        assert limit["ThrottlingRateLimit"] >= 10
        assert limit["ThrottlingBurstLimit"] >= limit["ThrottlingRateLimit"]
        assert "DetailedMetricsEnabled" not in limit
    assert dev.one("AWS::ApiGatewayV2::Stage")["DefaultRouteSettings"]["DetailedMetricsEnabled"] is False


def test_a_route_that_nobody_thought_of_would_have_the_narrowest_limit(dev: Synthesised) -> None:
    default = dev.one("AWS::ApiGatewayV2::Stage")["DefaultRouteSettings"]
    narrowest = min(limit["ThrottlingRateLimit"] for limit in limits(dev).values())
    assert (default["ThrottlingRateLimit"], default["ThrottlingBurstLimit"]) == (SELDOM.rate_per_s, SELDOM.burst)
    assert default["ThrottlingRateLimit"] == narrowest


def test_stopping_has_more_room_than_anything_else(dev: Synthesised) -> None:
    others = [limit for route, limit in limits(dev).items() if route != TAP]
    for bound in ("ThrottlingRateLimit", "ThrottlingBurstLimit"):
        assert limits(dev)[TAP][bound] > max(limit[bound] for limit in others)


def test_a_card_may_read_twice_a_second_while_its_stop_is_on_its_way(dev: Synthesised) -> None:
    for route in ("GET /v1/sessions/{sessionId}", "GET /v1/chargers/{chargerId}"):
        assert limits(dev)[route]["ThrottlingRateLimit"] == LIVE.rate_per_s == 2 * CARDS_OPEN


def test_all_routes_together_stay_below_what_the_account_has_so_that_none_takes_from_another(dev: Synthesised) -> None:
    assert sum(limit["ThrottlingRateLimit"] for limit in limits(dev).values()) <= ACCOUNT.rate_per_s
    # A burst is rare and short; a stop's own and that of the live cards must fit even at the same moment.
    assert STOP.burst + 2 * LIVE.burst <= ACCOUNT.burst


def test_the_stage_waits_for_the_routes_that_it_names(dev: Synthesised) -> None:
    stages = [body for body in dev.resources.values() if body["Type"] == "AWS::ApiGatewayV2::Stage"]
    assert len(stages) == 1
    routes = [name for name, body in dev.resources.items() if body["Type"] == "AWS::ApiGatewayV2::Route"]
    waited_for = {name[: -len("12345678")] for name in stages[0]["DependsOn"]}
    assert set(routes) <= waited_for


def test_in_prod_a_stop_has_executions_that_no_flood_of_anything_else_can_take(
    prod: Synthesised, dev: Synthesised
) -> None:
    kept = {
        name: body["ReservedConcurrentExecutions"]
        for name, body in prod.of_type("AWS::Lambda::Function").items()
        if "ReservedConcurrentExecutions" in body
    }
    assert kept == {"FunctionsstopsessionFunction": PROD.stop_concurrency}
    # A driver's tap waits for its outcome: everybody who has a card open may tap in the same moment.
    assert (PROD.stop_concurrency or 0) >= CARDS_OPEN
    assert "ReservedConcurrentExecutions" not in dev.function("stop_session")


def test_one_driver_who_taps_and_takes_it_back_all_the_time_cannot_make_all_stops_wait(prod: Synthesised) -> None:
    back = limits(prod)["DELETE /v1/sessions/{sessionId}/stop"]
    assert (back["ThrottlingRateLimit"], back["ThrottlingBurstLimit"]) == (TAKE_BACK.rate_per_s, TAKE_BACK.burst)
    assert TAKE_BACK.burst + TAKE_BACK.rate_per_s * WAIT_MAX_S <= (PROD.stop_concurrency or 0) / 2


def test_in_prod_the_first_tap_of_the_day_finds_the_function_awake(prod: Synthesised) -> None:
    alias = prod.one("AWS::Lambda::Alias")
    assert alias["FunctionName"] == "<FunctionsstopsessionFunction>"
    assert alias["ProvisionedConcurrencyConfig"] == {"ProvisionedConcurrentExecutions": 1}
    [reached] = [
        body["IntegrationUri"]
        for body in prod.of_type("AWS::ApiGatewayV2::Integration").values()
        if "stopsession" in body["IntegrationUri"]
    ]
    assert reached == "<FunctionsstopsessionFunctionWarm>"
    invoked = {
        body["FunctionName"]
        for body in prod.of_type("AWS::Lambda::Permission").values()
        if body.get("SourceArn", "").endswith("*/*/v1/sessions/{sessionId}/stop")
    }
    assert invoked == {reached}


def test_elsewhere_nothing_is_billed_while_nobody_taps(dev: Synthesised, local: Synthesised) -> None:
    for template in (dev, local):
        assert not template.of_type("AWS::Lambda::Alias")
        assert not template.of_type("AWS::Lambda::Version")
