"""Why there is no connection, in words that tell a person at the board what to do."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

import pytest

from device_agent.paho_link import Broker
from device_agent.provisioning.conversation import _unconnected, conversation
from device_agent.provisioning.errors import CertificateRefused, ProvisioningError, Unreachable, WrongClock

BROKER = Broker("broker.example", 8883, Path("ca.pem"), Path("cert.pem"), Path("key.pem"))


def _unverified(code: int, message: str) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, message)
    error.verify_code, error.verify_message = code, message
    return error


@pytest.mark.parametrize(
    ("error", "kind", "advice"),
    [
        (socket.gaierror(-2, "Name or service not known"), Unreachable, "DNS"),
        (ConnectionRefusedError("nobody listens"), Unreachable, "port 8883"),
        (TimeoutError("timed out"), Unreachable, "mobile network"),
        (ssl.SSLEOFError("cut off"), Unreachable, "try again"),
        (_unverified(9, "certificate is not yet valid"), WrongClock, "Set the clock"),
        (_unverified(10, "certificate has expired"), WrongClock, "Set the clock"),
        (_unverified(20, "unable to get local issuer certificate"), Unreachable, "link.ca"),
        (_unverified(62, "hostname mismatch"), Unreachable, "link.host"),
        (ssl.SSLError("alert bad certificate"), CertificateRefused, "does not take our certificate"),
    ],
)
def test_an_installer_is_told_what_is_wrong_and_what_to_do(
    error: OSError, kind: type[ProvisioningError], advice: str
) -> None:
    told = _unconnected(error, BROKER)
    assert type(told) is kind
    assert advice in str(told)
    assert "broker.example:8883" in str(told)


def test_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    broker = Broker("localhost", 8883, tmp_path / "ca.pem", tmp_path / "cert.pem", tmp_path / "key.pem")
    with (
        pytest.raises(CertificateRefused, match=r"cert\.pem and .*key\.pem, or the authority .*ca\.pem"),
        conversation("provision-SN-4711", broker),
    ):
        pass
