from __future__ import annotations

import datetime as dt
import ssl
import threading
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from device_agent.paho_link import Broker, PahoLink
from device_agent.tls import needs_a_person

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def broker(tmp_path: Path) -> Broker:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "PX-0001")])
    begin = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(begin).not_valid_after(begin + dt.timedelta(days=9_999))
    pem = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    (tmp_path / "cert.pem").write_bytes(pem)
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return Broker("localhost", 8883, tmp_path / "cert.pem", tmp_path / "cert.pem", tmp_path / "key.pem")


def test_the_brokers_certificate_and_name_are_checked_and_old_tls_is_not_spoken(broker: Broker) -> None:
    context = broker.tls()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ssl.SSLCertVerificationError("unknown authority"), True),
        (ssl.SSLError("alert bad certificate"), True),
        (ssl.SSLEOFError("the broker restarts"), False),
        (ConnectionRefusedError("nobody listens"), False),
        (TimeoutError("no network"), False),
    ],
)
def test_only_trouble_with_certificates_slows_the_next_attempts_down(error: OSError, expected: bool) -> None:  # noqa: FBT001  (a table's column)
    assert needs_a_person(error) is expected


def test_a_link_that_was_never_started_sends_nothing_and_stops_at_once(broker: Broker) -> None:
    link = PahoLink("PX-0001", broker, lambda: 0.0)
    link.subscribe(["a"])
    link.reconnect("no connection yet")
    assert link.publish("a", b"") is None
    link.stop()


def test_a_defect_on_the_links_thread_is_logged_and_the_link_tries_again(
    broker: Broker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tried, again = [0], threading.Event()

    def defect(_: Broker) -> ssl.SSLContext:
        tried[0] += 1
        if tried[0] == 3:
            again.set()
        raise ValueError("nobody had thought of this")

    monkeypatch.setattr(Broker, "tls", defect)
    link = PahoLink("PX-0001", broker, lambda: 0.0001)
    link.start(lambda _input: None)
    assert again.wait(10)
    link.stop()
    assert caplog.text.count("link failed; it connects anew") == 1


class Vanishing(PahoLink):
    """Its own thread clears the connection right after it was read."""

    def __getattribute__(self, name: str) -> Any:
        value = super().__getattribute__(name)
        if name == "_connection":
            self._connection = None
        return value


def test_a_connection_that_goes_while_it_is_used_hurts_nobody(broker: Broker) -> None:
    link = Vanishing("PX-0001", broker, lambda: 0.0)
    connection = Mock(publish=Mock(return_value=7))
    link._connection = connection
    link.subscribe(["a"])
    link._connection = connection
    assert link.publish("a", b"") == 7
    link._connection = connection
    link.reconnect("it does not answer")
    connection.subscribe.assert_called_once_with(["a"])
    connection.end.assert_called_once_with("it does not answer")
