"""Signing in and out, at the local pool and at a managed login page; where tokens are, and where they are not."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Route, expect

from local.seed import NEIGHBOUR, OWNER
from tests.local.support import LocalStack
from tests.web.driver import DriverPage

Drivers = Callable[..., DriverPage]


def test_a_wrong_password_is_told_and_the_right_one_opens_the_list(driver: Drivers) -> None:
    me = driver(signed_in=False)
    me.sign_in("wrong")
    expect(me.banner).to_be_visible()
    me.sign_in()
    expect(me.page.get_by_role("heading", name="Chargers")).to_be_visible()


def test_tokens_are_in_memory_only_and_gone_after_signing_out(driver: Drivers) -> None:
    me = driver()
    expect(me.page.locator("a.charger").first).to_be_visible()
    stored = "[localStorage.length, sessionStorage.length, document.cookie]"
    assert me.page.evaluate(stored) == [0, 0, ""]

    me.button("Sign out").click()

    expect(me.button("Sign in")).to_be_visible()
    revoked = me.sent("POST", "/auth/sign-out$")
    assert len(revoked) == 1
    me.page.reload()
    expect(me.button("Sign in")).to_be_visible()
    me.email = NEIGHBOUR
    me.sign_in()
    expect(me.page.locator("a.charger").first).to_be_visible()


def test_a_token_that_is_turned_down_is_renewed_without_a_word(driver: Drivers) -> None:
    me = driver()
    expect(me.page.locator("a.charger").first).to_be_visible()
    tokens: list[str] = []

    def turn_the_first_down(route: Route) -> None:
        tokens.append(route.request.headers["authorization"])
        if len(tokens) == 1:
            route.fulfill(status=401, json={"message": "Unauthorized"})
        else:
            route.continue_()

    me.page.route(re.compile("/v1/sessions"), turn_the_first_down)
    me.go("#/sessions")

    expect(me.page.get_by_role("heading", name="My sessions")).to_be_visible()
    expect(me.page.get_by_role("combobox")).to_be_visible()
    expect(me.page.locator("a.session, .empty").first).not_to_have_text("Loading…")
    assert len(me.sent("POST", "/auth/refresh$")) == 1
    assert tokens[0] != tokens[1]


def test_a_sign_in_that_has_ended_leads_back_to_the_form(driver: Drivers) -> None:
    me = driver()
    me.page.route(re.compile("/v1/"), lambda route: route.fulfill(status=401, json={"message": "Unauthorized"}))
    me.page.route(re.compile("/auth/refresh"), lambda route: route.fulfill(status=401, json={"title": "no"}))
    me.go("#/sessions")
    expect(me.button("Sign in")).to_be_visible()


def test_managed_login_is_the_code_flow_with_a_proof_key(driver: Drivers, stack: LocalStack) -> None:
    me = driver(signed_in=False)
    home = stack.run.web_url
    auth = {"kind": "cognito", "authority": f"{home}/pool", "clientId": "the-page", "redirectUri": f"{home}/"}
    me.page.route("**/config.json", lambda route: route.fulfill(json={"auth": auth}))
    asked: dict[str, str] = {}

    def sign_in_page(route: Route) -> None:
        asked.update({name: value[0] for name, value in parse_qs(urlsplit(route.request.url).query).items()})
        route.fulfill(status=302, headers={"location": f"{home}/?code=one-time&state={asked['state']}"})

    def token(route: Route) -> None:
        form = {name: value[0] for name, value in parse_qs(route.request.post_data or "").items()}
        proof = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
        assert (form["grant_type"], form["code"], form["client_id"]) == ("authorization_code", "one-time", "the-page")
        assert proof == asked["code_challenge"]
        claims = base64.urlsafe_b64encode(json.dumps({"email": OWNER}).encode()).decode().rstrip("=")
        tokens = {"access_token": stack.token(), "refresh_token": "r", "id_token": f"h.{claims}.s", "expires_in": 3600}
        route.fulfill(json=tokens)

    me.page.route("**/pool/oauth2/authorize?*", sign_in_page)
    me.page.route("**/pool/oauth2/token", token)
    me.page.route("**/pool/oauth2/revoke", lambda route: route.fulfill(status=200))
    me.page.route("**/pool/logout?*", lambda route: route.fulfill(status=302, headers={"location": f"{home}/"}))
    me.arrive("/sessions")
    me.page.reload()

    me.button("Sign in").click()

    expect(me.page.get_by_role("heading", name="My sessions")).to_be_visible()
    assert asked["code_challenge_method"] == "S256"
    assert me.page.url == f"{home}/#/sessions", "the code is not left in the address"
    assert me.page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    me.button("Sign out").click()
    expect(me.button("Sign in")).to_be_visible()
    assert len(me.sent("POST", "/pool/oauth2/revoke$")) == 1
