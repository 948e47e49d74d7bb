"""The charger is away, or broken: the driver is told the truth, and the stop stays in force."""

from __future__ import annotations

from collections.abc import Callable

from local.client import DriverApi
from local.seed import Hardware
from tests.local.scenes import (
    Session,
    ack_of,
    awaited,
    charging,
    ended,
    evse_of,
    session_of,
    stages,
    startable,
    stop_of,
)
from tests.local.support import FreshCharger

FreshChargers = Callable[..., FreshCharger]

OVERDUE_WITHIN_S = 25.0
"""Patience of 15 s, and time for a slow machine."""


def test_a_stop_for_an_offline_charger_becomes_overdue_and_is_carried_out_when_it_is_back(
    owner: DriverApi, any_charger: FreshChargers
) -> None:
    """Scenarios 15 and 16: never retried; and a time-out after which the thing happened."""
    charger = any_charger(through_proxy=True)
    session_id = charging(owner, charger)
    assert charger.proxy is not None
    charger.proxy.cut()
    awaited(lambda: owner.charger(charger.charger_id).expect(200), "the API knows", connected=False)

    assert owner.stop(session_id).expect(202)["status"] == "stopping"
    overdue = awaited(
        lambda: stop_of(owner, session_id), "the stop is overdue", within_s=OVERDUE_WITHIN_S, status="overdue"
    )

    assert (overdue["reason"], overdue["retryable"]) == ("charger_offline", True)
    assert overdue["title"] == "The charger is offline"
    assert overdue["advice"]
    assert session_of(owner, session_id)["status"] == "active"
    evse = evse_of(owner, charger)
    assert (evse["canStop"], evse["notice"]["code"]) == (True, "charger_offline")
    again = owner.stop(session_id).expect(202)
    assert (again["status"], again["stop"]["intentId"]) == ("stopping", overdue["intentId"])
    charger.proxy.restore()
    session = ended(owner, session_id)
    assert session["end"]["reason"] == "Remote"
    assert charger.describe()["contactor_opens"] == 1


def test_a_charger_that_refuses_fails_the_stop_with_its_reason_and_the_session_goes_on(
    owner: DriverApi, any_charger: FreshChargers
) -> None:
    charger = any_charger()
    session_id = charging(owner, charger)
    charger.fault("refuses_to_open")

    failed = assert_failed(owner, charger, session_id, "refused_by_charger")

    charger.fault("refuses_to_open", on=False)
    assert owner.stop(session_id).expect(202, 200)["stop"]["intentId"] != failed["intentId"]
    assert ended(owner, session_id)["end"]["reason"] == "Remote"
    assert stages(owner, session_id).count("stop_failed") == 1


WITHOUT_EFFECT = {
    # An OCPP charger ends its transaction when its contactor is open, and its word is what we have.
    Hardware.SIMULATED: ("power_keeps_flowing", "power_still_flowing"),
    Hardware.OCPP16: ("contactor_welded", "refused_by_charger"),
    Hardware.OCPP201: ("contactor_welded", "refused_by_charger"),
}
"""A fault, and the reason that the driver is given for it."""


def test_a_charger_that_obeys_without_effect_fails_the_stop_and_ends_the_session_once_it_is_mended(
    owner: DriverApi, any_charger: FreshChargers
) -> None:
    charger = any_charger()
    fault, reason = WITHOUT_EFFECT[charger.site.hardware]
    session_id = charging(owner, charger)
    charger.fault(fault)

    assert_failed(owner, charger, session_id, reason)

    charger.fault(fault, on=False)
    if fault == "contactor_welded":  # else it is open already, and the session ends by itself
        owner.stop(session_id).expect(202, 200)
    assert ended(owner, session_id)["end"]["reason"] == "Remote"
    assert stages(owner, session_id).count("stop_failed") == 1


def assert_failed(owner: DriverApi, charger: FreshCharger, session_id: str, reason: str) -> Session:
    """The stop fails for this reason, may be tried again, and the session goes on; the stop."""
    owner.stop(session_id, wait_s=10).expect(202)
    stop = awaited(lambda: stop_of(owner, session_id), "the stop fails", within_s=OVERDUE_WITHIN_S, status="failed")
    assert (stop["reason"], stop["retryable"]) == (reason, True)
    assert stop["title"]
    assert stop["advice"]
    assert session_of(owner, session_id)["status"] == "active"
    assert evse_of(owner, charger)["canStop"] is True
    return stop


def test_a_stop_for_a_start_that_has_not_happened_cancels_it(owner: DriverApi, any_charger: FreshChargers) -> None:
    charger = any_charger(through_proxy=True)
    assert charger.proxy is not None
    charger.proxy.stall()  # the broker still believes that the charger is there
    charger.kill_agent()
    session_id = owner.start(charger.charger_id, 1).expect(202)["sessionId"]
    start = charger.shadow()["state"]["desired"]["intent"][0]
    assert owner.stop(session_id).expect(202)["status"] == "stopping"

    charger.proxy.restore()
    charger.start_agent()

    session = awaited(lambda: session_of(owner, session_id), "the session is over", status="failed")
    assert session["failure"]["code"] == "cancelled"
    assert (session["stop"]["status"], session["stop"]["reason"]) == ("done", "never_started")
    startable(owner, charger)
    charger.desire(start)  # the start arrives after all
    ack = awaited(lambda: ack_of(charger), "the start is answered", id=start["id"])
    assert (ack["status"], ack["reason"]) == ("refused", "cancelled")
    assert charger.describe()["contactor_closes"] == 0


def test_a_start_that_arrives_after_its_expiry_is_refused(owner: DriverApi, any_charger: FreshChargers) -> None:
    charger = any_charger(through_proxy=True)
    assert charger.proxy is not None
    charger.proxy.stall()
    charger.kill_agent()
    session_id = owner.start(charger.charger_id, 1).expect(202)["sessionId"]
    start = charger.shadow()["state"]["desired"]["intent"][0]
    charger.desire({**start, "expiresAt": start["issuedAt"] - 1})  # the same start, as if it had waited too long

    charger.proxy.restore()
    charger.start_agent()

    session = awaited(lambda: session_of(owner, session_id), "the start is refused", status="failed")
    assert session["failure"]["code"] == "start_expired"
    assert session["estimated"] is False, "the charger said so"
    assert charger.describe()["contactor_closes"] == 0
    startable(owner, charger)


def test_a_cable_that_is_pulled_ends_the_session_and_frees_the_connector(
    owner: DriverApi, any_charger: FreshChargers
) -> None:
    charger = any_charger()
    session_id = charging(owner, charger)

    charger.do("unplug")

    assert ended(owner, session_id)["end"]["reason"] == "EVDisconnected"
    awaited(lambda: evse_of(owner, charger), "the connector is free", status="available", cable="unplugged")
    refused = owner.start(charger.charger_id, 1)
    assert (refused.status, refused.body["code"]) == (409, "cable_not_plugged")
