from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

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
