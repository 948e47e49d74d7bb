"""What `charger-agent` can be told, one module a command. A module is loaded when its command is called.

Each has `DESCRIPTION` and `EXAMPLES`, which `--help` shows, `describe`, which adds its options, and `execute`, which
does it and returns the exit code.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Protocol

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "run": "serve the charger until SIGTERM or Ctrl-C",
        "provision": "get this board its charger's certificate, once",
        "doctor": "check board, charger and connection, and say what to do",
        "status": "show how the running agent, its link and its EVSEs are",
        "journal": "show sessions, answers and events on record",
    }
)
"""Every command, in one line."""


class Exit(IntEnum):
    """Exit codes; `--help` lists them."""

    FINE = 0
    FOUND = 1
    """The command worked, and what it looked at is not as it should be."""
    SETTINGS = 2
    """Wrong command line or settings: trying again is no use."""
    JOURNAL = 3
    """The journal cannot be opened."""
    NOT_PROVISIONED = 4
    """The board has no certificate of its own yet."""
    SERIAL = 5
    """The cloud refuses this board's serial number."""
    CERTIFICATE = 6
    """The broker refuses the certificate it is shown, or its files cannot be used."""
    NETWORK = 7
    """The broker cannot be reached; trying again may help."""
    CLOCK = 8
    """This board's clock is wrong."""
    CLOUD = 9
    """The cloud answered, but could not do it; trying again may help."""


class GivenUp(Exception):  # noqa: N818  (reads as the fact it is)
    """A command cannot be carried out; the text tells a person why."""

    def __init__(self, code: Exit, text: str) -> None:
        super().__init__(text)
        self.code = code


class Command(Protocol):
    """The module of one command."""

    DESCRIPTION: str
    EXAMPLES: str

    def describe(self, parser: ArgumentParser) -> None:
        """Add the command's options."""
        ...

    def execute(self, arguments: Namespace) -> int:
        """Do it.

        Returns:
            The exit code.

        Raises:
            GivenUp: it cannot be done.
        """
        ...
