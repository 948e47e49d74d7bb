"""What systemd and the status file are told, and when."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from device_agent.pulse import STATUS_EVERY_S, Pulse, Systemd

STATUS = {"link": True, "outbox": 2, "evses": [{"id": 1, "evse": [{"status": "charging"}]}]}


class Seconds:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def mono() -> Seconds:
    return Seconds()


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    """What stands in for systemd: its end of the notification socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(0)
        yield listening


def told(listening: socket.socket) -> list[str]:
    messages = []
    while True:
        try:
            messages.append(listening.recv(4096).decode())
        except BlockingIOError:
            return messages


def watched(listening: socket.socket, watchdog_s: float = 30.0) -> Systemd:
    return Systemd({"NOTIFY_SOCKET": listening.getsockname(), "WATCHDOG_USEC": str(int(watchdog_s * 1e6))})


def test_it_is_ready_after_the_first_good_turn_and_says_so_once(systemd: socket.socket, mono: Seconds) -> None:
    pulse = Pulse(watched(systemd), None, mono)
    assert told(systemd) == []
    pulse.beat(lambda: STATUS)
    pulse.beat(lambda: STATUS)
    assert told(systemd) == ["READY=1", "WATCHDOG=1", "STATUS=connected; EVSE 1 charging; 2 events wait"]


def test_the_watchdog_is_fed_three_times_in_its_time_and_not_with_every_turn(
    systemd: socket.socket, mono: Seconds
) -> None:
    pulse = Pulse(watched(systemd, watchdog_s=30.0), None, mono)
    fed = 0
    for _ in range(120):
        pulse.beat(lambda: STATUS)
        fed += told(systemd).count("WATCHDOG=1")
        mono.now += 0.5
    assert fed == 6


def test_without_turns_nobody_is_told_anything(systemd: socket.socket, mono: Seconds) -> None:
    pulse = Pulse(watched(systemd), None, mono)
    pulse.beat(lambda: STATUS)
    told(systemd)
    mono.now += 3600
    assert told(systemd) == []


def test_a_status_that_changed_is_told_a_same_one_is_not(systemd: socket.socket, mono: Seconds) -> None:
    pulse = Pulse(watched(systemd, watchdog_s=1e6), None, mono)
    pulse.beat(lambda: STATUS)
    told(systemd)
    mono.now += STATUS_EVERY_S
    pulse.beat(lambda: STATUS)
    mono.now += STATUS_EVERY_S
    pulse.beat(lambda: STATUS | {"link": False})
    assert told(systemd) == ["STATUS=not connected; EVSE 1 charging; 2 events wait"]


def test_without_systemd_nothing_happens(mono: Seconds) -> None:
    pulse = Pulse(Systemd({"WATCHDOG_USEC": "1"}), None, mono)
    pulse.beat(lambda: STATUS)
    pulse.end()


def test_a_systemd_that_does_not_listen_any_more_does_no_harm(systemd: socket.socket, mono: Seconds) -> None:
    pulse = Pulse(watched(systemd), None, mono)
    systemd.close()
    pulse.beat(lambda: STATUS)


def test_the_status_file_is_replaced_whole_and_gone_in_the_end(tmp_path: Path, mono: Seconds) -> None:
    file = tmp_path / "status.json"
    pulse = Pulse(Systemd({}), file, mono)
    pulse.beat(lambda: STATUS)
    assert json.loads(file.read_text()) == STATUS
    pulse.beat(lambda: STATUS | {"outbox": 3})
    assert json.loads(file.read_text()) == STATUS
    mono.now += STATUS_EVERY_S
    pulse.beat(lambda: STATUS | {"outbox": 3})
    assert json.loads(file.read_text())["outbox"] == 3
    pulse.end()
    assert list(tmp_path.iterdir()) == []


def test_a_status_file_without_a_place_is_complained_of_once_and_its_recovery_told_once(
    tmp_path: Path, mono: Seconds, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    pulse = Pulse(Systemd({}), tmp_path / "run" / "status.json", mono)

    def beat(times: int) -> None:
        for _ in range(times):
            mono.now += STATUS_EVERY_S
            pulse.beat(lambda: STATUS)

    beat(3)
    (tmp_path / "run").mkdir()
    beat(3)
    assert caplog.messages == ["status file cannot be written", "status file can be written again"]


def test_an_abstract_address_is_understood(mono: Seconds) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind("\0polaris-test-notify")
        Pulse(Systemd({"NOTIFY_SOCKET": "@polaris-test-notify"}), None, mono).end()
        assert listening.recv(100) == b"STOPPING=1"
