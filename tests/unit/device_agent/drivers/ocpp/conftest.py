from __future__ import annotations

import pytest

from device_agent.drivers.ocpp.bays import Bay
from device_agent.drivers.ocpp.readings import Reading
from device_agent.drivers.ocpp.running import Status
from tests.support.ocpp_bays import BEGAN


@pytest.fixture
def bay() -> Bay:
    bay = Bay(1)
    bay.told_status(Status.PREPARING, 0.0)
    return bay


@pytest.fixture
def charging(bay: Bay) -> Bay:
    """A transaction that began at 10 s, is settled, and draws 7 kW."""
    fact = bay.told_began(BEGAN, 10.0)
    assert fact == BEGAN
    bay.settle(BEGAN, accepted=True)
    bay.told_status(Status.CHARGING, 11.0)
    bay.told_reading(Reading(1_010, 7_000), 20.0, "77")
    return bay
