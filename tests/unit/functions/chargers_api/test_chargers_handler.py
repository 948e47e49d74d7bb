"""GET /v1/chargers…, as API Gateway calls it."""

from __future__ import annotations

from typing import Any

import pytest

from contract.vocabulary import CableState, EvseStatus
from functions.chargers_api.handler import handler
from functions.cursors import seal
from tests.support import builders
from tests.support.api_events import LambdaContext, api_event, body_of, charger_event, problem_code
from tests.support.builders import CHARGER, NEIGHBOUR, OWNER, SESSION
from tests.support.clock import NOON_MS
from tests.support.cloud import Cloud


def call(cloud: Cloud, event: dict[str, Any]) -> dict[str, Any]:
    return dict(handler(event, LambdaContext(), cloud.browsing))


def the_evse(cloud: Cloud, owner: str = OWNER) -> dict[str, Any]:
    (evse,) = body_of(call(cloud, charger_event(owner=owner)))["evses"]
    return dict(evse)


def test_the_list_shows_a_card_per_charger(cloud: Cloud) -> None:
    answer = call(cloud, api_event("GET", "/v1/chargers"))
    assert answer["statusCode"] == 200
    assert body_of(answer) == {
        "chargers": [
            {
                "chargerId": CHARGER,
                "name": "Harbour Street 4",
                "imageUrl": "/hero.svg",
                "address": "Harbour Street 4",
                "latitude": 53.55,
                "longitude": 9.99,
                "connected": True,
                "lastSeenAt": "2026-11-22T11:59:00Z",
                "acceptsCards": False,
                "evses": [
                    {
                        "evseId": 1,
                        "status": "preparing",
                        "connectorType": "type2",
                        "maxPowerW": 11000,
                        "mine": False,
                    }
                ],
            }
        ],
        "cursor": None,
    }


def test_the_list_goes_on_with_its_cursor(cloud: Cloud) -> None:
    cloud.keep(builders.charger(charger_id="PX-0002"), builders.charger(charger_id="PX-0003"))
    first = body_of(call(cloud, api_event("GET", "/v1/chargers", query={"limit": "2"})))
    rest = body_of(call(cloud, api_event("GET", "/v1/chargers", query={"cursor": first["cursor"]})))
    assert [it["chargerId"] for it in first["chargers"] + rest["chargers"]] == [CHARGER, "PX-0002", "PX-0003"]
    assert rest["cursor"] is None


def test_a_free_evse_can_be_started_and_has_nothing_to_note(cloud: Cloud) -> None:
    evse = the_evse(cloud)
    assert (evse["canStart"], evse["canStop"], evse["session"], evse["notice"]) == (True, False, None, None)


@pytest.mark.parametrize(
    ("charger", "evse", "can_start", "notice"),
    [
        ({"in_service": False}, {}, False, "charger_out_of_service"),
        ({}, {"status": EvseStatus.FAULTED}, False, "charger_out_of_service"),
        ({"connected": False}, {}, False, "charger_offline"),
        ({"connected": None}, {}, False, "charger_offline"),
        ({"accepts_cards": True}, {}, True, "tap_your_card"),
        ({}, {"cable": CableState.UNPLUGGED}, True, None),
        ({}, {"current_session_id": "x", "current_owner": NEIGHBOUR}, False, "evse_in_use"),
        ({"accepts_cards": True}, {"current_session_id": "x"}, False, "evse_in_use"),
    ],
)
def test_the_one_notice_that_matters_is_shown(
    cloud: Cloud, charger: dict[str, Any], evse: dict[str, Any], *, can_start: bool, notice: str | None
) -> None:
    cloud.keep(builders.charger(**charger), builders.evse(**evse))
    shown = the_evse(cloud)
    assert shown["canStart"] is can_start
    assert (shown["notice"] or {"code": None})["code"] == notice


def test_your_own_session_is_on_its_charger_with_a_stop_and_is_not_in_use(cloud: Cloud) -> None:
    cloud.keep(builders.evse(current_session_id=SESSION, current_owner=OWNER), builders.active_session())
    evse = the_evse(cloud)
    assert (evse["canStart"], evse["canStop"], evse["notice"]) == (False, True, None)
    assert evse["session"]["sessionId"] == SESSION


def test_your_session_that_began_with_a_card_is_there_as_well_and_can_be_stopped(cloud: Cloud) -> None:
    cloud.keep(builders.evse(current_session_id=SESSION, current_owner=OWNER), builders.card_session())
    evse = the_evse(cloud)
    assert (evse["canStop"], evse["session"]["startedBy"]) == (True, "card")


def test_nothing_is_told_about_somebody_elses_session(cloud: Cloud) -> None:
    cloud.keep(builders.evse(current_session_id=SESSION, current_owner=OWNER), builders.active_session())
    answer = call(cloud, charger_event(owner=NEIGHBOUR))
    assert SESSION not in answer["body"]
    assert OWNER not in answer["body"]
    assert the_evse(cloud, NEIGHBOUR)["canStop"] is False


def test_a_card_is_mine_while_my_session_holds_it_and_no_longer(cloud: Cloud) -> None:
    def mine() -> bool:
        (card,) = body_of(call(cloud, api_event("GET", "/v1/chargers")))["chargers"]
        return bool(card["evses"][0]["mine"])

    cloud.keep(builders.evse(current_session_id=SESSION, current_owner=OWNER, hold_until_ms=NOON_MS + 1000))
    assert mine() is True
    cloud.clock.pass_s(2)
    assert mine() is False


def test_a_session_that_ended_since_the_report_is_not_shown_as_charging(cloud: Cloud) -> None:
    cloud.keep(builders.evse(status=EvseStatus.CHARGING, reported_session_id=SESSION, released_session_id=SESSION))
    assert the_evse(cloud)["status"] == "finishing"


@pytest.mark.parametrize(
    ("event", "status", "code"),
    [
        (charger_event(owner=None), 401, "unauthorized"),
        (api_event("GET", "/v1/chargers", owner=None), 401, "unauthorized"),
        (charger_event("PX-9999"), 404, "charger_not_found"),
        (charger_event("P" * 65), 400, "invalid_request"),
        (api_event("GET", "/v1/chargers", query={"limit": "-1"}), 400, "invalid_request"),
        (api_event("GET", "/v1/chargers", query={"limit": "101"}), 400, "invalid_request"),
        (api_event("GET", "/v1/chargers", query={"near": "me"}), 400, "invalid_request"),
        (api_event("GET", "/v1/chargers", query={"cursor": "abc"}), 400, "invalid_request"),
        (api_event("GET", "/v1/chargers", query={"cursor": str(seal("chargers", "no|pe"))}), 400, "invalid_request"),
        (api_event("PUT", "/v1/chargers"), 404, "route_not_found"),
        (api_event("POST", f"/v1/chargers/{CHARGER}"), 404, "route_not_found"),
    ],
)
def test_bad_input_is_a_problem(cloud: Cloud, event: dict[str, Any], status: int, code: str) -> None:
    answer = call(cloud, event)
    assert (answer["statusCode"], problem_code(answer)) == (status, code)
