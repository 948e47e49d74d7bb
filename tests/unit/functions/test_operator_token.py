"""Who counts as an operator: the verified access token of somebody in the group, and nothing that a user can set."""

from __future__ import annotations

from typing import Any

import pytest

from functions.domain.errors import CallerError
from functions.operator_token import operator_of
from tests.support.api_events import api_event


def asked_with(**claims: Any) -> dict[str, Any]:
    event = api_event("GET", "/v1/operator/sessions")
    event["requestContext"]["authorizer"] = {"jwt": {"claims": claims, "scopes": None}}
    return event


OPERATOR = {"sub": "night-shift", "token_use": "access", "cognito:groups": "[operators]"}


@pytest.mark.parametrize("groups", ["[operators]", "[night operators]", "[operators eu-central-1_abc_Google]"])
def test_an_operator_is_whoever_the_pool_has_in_the_group(groups: str) -> None:
    assert operator_of(asked_with(**OPERATOR | {"cognito:groups": groups})) == "night-shift"


@pytest.mark.parametrize(
    "groups",
    [
        "[x operators]]",  # a group of the name "operators]"
        "[[operators]",
        "[[operators]]",
        "[operators2 xoperators]",
        "[Operators OPERATORS]",
        "[x,operators]",
        "[x\toperators]",
        "[x\u00a0operators]",
        '["operators"]',
        "[]",
        "",
        "operators",
        "[operators",
        "operators]",
        "x operators]",
        "[drivers]",
        ["operators"],
        {"operators": True},
        None,
    ],
)
def test_no_other_text_of_the_claim_and_no_other_groups_name_makes_an_operator(groups: object) -> None:
    with pytest.raises(CallerError) as refused:
        operator_of(asked_with(**OPERATOR | {"cognito:groups": groups}))
    assert refused.value.code == "route_not_found"


@pytest.mark.parametrize(
    "claims",
    [
        {"custom:groups": "[operators]"},
        {"custom:cognito:groups": "[operators]"},
        {"cognito:roles": "[operators]", "groups": "[operators]", "scope": "operators"},
        {"cognito:username": "operators", "username": "operators", "email": "operators", "name": "[operators]"},
        {"COGNITO:GROUPS": "[operators]"},
    ],
)
def test_no_claim_that_a_user_can_set_makes_an_operator(claims: dict[str, str]) -> None:
    with pytest.raises(CallerError, match="nothing at this address"):
        operator_of(asked_with(sub="operators", token_use="access", **claims))


@pytest.mark.parametrize("token_use", ["id", "refresh", "", None, "ACCESS"])
def test_only_an_access_token_makes_an_operator(token_use: object) -> None:
    with pytest.raises(CallerError):
        operator_of(asked_with(**OPERATOR | {"token_use": token_use}))


@pytest.mark.parametrize("sub", ["", None, ["night-shift"]])
def test_an_operator_has_a_name_to_put_on_record(sub: object) -> None:
    with pytest.raises(CallerError):
        operator_of(asked_with(**OPERATOR | {"sub": sub}))


def test_without_a_verified_token_there_is_nothing_here() -> None:
    with pytest.raises(CallerError):
        operator_of(api_event("GET", "/v1/operator/sessions", owner=None))
