"""What the link does with its credentials: shows them, tells them how it went, and makes room when they ask."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from device_agent import paho_link
from device_agent.identity import Pair
from device_agent.link import Down, LinkInput, Up
from device_agent.paho_link import Broker, PahoLink
from device_agent.tls import ours_is_refused

BROKER = Broker("localhost", 8883, Path("ca.pem"), Path("cert.pem"), Path("key.pem"))


@dataclass
class Noted:
    """`Credentials` that write down what the link tells them, and want the line once."""

    log: list[str] = field(default_factory=list)
    wanted: bool = False
    enough: threading.Event = field(default_factory=threading.Event)

    def present(self) -> Pair:
        return Pair(Path("mine.pem"), Path("mine-key.pem"))

    def accepted(self) -> None:
        self.log.append("accepted")

    def refused(self) -> None:
        self.log.append("refused")
        self.enough.set()

    def wants_the_line(self) -> bool:
        return self.wanted

    def between_connections(self) -> None:
        self.log.append("between")
        if self.log.count("between") == 2:
            self.wanted = False
            self.enough.set()


class FakeConnection:
    """A connection as the link uses it, with a broker that answers as `greeting` says."""

    greeting: Callable[[FakeConnection], None]

    def __init__(self, *_arguments: Any) -> None:
        self.opened, self.ended = threading.Event(), threading.Event()
        self.why, self.refused = "", False

    def open(self, _broker: Broker) -> None:
        type(self).greeting(self)

    def end(self, why: str) -> None:
        self.why = self.why or why
        self.opened.set()
        self.ended.set()

    def close(self) -> None:
        self.ended.set()


def let_in(connection: FakeConnection) -> None:
    connection.opened.set()


def hang_up(connection: FakeConnection) -> None:
    connection.end("the broker hung up")


def linked(
    monkeypatch: pytest.MonkeyPatch, greeting: Callable[[FakeConnection], None], noted: Noted
) -> tuple[list[Path], list[LinkInput]]:
    """Run a link until the credentials have seen enough; what it showed the broker, and what it delivered."""
    shown: list[Path] = []
    delivered: list[LinkInput] = []
    monkeypatch.setattr(FakeConnection, "greeting", greeting, raising=False)
    monkeypatch.setattr(paho_link, "_Connection", FakeConnection)
    monkeypatch.setattr(Broker, "tls", lambda broker: shown.append(broker.certificate))
    link = PahoLink("PX-0001", BROKER, lambda: 0.0, noted)
    link.start(delivered.append)
    assert noted.enough.wait(10)
    link.stop()
    return shown, delivered


def test_the_broker_is_shown_what_the_credentials_present(monkeypatch: pytest.MonkeyPatch) -> None:
    shown, _ = linked(monkeypatch, hang_up, Noted())
    assert shown[0] == Path("mine.pem")


def test_a_broker_that_hangs_up_before_it_lets_us_in_has_refused_the_certificate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    noted = Noted()
    linked(monkeypatch, hang_up, noted)
    assert noted.log[:2] == ["between", "refused"]


def test_a_file_that_is_missing_counts_as_refused_and_a_network_that_is_away_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    errors: list[OSError] = [ConnectionRefusedError("nobody listens"), FileNotFoundError("cert.pem")]

    def fails(_connection: FakeConnection) -> None:
        raise errors.pop(0) if errors else ConnectionRefusedError("nobody listens")

    noted = Noted()
    monkeypatch.setattr(Noted, "between_connections", lambda each: each.log.append("between"))
    linked(monkeypatch, fails, noted)
    assert noted.log[:3] == ["between", "between", "refused"]


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (ssl.SSLError(1, "[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED]"), True),
        (FileNotFoundError("cert.pem"), True),
        (ssl.SSLCertVerificationError(1, "certificate has expired"), False),
        (ssl.SSLEOFError(8, "EOF occurred in violation of protocol"), False),
        (ConnectionRefusedError("nobody listens"), False),
    ],
)
def test_a_broker_that_we_do_not_believe_has_said_nothing_of_our_certificate(error: OSError, *, ours: bool) -> None:
    assert ours_is_refused(error) is ours


def test_the_line_is_given_up_when_the_credentials_want_it_and_they_get_it_before_the_next_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    noted = Noted(wanted=True)
    _, delivered = linked(monkeypatch, let_in, noted)
    assert noted.log[:3] == ["between", "accepted", "between"]
    assert delivered[:2] == [Up(), Down("the credentials want the line")]
