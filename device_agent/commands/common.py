"""What several commands need: the settings file, and words for a person."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime
from pathlib import Path

from device_agent.commands import Exit, GivenUp
from device_agent.settings import CONFIG_VARIABLE, Settings, SettingsError

DEFAULT_CONFIG = Path("/etc/charger-agent/agent.toml")


def add_config(parser: ArgumentParser) -> None:
    """The option that names the settings file."""
    parser.add_argument(
        "--config",
        type=Path,
        default=Path(os.environ.get(CONFIG_VARIABLE, DEFAULT_CONFIG)),
        metavar="FILE",
        help=f"settings file (default: ${CONFIG_VARIABLE}, else {DEFAULT_CONFIG})",
    )


def settings_of(arguments: Namespace) -> Settings:
    """The settings that this command line and this environment name.

    Raises:
        GivenUp: they cannot be used.
    """
    try:
        return Settings.load(arguments.config, os.environ)
    except SettingsError as error:
        raise GivenUp(Exit.SETTINGS, str(error)) from error


def say(text: str = "") -> None:
    """One line for the person who called."""
    print(text)  # noqa: T201  (a command tells its caller)


def stamp(epoch_s: float) -> str:
    """A time as people read it, in UTC."""
    return datetime.fromtimestamp(epoch_s, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
