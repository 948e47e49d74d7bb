"""`charger-agent doctor` on a board with no cloud to reach; tests/local/test_doctor.py has one."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from device_agent.__main__ import main
from device_agent.checks import Finding, agent, network
from device_agent.paho_link import Broker
from device_agent.settings import Settings
from tests.support.board import agent_toml
from tests.support.certificates import make_certificate


@pytest.fixture
def broker(tmp_path: Path) -> Broker:
    """Nobody there; the certificates are good."""
    make_certificate(tmp_path)
    (tmp_path / "ca.pem").write_bytes((tmp_path / "cert.pem").read_bytes())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return Broker("127.0.0.1", port, tmp_path / "ca.pem", tmp_path / "cert.pem", tmp_path / "key.pem")


@contextmanager
def listening(context: ssl.SSLContext | None) -> Iterator[int]:
    """Somebody who speaks TLS as `context` says, or hangs up; the port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                plain, _ = server.accept()
                with plain:
                    if context is not None:
                        context.wrap_socket(plain, server_side=True).close()

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def told(broker: Broker) -> list[tuple[str, str]]:
    return [(finding.level, finding.subject) for finding in network.path(broker)]


def test_a_name_that_does_not_exist_is_all_that_is_found(broker: Broker) -> None:
    assert told(replace(broker, host="broker.invalid")) == [("FAIL", "name")]


def test_a_closed_port_is_told_apart_from_a_name(broker: Broker) -> None:
    assert told(broker) == [("OK", "name"), ("FAIL", "port")]


def test_somebody_who_hangs_up_is_told_apart_from_a_closed_port(broker: Broker) -> None:
    with listening(None) as port:
        assert told(replace(broker, port=port)) == [("OK", "name"), ("OK", "port"), ("FAIL", "TLS")]


def test_a_broker_whose_certificate_is_another_authoritys_is_not_believed(broker: Broker, tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    make_certificate(tmp_path / "theirs", "elsewhere.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "theirs" / "cert.pem", tmp_path / "theirs" / "key.pem")
    with listening(context) as port:
        found = list(network.path(replace(broker, port=port)))[-1]
    assert (found.level, found.subject) == ("FAIL", "TLS")
    assert "is not believed" in found.text
    assert "link.ca" in found.advice


def test_without_a_certificate_of_its_own_tls_is_not_tried(broker: Broker) -> None:
    broker.certificate.unlink()
    with listening(None) as port:
        assert told(replace(broker, port=port)) == [("OK", "name"), ("OK", "port"), ("WARN", "TLS")]


def test_a_port_for_the_charger_that_another_program_has_is_told(tmp_path: Path) -> None:
    def place(port: int, host: str = "127.0.0.1") -> Finding:
        driver = {"kind": "ocpp16", "charge_points": ["CP-1"], "host": host, "port": port}
        return agent.place(Settings.load(agent_toml(tmp_path, driver=driver), {}))

    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert place(port).text == f"another program listens at 127.0.0.1:{port}"
    assert place(port).level == "OK"
    assert place(port, "192.0.2.1").advice.startswith("driver.host must be an address of this board")


def test_a_board_without_its_broker_is_told_step_by_step_and_ends_with_code_1(
    broker: Broker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "plant.sock").touch()
    link = {
        "host": "127.0.0.1",
        "port": broker.port,
        "ca": "ca.pem",
        "certificate": "cert.pem",
        "private_key": "key.pem",
    }
    assert main(["doctor", "--config", str(agent_toml(tmp_path, link=link))]) == 1
    lines = capsys.readouterr().out.splitlines()
    told = [(line.split()[0], line.split()[1]) for line in lines if not line.startswith(" ")]
    assert told == [
        ("OK", "settings"),
        ("OK", "authority"),
        ("OK", "certificate"),
        ("OK", "certificate's"),
        ("OK", "storage"),
        ("WARN", "journal"),
        ("WARN", "agent"),
        ("OK", "name"),
        ("FAIL", "port"),
        ("OK", "clock"),
        ("OK", "charger"),
    ]
    failed = [number for number, line in enumerate(lines) if line.startswith("FAIL")]
    assert all(lines[number + 1].strip().startswith("-> ") for number in failed), "each says what to do"


def test_wrong_settings_are_the_first_finding_and_the_last(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--config", str(agent_toml(tmp_path, evses=[]))]) == 1
    told = capsys.readouterr().out
    assert told.startswith("FAIL  settings")
    assert "OK" not in told
