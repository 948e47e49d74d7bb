from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from device_agent.checks import Level, board
from device_agent.drivers.ocpp.driver import OcppDriver
from device_agent.settings import OcppSettings, Settings, SettingsError

if TYPE_CHECKING:
    from pathlib import Path

FILE = """
charger_id = "PX-0001"
[link]
host = "localhost"
ca = "ca.pem"
certificate = "cert.pem"
private_key = "key.pem"
[journal]
path = "journal.sqlite3"
[[evses]]
id = 1
[driver]
kind = "ocpp16"
charge_points = ["CP-1"]
"""


def load(folder: Path, more: str = "", **environ: str) -> OcppSettings:
    file = folder / "agent.toml"
    file.write_text(FILE + more)
    driver = Settings.load(file, environ).driver
    assert isinstance(driver, OcppSettings)
    return driver


def test_a_charger_needs_its_version_and_its_id_and_is_listened_for_on_this_board_only(tmp_path: Path) -> None:
    driver = load(tmp_path)
    assert (driver.host, driver.port, driver.meter_interval_s) == ("127.0.0.1", 9220, 30)
    assert (driver.password, driver.certificate, driver.connectors) == (None, None, {})


def test_files_are_beside_the_settings_and_numbers_of_connectors_are_numbers(tmp_path: Path) -> None:
    driver = load(tmp_path, 'password_file = "password"\n[driver.connectors]\n1 = 2\n')
    assert driver.password_file == tmp_path / "password"
    assert driver.connectors == {1: 2}


def test_two_evses_may_change_their_connectors(tmp_path: Path) -> None:
    assert load(tmp_path, "[driver.connectors]\n1 = 2\n2 = 1\n[[evses]]\nid = 2").connectors == {1: 2, 2: 1}


def test_a_password_from_the_environment_shows_nowhere(tmp_path: Path) -> None:
    driver = load(tmp_path, CHARGER_AGENT_DRIVER__PASSWORD="s3cret")
    assert driver.password is not None
    assert driver.password.get_secret_value() == "s3cret"
    assert "s3cret" not in repr(driver)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ('certificate = "board.pem"', "driver: certificate and private_key are needed together"),
        ('password = "a"\npassword_file = "b"', "driver: password and password_file are two ways to say one thing"),
        ("[driver.connectors]\n1 = 2\n2 = 2", "driver: every connector can be only one EVSE's"),
        ("[driver.connectors]\n1 = 2\n[[evses]]\nid = 2", "evses: two EVSEs have the same connector"),
        ('password = ""', "driver.password: allowed: text of 1 to 255 characters"),
        ("port = 70000", "driver.port = 70000: allowed: a whole number from 0 to 65535"),
        ("meter_interval_s = 0", "driver.meter_interval_s = 0: allowed: a whole number from 1 to 900"),
        ("colour = 3", "driver.colour: there is no such key"),
    ],
)
def test_what_is_wrong_is_said_by_key(tmp_path: Path, more: str, message: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load(tmp_path, more)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("more", "open_to_all"),
    [
        ("", False),
        ('host = "localhost"', False),
        ('host = "::1"', False),
        ('host = "0.0.0.0"', True),
        ('host = "192.168.7.1"', True),
        ('host = "192.168.7.1"\npassword_file = "password"', False),
    ],
)
def test_an_address_that_others_reach_without_a_password_is_warned_of_by_log_and_doctor(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, more: str, *, open_to_all: bool
) -> None:
    (tmp_path / "password").write_text("s3cret")
    (tmp_path / "password").chmod(0o600)
    driver = load(tmp_path, more)
    OcppDriver.from_settings(driver, [1], time.time)
    assert ("can pose as the charger" in caplog.text) is open_to_all
    found = board.secrets(Settings.load(tmp_path / "agent.toml", {}), tmp_path / "agent.toml")
    assert [each.level is Level.WARN and "pose" in each.text for each in found if each.advice] == [True] * open_to_all
