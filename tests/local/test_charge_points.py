"""Between agent and hardware is a charge point that has troubles of its own: restarts, power cuts, a lost line."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.client import DriverApi
from local.seed import Hardware
from tests.local.scenes import awaited, charging, ended, evse_of, session_of, startable
from tests.local.support import FreshCharger, LocalStack


@pytest.fixture(scope="module", params=[Hardware.OCPP16, Hardware.OCPP201])
def charger(stack: LocalStack, request: pytest.FixtureRequest) -> Iterator[FreshCharger]:
    """One charger for all of these tests; each leaves it as it found it."""
    charger = stack.fresh_charger(hardware=request.param)
    yield charger
    charger.discard()


def test_a_charge_point_that_restarts_while_charging_goes_on(owner: DriverApi, charger: FreshCharger) -> None:
    session_id = charging(owner, charger)
    opens = charger.describe()["contactor_opens"]

    charger.kill_charge_point()
    charger.start_charge_point()

    assert owner.stop(session_id, wait_s=10).expect(200, 202)["status"] in ("stopping", "ended")
    session = ended(owner, session_id)
    assert session["end"]["reason"] == "Remote"
    assert charger.describe()["contactor_opens"] == opens + 1
    startable(owner, charger)


def test_a_power_cut_ends_the_session_with_its_reason_and_the_meters_energy(
    owner: DriverApi, charger: FreshCharger
) -> None:
    before_wh = charger.describe()["true_wh"]
    session_id = charging(owner, charger)

    charger.kill_charge_point()
    charger.do("power_cut")
    charger.start_charge_point()

    session = ended(owner, session_id)
    assert session["end"]["reason"] == "PowerLoss"
    assert session["energyWh"] == charger.describe()["true_wh"] - before_wh
    startable(owner, charger)


def test_a_stop_that_the_charge_point_lost_is_carried_out_when_it_is_back(
    owner: DriverApi, charger: FreshCharger
) -> None:
    session_id = charging(owner, charger)
    opens = charger.describe()["contactor_opens"]
    charger.hold("before")
    intent_id = owner.stop(session_id).expect(202)["stop"]["intentId"]
    charger.await_held("stop")

    charger.kill_charge_point()
    charger.await_held()
    charger.hold("off")
    assert charger.describe()["contactor_closed"] is True
    charger.start_charge_point()

    session = ended(owner, session_id)
    assert session["end"]["reason"] == "Remote"
    assert session["stop"]["intentId"] == intent_id
    assert charger.describe()["contactor_opens"] == opens + 1
    startable(owner, charger)


def test_a_stop_that_was_carried_out_while_the_line_was_lost_ends_once(owner: DriverApi, charger: FreshCharger) -> None:
    session_id = charging(owner, charger)
    opens = charger.describe()["contactor_opens"]
    charger.hold("after")
    owner.stop(session_id).expect(202)
    charger.await_held("stop")

    charger.kill_charge_point()
    charger.await_held()
    charger.hold("off")
    assert session_of(owner, session_id)["status"] == "stopping"
    charger.start_charge_point()

    session = ended(owner, session_id)
    assert session["end"]["reason"] == "Remote"
    assert charger.describe()["contactor_opens"] == opens + 1
    startable(owner, charger)


def test_a_charger_whose_charge_point_is_away_says_so_and_works_again(owner: DriverApi, charger: FreshCharger) -> None:
    charger.kill_charge_point()
    awaited(lambda: evse_of(owner, charger), "the driver sees that it is out of service", canStart=False)
    assert evse_of(owner, charger)["notice"]["code"] == "charger_out_of_service"
    assert charger.driver_ok() is False

    charger.start_charge_point()

    startable(owner, charger)
    assert charger.driver_ok() is True
    session_id = charging(owner, charger)
    assert owner.stop(session_id, wait_s=10).expect(200)["status"] == "ended"
    startable(owner, charger)
