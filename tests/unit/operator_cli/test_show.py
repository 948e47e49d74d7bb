"""What operators read of a charger."""

from __future__ import annotations

from operator_cli.show import charger

SILENT = {"evseId": 1, "status": None, "error": "", "cable": None, "sessionId": None, "reportedSessionId": None}
CHARGER = {
    "chargerId": "PX-0001",
    "inService": True,
    "connected": None,
    "lastSeenAt": None,
    "name": "Harbour",
    "address": "Harbour Street 1",
}


def test_of_an_evse_that_has_not_reported_nothing_is_said_but_that() -> None:
    lines = charger({**CHARGER, "evses": [SILENT]})
    assert lines[0] == "PX-0001  in service, never connected, last seen never"
    assert lines[-1] == "    EVSE 1: never reported"


def test_an_evse_that_has_reported_is_shown_with_its_cable() -> None:
    lines = charger({**CHARGER, "evses": [{**SILENT, "status": "available", "cable": "unplugged"}]})
    assert lines[-1] == "    EVSE 1: available, cable unplugged"
