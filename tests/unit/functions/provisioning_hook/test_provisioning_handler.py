"""The hook as AWS IoT calls it: yes with the charger's id, no without a word, and an exception when it cannot tell."""

from __future__ import annotations

from io import StringIO

import pytest

from functions.domain.errors import TemporaryError
from functions.domain.provisioning import Provisioning, SerialRecord
from functions.provisioning_hook.handler import handler, logger
from tests.support.api_events import LambdaContext
from tests.support.clock import NOON_MS

ASKED = {
    "claimCertificateId": "claim",
    "certificateId": "new",
    "clientId": "provision-SN-4711",
    "parameters": {"SerialNumber": "SN-4711", "Attempt": "0" * 32},
}


class OneBoard:
    """`Serials` with one board on it, which any write may change."""

    def get(self, serial_number: str) -> SerialRecord | None:
        if serial_number != "SN-4711":
            return None
        return SerialRecord(serial_number=serial_number, charger_id="PX-0001", armed_at_ms=NOON_MS)

    def replace(self, _old: SerialRecord, _new: SerialRecord) -> bool:
        return True


class NoCertificates:
    """`Certificates` of chargers that have none."""

    def of(self, _charger_id: str) -> list[str]:
        return []

    def made_at_ms(self, certificate_id: str) -> int:
        raise AssertionError(certificate_id)

    def retire(self, charger_id: str, certificate_id: str) -> None:
        raise AssertionError(f"{certificate_id} of {charger_id}")


class OutOfReach(NoCertificates):
    def of(self, _charger_id: str) -> list[str]:
        raise TemporaryError("unavailable", "ListThingPrincipals: ServiceUnavailableException")


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """What the hook logs."""
    lines = StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", lines)
    return lines


def use(certificates: NoCertificates) -> Provisioning:
    return Provisioning(OneBoard(), certificates, lambda: NOON_MS)


def test_a_board_on_the_list_gets_its_chargers_name(log: StringIO) -> None:
    answer = handler(ASKED, LambdaContext(), use(NoCertificates()))
    assert answer == {"allowProvisioning": True, "parameterOverrides": {"ChargerId": "PX-0001"}}
    said = log.getvalue()
    assert '"why":"claimed"' in said
    assert "0" * 32 not in said


def test_the_log_says_why_a_board_was_refused_and_the_answer_does_not(log: StringIO) -> None:
    asked = ASKED | {"clientId": "provision-X", "parameters": {"SerialNumber": "X", "Attempt": "0" * 32}}
    assert handler(asked, LambdaContext(), use(NoCertificates())) == {"allowProvisioning": False}
    assert '"why":"unknown_serial"' in log.getvalue()


def test_when_the_certificates_are_out_of_reach_there_is_no_answer_and_the_board_tries_again() -> None:
    with pytest.raises(TemporaryError):
        handler(ASKED, LambdaContext(), use(OutOfReach()))
