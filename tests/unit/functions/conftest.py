from __future__ import annotations

import pytest

from tests.support import builders
from tests.support.cloud import Cloud


@pytest.fixture
def cloud() -> Cloud:
    """The cloud with one connected charger that has one EVSE, a car plugged in, and no session."""
    cloud = Cloud()
    cloud.keep(builders.charger(), builders.evse())
    return cloud
