from __future__ import annotations

import datetime as dt
import ssl
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from device_agent.paho_link import Broker, PahoLink, needs_a_person

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
