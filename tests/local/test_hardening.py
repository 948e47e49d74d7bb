"""What the deployed API holds against those who mean it ill, or mean too much."""

from __future__ import annotations

import pytest

from local.client import DriverApi
from local.seed import OWNER
from tests.local.support import LocalStack

NOBODYS = "01JZZZZZZZZZZZZZZZZZZZZZZZ"


def test_an_id_token_says_who_somebody_is_and_opens_nothing(stack: LocalStack) -> None:
    driver = stack.run.driver(OWNER)
    signed_in = stack.client("cognito-idp").initiate_auth(
        AuthFlow="USER_PASSWORD_AUTH",
        ClientId=stack.run.client_id,
        AuthParameters={"USERNAME": driver.email, "PASSWORD": driver.password},
    )["AuthenticationResult"]
    with stack.anonymous_api(signed_in["AccessToken"]) as app:
        assert app.chargers().status == 200
    with stack.anonymous_api(signed_in["IdToken"]) as app:
        # The gateway lets it through; it is the functions that say no, each of them.
        for answer in (app.chargers(), app.stop(NOBODYS), app.session(NOBODYS), app.start("PX-0001", 1)):
            assert (answer.status, answer.body["code"]) == (401, "unauthorized")


@pytest.mark.parametrize("path", [f"/v1/sessions/{NOBODYS}/stop", "/v1/chargers/PX-0001/evses/1/sessions"])
def test_a_body_that_no_route_has_a_use_for_is_413_whatever_is_in_it(owner: DriverApi, path: str) -> None:
    for content in (b" " * 5000, b"\xff" * 5000, b'{"x": ' + b"[" * 5000):
        answer = owner.call("POST", path, content=content, headers={"content-type": "application/json"})
        assert (answer.status, answer.body["code"]) == (413, "request_too_large")
        assert answer.headers["content-type"] == "application/problem+json"


def test_every_route_of_the_deployed_api_has_a_limit_of_its_own(stack: LocalStack) -> None:
    gateway = stack.client("apigatewayv2")
    api_id = stack.run.api_host.split(".")[0]
    routes = {route["RouteKey"] for route in gateway.get_routes(ApiId=api_id)["Items"]}
    # How much it is, the emulator keeps in a form that its own API does not tell: see tests/infra/test_throttles.py.
    assert set(gateway.get_stage(ApiId=api_id, StageName="$default")["RouteSettings"]) == routes
