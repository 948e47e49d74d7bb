"""Who may connect to the OCPP driver, and what becomes of a connection."""

from __future__ import annotations

import datetime as dt
import ssl
import time
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.exceptions import InvalidStatus

from device_agent.drivers.base import DriverUnreachable
from tests.support.ocpp_bench import OcppBench
from tests.support.ocpp_charger import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def bench() -> Iterator[OcppBench]:
    bench = OcppBench().open()
    yield bench
    bench.close()


@pytest.fixture
def guarded() -> Iterator[OcppBench]:
    bench = OcppBench(password="s3cret:ä").open()
    yield bench
    bench.close()


def basic(user: str, password: str) -> dict[str, Any]:
    credentials = b64encode(f"{user}:{password}".encode()).decode()
    return {"additional_headers": {"Authorization": f"Basic {credentials}"}}


def refusal(bench: OcppBench, name: str = "CP-1", subprotocol: str = "ocpp1.6", **options: Any) -> int:
    with pytest.raises(InvalidStatus) as raised:
        bench.charger(name, subprotocol, **options)
    return raised.value.response.status_code


def test_while_no_charger_is_connected_its_evses_are_unreachable(bench: OcppBench) -> None:
    with pytest.raises(DriverUnreachable, match="no charger is connected"):
        bench.driver.observe(1)


def test_a_charger_on_the_list_is_let_in_and_is_gone_when_it_hangs_up(bench: OcppBench) -> None:
    charger = bench.charger()
    charger.call("StatusNotification", connectorId=1, status="Available", errorCode="NoError")
    bench.sees(plugged=False)
    charger.hang_up()
    eventually(lambda: bench.seen() is None)


def test_an_id_that_is_not_on_the_list_is_not_found(bench: OcppBench) -> None:
    assert refusal(bench, "CP-9") == 404
    assert refusal(bench, "CP-1/evil") == 404
    assert refusal(bench, "") == 404


def test_an_id_is_the_last_part_of_the_address_whatever_stands_before_it(bench: OcppBench) -> None:
    charger = bench.charger("deeper/CP%2D1/")
    charger.hang_up()


@pytest.mark.parametrize("subprotocol", ["ocpp2.0.1", "ocpp1.5", "mqtt"])
def test_another_version_than_the_configured_one_is_refused(bench: OcppBench, subprotocol: str) -> None:
    assert refusal(bench, subprotocol=subprotocol) == 400


def test_the_right_password_lets_a_charger_in(guarded: OcppBench) -> None:
    charger = guarded.charger(**basic("CP-1", "s3cret:ä"))
    charger.hang_up()


@pytest.mark.parametrize(
    "options",
    [
        {},
        basic("CP-1", "wrong"),
        basic("CP-2", "s3cret:ä"),
        basic("CP-1", ""),
        {"additional_headers": {"Authorization": "Basic !!!"}},
        {"additional_headers": {"Authorization": "Bearer " + b64encode("CP-1:s3cret:ä".encode()).decode()}},
    ],
)
def test_a_wrong_password_or_none_is_refused(guarded: OcppBench, options: dict[str, Any]) -> None:
    assert refusal(guarded, **options) == 401


def test_with_a_password_an_unknown_id_looks_like_a_wrong_password(guarded: OcppBench) -> None:
    assert refusal(guarded, "CP-9", **basic("CP-9", "s3cret:ä")) == 401


def test_the_password_can_be_kept_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("from the file\n")
    bench = OcppBench(password_file=file).open()
    assert refusal(bench, **basic("CP-1", "other")) == 401
    bench.charger(**basic("CP-1", "from the file")).hang_up()
    bench.close()


def test_a_password_file_with_nothing_in_it_lets_nobody_in_instead_of_everybody(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("\n")
    with pytest.raises(OSError, match="is empty"):
        OcppBench(password_file=file)


def test_with_a_certificate_the_line_is_encrypted(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    bench = OcppBench(certificate=certificate, private_key=key).open()
    trusting = ssl.create_default_context(cafile=str(certificate))
    charger = bench.charger(scheme="wss", ssl=trusting, server_hostname="localhost")
    assert charger.call("Heartbeat")["currentTime"]
    charger.hang_up()
    bench.close()


def test_a_certificate_that_cannot_be_read_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        OcppBench(certificate=tmp_path / "none.pem", private_key=tmp_path / "none.key")


def test_a_second_charger_is_refused_while_one_is_connected(bench: OcppBench) -> None:
    first = bench.charger("CP-1")
    assert refusal(bench, "CP-2") == 409
    assert first.call("Heartbeat")
    first.hang_up()
    eventually(lambda: bench.seen() is None)
    bench.charger("CP-2").hang_up()


def test_the_newest_connection_of_a_charger_wins_for_the_old_one_is_half_open(bench: OcppBench) -> None:
    old = bench.charger()
    old.call("StatusNotification", connectorId=1, status="Preparing", errorCode="NoError")
    new = bench.charger()
    eventually(lambda: not old._reader.is_alive())
    assert new.call("Heartbeat")
    assert bench.seen() is not None
    new.hang_up()


def test_a_charger_that_goes_silent_is_gone_within_two_pings(bench: OcppBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scenario 18: connected for 24 h on a dead socket."""
    charger = bench.charger()
    charger.call("StatusNotification", connectorId=1, status="Available", errorCode="NoError")
    assert bench.seen() is not None
    monkeypatch.setattr(charger.connection.protocol, "receive_data", lambda _: None)  # deaf: no pong leaves it
    began_s = time.monotonic()
    eventually(lambda: bench.seen() is None)
    assert time.monotonic() - began_s < 5


def test_an_address_in_use_is_said_and_tried_again(bench: OcppBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("device_agent.drivers.ocpp.server.LISTEN_AGAIN_S", 0.02)
    second = OcppBench(port=bench.driver.port).open()
    with pytest.raises(DriverUnreachable, match=f"cannot listen at 127.0.0.1:{bench.driver.port}"):
        second.driver.observe(1)
    bench.driver.close()
    eventually(lambda: not _refused(second))
    second.close()


def test_a_driver_closes_with_a_charger_connected(bench: OcppBench) -> None:
    charger = bench.charger()
    bench.driver.close()
    eventually(lambda: not charger._reader.is_alive())


def _refused(bench: OcppBench) -> bool:
    try:
        bench.charger().hang_up()
    except (OSError, InvalidStatus):
        return True
    return False


def self_signed(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = folder / "board.pem", folder / "board.key"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files
