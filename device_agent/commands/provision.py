"""`charger-agent provision`: the board gets its charger's certificate."""

from __future__ import annotations

import os
import secrets
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path

from device_agent import wiring
from device_agent.commands import Exit, GivenUp
from device_agent.commands.common import add_config, say, settings_of
from device_agent.identity import Identity, Pair
from device_agent.provisioning.claim import Claim, Tools, provision
from device_agent.provisioning.errors import (
    CertificateRefused,
    CloudTrouble,
    ProvisioningError,
    SerialRefused,
    Unreachable,
    WrongCharger,
    WrongClock,
)

DESCRIPTION = """\
Make this board its charger: make a key on the board, have the cloud issue a certificate on it, and prove with a round
trip that it works. The key never leaves the board. Needed once, before the first `charger-agent run`; the agent renews
the certificate by itself from then on.

It can be started again at any time: what was interrupted goes on, and a board that has its certificate keeps it.
"""

EXAMPLES = """\
  charger-agent provision             with the serial number and claim certificate that [identity] names
  charger-agent provision --force     ask for a new certificate although there is one; the operator has to arm the
                                      serial number again first
"""

EXITS: tuple[tuple[type[ProvisioningError], Exit], ...] = (
    (WrongClock, Exit.CLOCK),
    (Unreachable, Exit.NETWORK),
    (CertificateRefused, Exit.CERTIFICATE),
    (SerialRefused, Exit.SERIAL),
    (WrongCharger, Exit.SETTINGS),
    (CloudTrouble, Exit.CLOUD),
)
"""The exit code of each error; the first that fits counts."""


def describe(parser: ArgumentParser) -> None:
    """Add the options of `provision`."""
    add_config(parser)
    parser.add_argument("--force", action="store_true", help="ask for a new certificate even if there is one")


def execute(arguments: Namespace) -> int:
    """Provision the board.

    Raises:
        GivenUp: it did not work; the text says what to do.
    """
    settings = settings_of(arguments)
    kept = settings.identity
    if kept is None:
        raise GivenUp(Exit.SETTINGS, "There is no [identity] section: link.certificate names one that came otherwise.")
    from device_agent.provisioning import papers  # noqa: PLC0415  (a big library; the help does not need it)

    claim = Claim(settings.charger_id, kept.serial_number, Pair(kept.claim_certificate, kept.claim_private_key))
    identity = Identity(kept.directory)
    try:
        _as_the_owner(kept.directory)
        tools = Tools(wiring.cloud(settings), papers.make_request, lambda: secrets.token_hex(16), time.sleep)
        done = provision(identity, claim, tools, force=arguments.force)
    except ProvisioningError as error:
        raise GivenUp(next(code for kind, code in EXITS if isinstance(error, kind)), str(error)) from error
    except OSError as error:
        raise GivenUp(Exit.SETTINGS, f"identity.directory = {str(kept.directory)!r}: {error}") from error
    slot = identity.pair(identity.current() or "a").certificate
    say(f"{settings.charger_id} is provisioned{'' if done else ' already'}: {slot}")
    return Exit.FINE


def _as_the_owner(directory: Path) -> None:
    """Keys made by root are of no use to the agent, which cannot read them, and use the serial number up.

    Raises:
        GivenUp: the directory, or the one it is to be made in, is another user's.
        OSError: it cannot be looked at.
    """
    there = next(each for each in (directory, *directory.parents) if each.exists())
    if (owner := there.stat().st_uid) != os.geteuid():
        raise GivenUp(
            Exit.SETTINGS,
            f"{there} belongs to another user, as whom the agent runs. Give this command as that user:"
            f" sudo -u '#{owner}' charger-agent provision",
        )
