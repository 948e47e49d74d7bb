from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from device_agent.settings import Settings, SettingsError

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


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "charger.toml"


def test_relative_paths_start_at_the_file(file: Path) -> None:
    file.write_text(GOOD)
    settings = Settings.load(file)
    assert settings.link.ca == file.parent / "ca.pem"
    assert str(settings.link.certificate) == "/elsewhere/cert.pem"
    assert settings.driver.socket == file.parent / "plant.sock"
    assert [evse.id for evse in settings.evses] == [1, 2]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("port = 8883", "port = 70000", "link.port = 70000: Input should be less than or equal to 65535"),
        ('host = "localhost"', "", "link.host: is missing"),
        ("id = 2", "id = 33", "evses.1.id = 33: Input should be less than or equal to 32"),
        ("id = 2", "id = 1", "every EVSE id may appear only once"),
        ('kind = "simulated"', 'kind = "magic"', "driver.kind = 'magic': Input should be 'simulated'"),
        ("[journal]", "[journal]\nsize = 3", "journal.size: no such key"),
        ('charger_id = "PX-0001"', 'charger_id = "a:b"', "charger_id = 'a:b': String should match pattern"),
        ("[link]", "[link", "not a TOML file"),
    ],
)
def test_a_wrong_setting_is_explained_by_key_value_and_what_is_allowed(
    file: Path, old: str, new: str, message: str
) -> None:
    file.write_text(GOOD.replace(old, new))
    with pytest.raises(SettingsError) as raised:
        Settings.load(file)
    assert message in str(raised.value)
    assert str(file) in str(raised.value)


def test_more_evses_than_a_connection_has_subscriptions_for_are_refused_and_eight_are_not(file: Path) -> None:
    more = "".join(f"[[evses]]\nid = {number}\n" for number in range(3, 9))
    file.write_text(GOOD + more)
    assert len(Settings.load(file).evses) == 8
    file.write_text(GOOD + more + "[[evses]]\nid = 9\n")
    with pytest.raises(SettingsError, match="at most 8 EVSEs, not 9: each takes six subscriptions"):
        Settings.load(file)


def test_a_missing_file_is_named(file: Path) -> None:
    with pytest.raises(SettingsError, match=r"charger\.toml: No such file"):
        Settings.load(file)
