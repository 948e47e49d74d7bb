"""The detail screen: what a driver may do on an EVSE follows from their session, not from one status field."""

from __future__ import annotations

import pytest

from contract.vocabulary import EvseStatus
from functions.api_models.chargers import charger_detail
from functions.domain.patience import Patience
from functions.domain.records import Charger
from tests.support import builders
from tests.support.clock import NOON_MS


@pytest.mark.parametrize("status", [None, *EvseStatus])
@pytest.mark.parametrize("connected", [True, False, None])
def test_my_running_session_can_be_stopped_whatever_the_evse_or_the_presence_says(
    status: EvseStatus | None,
    connected: bool | None,  # noqa: FBT001 - a table column
) -> None:
    """Scenario 25: stop disabled because two status fields disagree."""
    evse = builders.evse(status=status, current_session_id=builders.SESSION, current_owner=builders.OWNER)
    charger = Charger(charger=builders.charger(connected=connected, in_service=False), evses=(evse,))

    shown = charger_detail(charger, {1: builders.active_session()}, now_ms=NOON_MS, patience=Patience())

    assert shown.evses[0].can_stop is True
    assert shown.evses[0].can_start is False
