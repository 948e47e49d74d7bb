"""What an operator can say, and what is asked of the API for it. An act is always announced before it is done."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

from contract.vocabulary import EvseStatus
from operator_cli import show
from operator_cli.api import OperatorError

if TYPE_CHECKING:
    from operator_cli.api import Json, OperatorApi

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse gives it no other name

DONE, FAILED = 0, 1

ACTS = {
    "stop": ("session", "sessions/{target}/stop", "stop anybody's session; its driver is shown the reason"),
    "close": ("session", "sessions/{target}/close", "record as over a session of which its charger is silent"),
    "out-of-service": ("charger", "chargers/{target}/out-of-service", "let no session begin at a charger"),
    "in-service": ("charger", "chargers/{target}/in-service", "let sessions begin there again"),
    "suspend": ("account", "accounts/{target}/suspend", "let an account begin nothing new"),
    "restore": ("account", "accounts/{target}/restore", "let it again"),
    "redrive": ("queue", "dead-letters/{target}/redrive", "move dead letters back to their queue"),
}
"""What changes something: what it is about, where it is asked for, what it does."""

LISTS: dict[str, tuple[str, str, Callable[[show.Json], list[str]]]] = {
    "sessions": ("/sessions", "sessions", show.session),
    "chargers": ("/chargers", "chargers", show.charger),
    "audit": ("/audit", "acts", show.act),
}
"""What is listed: where it is asked for, under which name its entries come, how one is shown."""


@dataclass(frozen=True)
class Person:
    """Whoever sits there: what they are told and asked."""

    out: TextIO = field(default_factory=lambda: sys.stdout)
    ask: Callable[[str], str] = input

    def say(self, *lines: str) -> None:
        """Some lines."""
        self.out.writelines(f"{line}\n" for line in lines)
        self.out.flush()

    def confirms(self) -> bool:
        """Whether they really want it; nobody there to be asked does not."""
        try:
            return self.ask("Do it? [y/N] ").strip().lower() in ("y", "yes")
        except EOFError:
            return False


def add_commands(parser: argparse.ArgumentParser) -> Commands:
    """The commands, for whichever program offers them; it may add its own to them."""
    commands = parser.add_subparsers(dest="operator_command", required=True, metavar="COMMAND")
    sessions = commands.add_parser("sessions", help="find sessions")
    which = sessions.add_mutually_exclusive_group(required=True)
    which.add_argument("--open", dest="state", action="store_const", const="open", help="all that are not over")
    which.add_argument("--overdue", dest="state", action="store_const", const="overdue", help="those whose stop is")
    which.add_argument("--charger", metavar="CHARGER", help="of a charger, newest first")
    which.add_argument("--owner", metavar="SUB", help="of an account, newest first")
    sessions.add_argument("--evse", type=int, help="only of this EVSE; with --charger")
    chargers = commands.add_parser("chargers", help="find chargers")
    chargers.add_argument(
        "--status", choices=[status.value for status in EvseStatus], help="with an EVSE in this state"
    )
    chargers.add_argument("--disconnected", action="store_true")
    chargers.add_argument("--out-of-service", action="store_true")
    audit = commands.add_parser("audit", help="what operators did, newest first")
    for listed in (sessions, chargers, audit):
        listed.add_argument("--limit", type=_number, default=20, help="entries at most (default 20)")
    for name, about in (("session", "session"), ("charger", "charger"), ("account", "account")):
        one = commands.add_parser(name, help=f"one {about}, with all that is on record")
        one.add_argument("target", metavar=about.upper())
    letters = commands.add_parser("dead-letters", help="how full the dead-letter queues are, or what is in one")
    letters.add_argument("queue", nargs="?", metavar="QUEUE")
    for name, (about, _, text) in ACTS.items():
        command = commands.add_parser(name, help=text)
        command.add_argument("target", metavar=about.upper())
        command.add_argument("--reason", required=True, help="why, in your words; kept on record")
        command.add_argument("--dry-run", action="store_true", help="only say what would happen")
        command.add_argument("--yes", action="store_true", help="do it without asking")
        if name == "redrive":
            command.add_argument("--limit", type=_number, default=100, help="letters at most (default 100)")
    return commands


def operate(options: argparse.Namespace, api: OperatorApi, person: Person) -> int:
    """Do what the command line says; the exit code.

    Raises:
        OperatorError: the API refused, or gave no answer.
    """
    command = options.operator_command
    if command in ACTS:
        return _act(options, api, person)
    if command == "session":
        person.say(*show.detail(api.get(f"/sessions/{options.target}")))
    elif command == "charger":
        person.say(*show.charger(api.get(f"/chargers/{options.target}")))
    elif command == "account":
        person.say(*show.account(api.get(f"/accounts/{options.target}")))
    elif command == "dead-letters" and options.queue:
        person.say(*show.letters(api.get(f"/dead-letters/{options.queue}")))
    elif command == "dead-letters":
        for queue in api.get("/dead-letters")["queues"]:
            person.say(*show.queue(queue))
    else:
        _list(options, api, person)
    return DONE


def _list(options: argparse.Namespace, api: OperatorApi, person: Person) -> None:
    path, key, shown = LISTS[options.operator_command]
    count = 0
    for entry in api.listed(path, key, _query(options), limit=options.limit):
        person.say(*(["… and more: raise --limit"] if entry is None else shown(entry)))
        count += 1
    if not count:
        person.say("None found.")


def _query(options: argparse.Namespace) -> Json:
    if options.operator_command == "sessions":
        if options.evse is not None and options.charger is None:
            raise OperatorError("--evse goes with --charger.")
        named = {"state": options.state, "chargerId": options.charger, "owner": options.owner, "evseId": options.evse}
        return {name: value for name, value in named.items() if value is not None}
    if options.operator_command == "chargers":
        wanted = {"connected": options.disconnected, "inService": options.out_of_service}
        return {name: False for name, asked in wanted.items() if asked} | (
            {"status": options.status} if options.status else {}
        )
    return {}


def _act(options: argparse.Namespace, api: OperatorApi, person: Person) -> int:
    _, path, _ = ACTS[options.operator_command]
    path = f"/{path}".format(target=options.target)
    orders: Json = {"reason": options.reason}
    if options.operator_command == "redrive":
        orders["limit"] = options.limit
    person.say(f"What it means: {show.clean(api.post(path, orders | {'dryRun': True})['effect'])}")
    if options.dry_run:
        person.say("A dry run: nothing was done.")
        return DONE
    if not options.yes and not person.confirms():
        person.say("Nothing was done.")
        return FAILED
    done = api.post(path, orders | {"dryRun": False})
    person.say(f"Done: {show.clean(done['outcome'])}", f"On record as {done['actionId']}.")
    if not done["recorded"]:
        person.say("Its outcome could not be put on record: tell whoever reads the audit.")
    return DONE


def _number(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number
