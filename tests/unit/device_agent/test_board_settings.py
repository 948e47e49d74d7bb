"""The settings file that the wheel carries for installers."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import device_agent
from device_agent.settings import OcppSettings, Settings

FILE = Path(device_agent.__file__).parent / "board" / "agent.toml"
OPTION = re.compile(r"#(?=\[|[a-z0-9_]+ = )")


def with_options() -> dict[str, Any]:
    """The file as it is with every line that is commented out."""
    lines = [OPTION.sub("", line, count=1) for line in FILE.read_text().splitlines()]
    return tomllib.loads("\n".join(lines))


def test_it_can_be_used_as_it_is() -> None:
    settings = Settings.load(FILE, {})
    assert isinstance(settings.driver, OcppSettings)
    assert settings.identity is not None


def test_it_shows_what_holds_if_a_line_is_left_out() -> None:
    short, whole = Settings.load(FILE, {}), Settings.model_validate(with_options())
    assert (short.log_level, short.link, short.identity, short.authorisation) == (
        whole.log_level,
        whole.link,
        whole.identity,
        whole.authorisation,
    )
    assert isinstance(short.driver, OcppSettings)
    assert isinstance(whole.driver, OcppSettings)
    assert (short.driver.port, short.driver.meter_interval_s) == (whole.driver.port, whole.driver.meter_interval_s)


def test_it_shows_every_key_but_the_password_in_clear_and_a_certificate_that_came_by_other_means() -> None:
    shown = with_options()
    sections: dict[str, set[str]] = {
        "link": set(Settings.model_fields["link"].annotation.model_fields) - {"certificate", "private_key"},  # type: ignore[union-attr]
        "driver": set(OcppSettings.model_fields) - {"password"},
    }
    assert set(shown) == set(Settings.model_fields)
    for section, keys in sections.items():
        assert set(shown[section]) == keys
