from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from device_agent.settings import Settings, SettingsError, SimulatedSettings

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """
charger_id = "PX-0001"
[link]
host = "localhost"
port = 8883
ca = "ca.pem"
certificate = "/elsewhere/cert.pem"
private_key = "key.pem"
[journal]
path = "journal.sqlite3"
[driver]
kind = "simulated"
socket = "plant.sock"
[[evses]]
id = 1
[[evses]]
id = 2
"""

IDENTITY = """[identity]
directory = "identity"
serial_number = "SN-4711"
claim_certificate = "claim-cert.pem"
claim_private_key = "claim-key.pem"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "charger.toml"


def test_relative_paths_start_at_the_file(file: Path) -> None:
    file.write_text(GOOD)
    settings = Settings.load(file, {})
    assert settings.link.ca == file.parent / "ca.pem"
    assert str(settings.link.certificate) == "/elsewhere/cert.pem"
    assert isinstance(settings.driver, SimulatedSettings)
    assert settings.driver.socket == file.parent / "plant.sock"
    assert [evse.id for evse in settings.evses] == [1, 2]


def test_the_certificate_may_be_one_that_the_board_gets_by_itself(file: Path) -> None:
    own = GOOD.replace('certificate = "/elsewhere/cert.pem"\nprivate_key = "key.pem"\n', "")
    file.write_text(own.replace("[journal]", f"{IDENTITY}[journal]"))
    settings = Settings.load(file, {})
    assert settings.link.pair is None
    assert settings.identity is not None
    assert settings.identity.directory == file.parent / "identity"
    assert settings.identity.certificate_days == 730


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("port = 8883", "port = 70000", "link.port = 70000: allowed: a whole number from 1 to 65535"),
        ('host = "localhost"', "", "link.host is missing; allowed: text of 1 to 253 characters"),
        ("id = 2", "id = 33", "evses.1.id = 33: allowed: a whole number from 1 to 32"),
        ("id = 2", "id = 1", "every EVSE id may appear only once"),
        ('kind = "simulated"', 'kind = "magic"', "driver.kind = 'magic': allowed: 'ocpp16', 'ocpp201', 'simulated'"),
        (
            "[journal]",
            "[authorisation]\noffline = 'maybe'\n[journal]",
            "authorisation.offline = 'maybe': allowed: 'cached'",
        ),
        ("[journal]", "[journal]\nsize = 3", "journal.size: there is no such key"),
        ('charger_id = "PX-0001"', 'charger_id = "a:b"', "charger_id = 'a:b': allowed: text that matches ^[A-Z"),
        ("[link]", "[link", "not a TOML file"),
        ('private_key = "key.pem"', "", "link.certificate and link.private_key belong together"),
        ("[journal]", f"{IDENTITY}[journal]", "either an [identity] section"),
        ('certificate = "/elsewhere/cert.pem"\nprivate_key = "key.pem"', "", "either an [identity] section"),
        (
            "[journal]",
            IDENTITY.replace("SN-4711", "no spaces!") + "[journal]",
            "identity.serial_number = 'no spaces!': allowed: text that matches ^[A-Z",
        ),
    ],
)
def test_a_wrong_setting_is_explained_by_key_value_and_what_is_allowed(
    file: Path, old: str, new: str, message: str
) -> None:
    file.write_text(GOOD.replace(old, new))
    with pytest.raises(SettingsError) as raised:
        Settings.load(file, {})
    assert message in str(raised.value)
    assert str(file) in str(raised.value)


def test_more_evses_than_a_connection_has_subscriptions_for_are_refused_and_eight_are_not(file: Path) -> None:
    more = "".join(f"[[evses]]\nid = {number}\n" for number in range(3, 9))
    file.write_text(GOOD + more)
    assert len(Settings.load(file, {}).evses) == 8
    file.write_text(GOOD + more + "[[evses]]\nid = 9\n")
    with pytest.raises(SettingsError, match="at most 8 EVSEs, not 9: each takes six subscriptions"):
        Settings.load(file, {})


@pytest.mark.parametrize(
    ("section", "offline"),
    [("", "cached"), ('[authorisation]\noffline = "accept"', "accept"), ("[authorisation]", "cached")],
)
def test_cards_that_were_accepted_lately_may_charge_offline_unless_the_file_says_otherwise(
    file: Path, section: str, offline: str
) -> None:
    file.write_text(f"{GOOD}\n{section}")
    assert Settings.load(file, {}).authorisation.offline == offline


def test_a_missing_file_is_named(file: Path) -> None:
    with pytest.raises(SettingsError, match=r"charger\.toml: No such file"):
        Settings.load(file, {})


def test_the_environment_wins_over_the_file_and_its_relative_paths_start_at_the_file_too(file: Path) -> None:
    file.write_text(GOOD)
    environ = {
        "CHARGER_AGENT_LINK__HOST": "broker.example",
        "CHARGER_AGENT_LINK__PORT": "443",
        "CHARGER_AGENT_LINK__CA": "other.pem",
        "CHARGER_AGENT_LOG_LEVEL": "DEBUG",
        "CHARGER_AGENT_CONFIG": str(file),
        "HOME": "/",
    }
    settings = Settings.load(file, environ)
    assert (settings.link.host, settings.link.port) == ("broker.example", 443)
    assert settings.link.ca == file.parent / "other.pem"
    assert settings.log_level == "DEBUG"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("LINK__PORT", "many", "link.port = 'many': allowed: a whole number from 1 to 65535"),
        ("LINK__COLOUR", "red", "link.colour: there is no such key"),
        ("EVSES__0__ID", "2", "evses is not a section with keys of its own"),
    ],
)
def test_a_wrong_variable_is_named_as_the_source_of_the_trouble(
    file: Path, name: str, value: str, message: str
) -> None:
    file.write_text(GOOD)
    with pytest.raises(SettingsError) as raised:
        Settings.load(file, {f"CHARGER_AGENT_{name}": value})
    assert str(raised.value) == f"CHARGER_AGENT_{name}: {message}"
