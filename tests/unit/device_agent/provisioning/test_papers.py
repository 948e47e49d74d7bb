"""Keys and requests are made here, by a process of its own as well as in this one; lives are read off certificates."""

from __future__ import annotations

import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from device_agent.provisioning import apart, papers
from device_agent.provisioning.life import Life

BOTH = pytest.mark.parametrize(
    "make_request", [papers.make_request, apart.make_request], ids=["here", "by another process"]
)


@BOTH
def test_the_request_is_for_the_key_in_the_file_which_nobody_else_can_read(
    tmp_path: Path, make_request: Callable[[Path, str], str]
) -> None:
    key = tmp_path / "key.pem"
    request = x509.load_pem_x509_csr(make_request(key, "SN-4711").encode())
    private = serialization.load_pem_private_key(key.read_bytes(), password=None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    assert isinstance(private.curve, ec.SECP256R1)
    assert request.public_key() == private.public_key()
    assert request.is_signature_valid
    assert request.subject.rfc4514_string() == "CN=SN-4711"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


@BOTH
def test_a_key_that_is_there_is_never_overwritten(tmp_path: Path, make_request: Callable[[Path, str], str]) -> None:
    key = tmp_path / "key.pem"
    key.write_text("precious")
    with pytest.raises(OSError, match="File exists"):
        make_request(key, "SN-4711")
    assert key.read_text() == "precious"


@pytest.mark.parametrize("read_life", [papers.read_life, apart.read_life], ids=["here", "by another process"])
def test_a_life_is_read_off_the_certificate(tmp_path: Path, read_life: Callable[[Path], Life]) -> None:
    begins, ends = datetime(2026, 11, 22, 12, tzinfo=UTC), datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)
    private, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    certificate = (
        x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number(), begins, ends)
        .sign(private, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    path = tmp_path / "cert.pem"
    path.write_bytes(certificate)
    assert read_life(path) == Life(begins.timestamp(), ends.timestamp())


def test_another_process_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"No such file.*cert\.pem"):
        apart.read_life(tmp_path / "cert.pem")
