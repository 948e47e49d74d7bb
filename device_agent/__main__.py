"""`charger-agent`, or `python -m device_agent`: the command line. It loads the module of the command it is given."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import cast

from device_agent import VERSION
from device_agent.commands import COMMANDS, Command, GivenUp

DESCRIPTION = """\
The program on a charger's board: receives what the cloud wants of its EVSEs, acts on the hardware, and reports what it
measured. Settings come from one TOML file; an environment variable can override any single value of it.
"""

EPILOG = """\
`charger-agent COMMAND --help` explains a command, with examples.

settings:
  link.host in the file is CHARGER_AGENT_LINK__HOST in the environment, log_level is CHARGER_AGENT_LOG_LEVEL, and so on;
  the environment wins. docs/install-agent.md of the project shows a whole file.

exit codes:
  0  as it should be          2  wrong command line or settings
  1  something is wrong       3  the journal cannot be opened
  4  not provisioned yet      7  the broker cannot be reached
  5  serial number refused    8  this board's clock is wrong
  6  certificate refused      9  the cloud could not do it
"""


def main(words: Sequence[str] | None = None) -> int:
    """Parse the command line and do what it says."""
    words = sys.argv[1:] if words is None else words
    named = next((word for word in words if word in COMMANDS), None)
    command = cast("Command", import_module(f"device_agent.commands.{named}")) if named else None
    arguments = _parser(named, command).parse_args(words)
    if command is None:
        raise RuntimeError("a command line without a command was parsed")
    try:
        return command.execute(arguments)
    except GivenUp as error:
        print(error, file=sys.stderr)  # noqa: T201  (a command tells its caller)
        return error.code


def _parser(named: str | None, command: Command | None) -> argparse.ArgumentParser:
    """What parses the whole command line; of the commands, only the named one has its options."""
    words = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="charger-agent", description=DESCRIPTION, epilog=EPILOG, formatter_class=words
    )
    parser.add_argument("--version", action="version", version=f"charger-agent {VERSION}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", title="commands")
    for name, summary in COMMANDS.items():
        if command is None or name != named:
            commands.add_parser(name, help=summary)
            continue
        epilog = f"examples:\n{command.EXAMPLES}"
        described = commands.add_parser(
            name, help=summary, description=command.DESCRIPTION, epilog=epilog, formatter_class=words
        )
        command.describe(described)
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
