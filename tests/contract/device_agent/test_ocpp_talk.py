"""Talk with an OCPP charger that is not about transactions: greetings, junk, and what the log says of it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from device_agent.drivers.base import Order
from tests.support.ocpp_bench import OTHER_CARD, OcppBench
from tests.support.ocpp_charger import eventually
from tests.support.ocpp_talk import Talk, talk

if TYPE_CHECKING:
    pass

ORDER = Order("01JD0000000000000000000001", "OWNER")


def test_a_booting_charger_is_accepted_told_the_time_configured_and_asked_for_its_state(
    bench: OcppBench, charger: Talk
) -> None:
    answer = charger.charger.call("BootNotification", reason="PowerUp")
    assert (answer["status"], answer["interval"], answer["currentTime"][-1]) == ("Accepted", 300, "Z")
    asked = charger.charger.asked
    eventually(lambda: {"TriggerMessage"} < {action for action, _ in asked})
    eventually(lambda: any("Interval" in str(payload) and "30" in str(payload) for _, payload in asked))
    assert bench.driver.name in ("ocpp16", "ocpp201")


def test_a_charger_that_connects_without_booting_is_asked_for_its_state_too(charger: Talk) -> None:
    eventually(lambda: len(charger.charger.told("TriggerMessage")) == 4)
    wanted = [asked["requestedMessage"] for asked in charger.charger.told("TriggerMessage")]
    assert wanted == ["StatusNotification", "StatusNotification", "MeterValues", "MeterValues"]


@pytest.mark.parametrize("error", ["NotSupported", "InternalError", "FormationViolation", "nonsense"])
def test_a_charger_that_will_not_be_configured_works_all_the_same_and_that_is_logged_once(
    bench: OcppBench, error: str, caplog: pytest.LogCaptureFixture
) -> None:
    speaker = talk(bench)
    speaker.charger.errors |= {"ChangeConfiguration": error, "SetVariables": error, "TriggerMessage": error}
    speaker.charger.call("BootNotification")
    speaker.charger.call("BootNotification")
    bench.driver.start(1, ORDER).result(10)
    assert len({record.message for record in caplog.records}) == len(caplog.records)


@pytest.mark.parametrize(
    "frame",
    [
        *(
            "",
            "{",
            "[]",
            "null",
            '"text"',
            "[2]",
            "[9,1,2]",
            '[2,"1"]',
            "[3]",
            "[3,{},{}]",
            '[3,"17",{}]',
            "[" * 60_000,
        ),
        *(b"\xff\xfe", '[4,"17"]', "[2,[],[],[]]", '[2,{"a":1},"Heartbeat",{}]', "[1e400]", "9" * 5000),
    ],
)
def test_junk_never_ends_the_connection(charger: Talk, frame: str | bytes) -> None:
    charger.charger.send(frame)
    assert charger.charger.call("Heartbeat")


@pytest.mark.parametrize("payload", [None, [], "text", 7, {"connectorId": {}, "evseId": [], "meterValue": 5}])
def test_a_payload_of_whatever_shape_is_answered(charger: Talk, payload: object) -> None:
    for action in ("StatusNotification", "MeterValues", "BootNotification", "Authorize", "DataTransfer"):
        assert charger.charger.ask(action, payload).get(timeout=30)[0] == 3


@pytest.mark.parametrize("action", ["Brew", "RemoteStartTransaction", "", "X" * 500])
def test_a_message_that_is_not_known_is_said_to_be_so(charger: Talk, action: str) -> None:
    assert charger.charger.ask(action, {}).get(timeout=30)[2] == "NotImplemented"


def test_a_message_too_large_ends_only_its_connection(bench: OcppBench, charger: Talk) -> None:
    charger.charger.send("[" + "1," * 600_000 + "1]")
    eventually(lambda: not charger.charger._reader.is_alive())
    assert talk(bench).charger.call("Heartbeat")


def test_the_log_holds_no_card_numbers(bench: OcppBench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    charger = talk(bench)
    bench.verdicts.clear()
    charger.card(OTHER_CARD)
    charger.began(OTHER_CARD)
    charger.charger.ask("StartTransaction", {"idTag": [OTHER_CARD]}).get(timeout=30)
    charger.charger.send(f'[2,"{OTHER_CARD}"')
    charger.charger.call("Heartbeat")
    ours = [str(record.__dict__) for record in caplog.records if record.name != "websockets.client"]
    assert ours
    assert not [line for line in ours if OTHER_CARD in line]
