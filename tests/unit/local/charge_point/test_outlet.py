"""One EVSE of the simulated charge point: what it tells of what its sensors say."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from local.charge_point.hardware import Seen
from local.charge_point.outlet import Cause, Letter, Outlet, Permit, Status

PERMIT = Permit("PX01", remote=True)


def sensors(**changes: Any) -> Seen:
    usual: dict[str, Any] = {
        "plugged": True,
        "cable": "plugged",
        "contactor_closed": False,
        "power_w": 0,
        "meter_wh": 1000,
        "available": True,
        "faulted": False,
        "error": "",
        "opened_because": None,
    }
    return Seen(**usual | changes)


def look(outlet: Outlet, now: float = 0.0, **changes: Any) -> list[Letter]:
    names = (f"T{number}" for number in itertools.count(1))
    return outlet.look(sensors(**changes), now, lambda: next(names))


def status_of(outlet: Outlet) -> Status | None:
    return outlet.status


def charging(**changes: Any) -> Outlet:
    outlet = Outlet(1)
    look(outlet)
    outlet.starting = PERMIT
    look(outlet, contactor_closed=True, power_w=11000, meter_wh=1003, **changes)
    return outlet


def test_a_transaction_begins_with_the_register_of_before_the_power() -> None:
    outlet = Outlet(1)
    look(outlet)
    outlet.starting = PERMIT

    [letter] = look(outlet, contactor_closed=True, power_w=400, meter_wh=1003)

    assert (letter.kind, letter.meter_wh, letter.seq, letter.trigger) == ("started", 1000, 0, "RemoteStart")
    assert outlet.transaction
    assert outlet.transaction.permit == PERMIT


def test_a_contactor_that_closes_for_nobody_begins_nothing() -> None:
    outlet = Outlet(1)
    assert look(outlet, contactor_closed=True) == []
    assert outlet.transaction is None


@pytest.mark.parametrize(
    ("ordered", "restarted", "because", "reason"),
    [
        (Cause("Remote"), False, None, "Remote"),
        (Cause("Remote"), False, "EVDisconnected", "EVDisconnected"),
        (None, False, None, "Other"),
        (None, True, None, "PowerLoss"),
        (None, True, "EmergencyStop", "EmergencyStop"),
    ],
)
def test_an_end_has_the_hardwares_reason_else_ours_else_the_restart(
    ordered: Cause | None, because: str | None, reason: str, *, restarted: bool
) -> None:
    outlet = charging()
    outlet.stopping, outlet.restarted = ordered, restarted

    [letter] = look(outlet, meter_wh=1500, opened_because=because)

    assert (letter.kind, letter.reason, letter.meter_wh, letter.seq) == ("ended", reason, 1500, 1)
    assert outlet.transaction is None


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"plugged": False}, Status.AVAILABLE),
        ({}, Status.PREPARING),
        ({"faulted": True}, Status.FAULTED),
        ({"available": False}, Status.UNAVAILABLE),
    ],
)
def test_without_a_transaction_the_status_is_that_of_plug_and_hardware(changes: dict[str, Any], status: Status) -> None:
    outlet = Outlet(1)
    look(outlet, **changes)
    assert status_of(outlet) == status


def test_a_status_is_told_only_after_a_look() -> None:
    assert Outlet(1).status is None


def test_after_a_transaction_the_connector_finishes_until_the_car_is_gone() -> None:
    outlet = charging()
    look(outlet)
    assert status_of(outlet) == Status.FINISHING
    look(outlet, plugged=False)
    assert status_of(outlet) == Status.AVAILABLE


def test_a_car_that_takes_no_power_for_a_while_has_paused() -> None:
    outlet = charging()
    assert look(outlet, now=1.0, contactor_closed=True) == []
    assert status_of(outlet) == Status.CHARGING

    [letter] = look(outlet, now=10.0, contactor_closed=True)

    assert (letter.kind, letter.trigger, letter.paused) == ("meter", "ChargingStateChanged", True)
    assert status_of(outlet) == Status.SUSPENDED_EV


def test_whoever_does_not_plug_in_loses_the_permission() -> None:
    outlet = Outlet(1, waiting=PERMIT, waiting_until=60.0)
    look(outlet, now=59.0, plugged=False)
    assert status_of(outlet) == Status.PREPARING
    look(outlet, now=61.0, plugged=False)
    assert status_of(outlet) == Status.AVAILABLE


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({}, "NoError"),
        ({"cable": "stuck"}, "ConnectorLockFailure"),
        ({"faulted": True, "error": "internal_fault"}, "InternalError"),
        ({"faulted": True, "error": "emergency_stop"}, "OtherError"),
    ],
)
def test_what_is_wrong_has_a_word_of_the_protocol(changes: dict[str, Any], error: str) -> None:
    outlet = Outlet(1)
    look(outlet, **changes)
    assert outlet.error == error
