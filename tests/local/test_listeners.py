from __future__ import annotations

import os
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.runfile import RunFile
    from tests.local.support import LocalStack

LISTENING = "0A"
PROC = Path("/proc")

CONNECT = b"\x10\x13\x00\x04MQTT\x04\x02\x00\x3c\x00\x07PX-0001"
CONNACK = 0x20


@pytest.mark.skipif(not (PROC / "net" / "tcp").exists(), reason="this system does not show its sockets in /proc")
def test_every_socket_that_the_stack_listens_on_is_on_the_loopback_interface(stack: LocalStack) -> None:
    ours = {inode for leader in stack.stack.processes.pids().values() for inode in _sockets_of_group(leader)}
    addresses = {address for inode, address in _listening() if inode in ours}
    ports = {int(address.split(":")[1], 16) for address in addresses}
    assert {stack.stack.emulator.gateway_port, stack.stack.emulator.mqtt_port} <= ports
    assert {address.split(":")[0] for address in addresses} == {"0100007F"}


def test_a_device_with_its_certificate_is_let_in(stack: LocalStack) -> None:
    charger = stack.run.charger("PX-0003")
    context = _trusting(stack.run)
    context.load_cert_chain(charger.certificate, charger.private_key)
    assert _answer(stack.run, context, CONNECT.replace(b"PX-0001", b"PX-0003"))[:1] == bytes([CONNACK])


def test_a_device_without_a_certificate_is_refused(stack: LocalStack) -> None:
    assert _answer(stack.run, _trusting(stack.run), CONNECT) == b""


def test_a_device_with_a_certificate_of_a_foreign_authority_is_refused(stack: LocalStack, tmp_path: Path) -> None:
    context = _trusting(stack.run)
    context.load_cert_chain(_self_made_identity(tmp_path))
    assert _answer(stack.run, context, CONNECT) == b""


def test_a_device_under_the_name_of_another_charger_is_refused(stack: LocalStack) -> None:
    charger = stack.run.charger("PX-0003")
    context = _trusting(stack.run)
    context.load_cert_chain(charger.certificate, charger.private_key)
    answer = _answer(stack.run, context, CONNECT)
    assert answer == b"" or answer[3] != 0


def _trusting(run: RunFile) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(run.mqtt.ca))


def _answer(run: RunFile, context: ssl.SSLContext, request: bytes) -> bytes:
    """What the broker answers to a first packet; empty if it refuses the connection or hangs up."""
    with socket.create_connection((run.mqtt.host, run.mqtt.port), timeout=10) as raw:
        try:
            with context.wrap_socket(raw, server_hostname=run.mqtt.host) as secured:
                secured.sendall(request)
                return secured.recv(16)
        except (ssl.SSLError, ConnectionError):
            return b""


def _self_made_identity(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "PX-0001")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = folder / "identity.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


def _sockets_of_group(leader: int) -> Iterator[str]:
    """Inodes of the sockets that a process or any of its children holds; each leads a session of its own."""
    for process in PROC.iterdir():
        if not process.name.isdigit():
            continue
        try:
            if os.getsid(int(process.name)) != leader:
                continue
            targets = [str(handle.readlink()) for handle in (process / "fd").iterdir()]
        except (ProcessLookupError, FileNotFoundError):
            continue
        yield from (target[8:-1] for target in targets if target.startswith("socket:["))


def _listening() -> Iterator[tuple[str, str]]:
    """Inode and address, in the kernel's hexadecimal, of every listening TCP socket of this machine."""
    for table in ("tcp", "tcp6"):
        path = PROC / "net" / table
        for line in path.read_text().splitlines()[1:] if path.exists() else ():
            fields = line.split()
            if fields[3] == LISTENING:
                yield fields[9], fields[1]
