"""`python -m local`: run the whole cloud on this machine, or act on the one that runs."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from explain.tables import story_of
from local.client import operator_api, sign_in
from local.cycle import play_cycle
from local.howto import explain
from local.interrupts import EndRequested, Interrupts
from local.plant import Plant, PlantRefused
from local.processes import Processes, StepFailed, tail
from local.runfile import RunFile
from local.settings import Settings
from local.stack import running_stack
from local.terminal import RED, Terminal
from operator_cli.api import OperatorError
from operator_cli.commands import Person, add_commands, operate

if TYPE_CHECKING:
    from collections.abc import Sequence

ENDED_BY_REQUEST = 130
"""What shells report for a program that Ctrl-C ended, here before it had done its work."""

WATCH_EVERY_S = 0.5


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; the exit code."""
    options = _parser().parse_args(arguments)
    settings = Settings(home=options.dir.resolve()) if options.dir else Settings()
    terminal = Terminal()
    try:
        if options.command == "run":
            return _run(settings, terminal, once=options.once)
        run = _running(settings)
        if options.command == "token":
            terminal.line(sign_in(run, run.driver(options.email)))
        elif options.command == "explain":
            terminal.line(_story(run, options.session))
        elif options.command == "operate":
            with operator_api(run) as api:
                return operate(options, api, Person())
        else:
            _act(run, options, terminal)
    except StepFailed as failure:
        _report(terminal, failure)
        return 1
    except OperatorError as error:
        terminal.line(str(error))
        return 1
    return 0


def _run(settings: Settings, terminal: Terminal, *, once: bool) -> int:
    interrupts = Interrupts()
    serving, code = False, 0
    terminal.heading("Preparing the cloud on this machine")
    try:
        with interrupts.listening(), running_stack(settings, terminal, interrupts) as stack:
            try:
                play_cycle(stack.run, terminal)
            except StepFailed as failure:
                if once:
                    raise
                # Everything stays up, so that the person can look into it.
                _report(terminal, failure)
                code = 1
            if once:
                return 0
            explain(stack.run, settings, terminal)
            serving = True
            _serve(stack.processes)
    except EndRequested:
        terminal.line("\nEnded.")
        return code if serving else ENDED_BY_REQUEST
    return code


def _serve(processes: Processes) -> None:
    """Keep everything running until somebody asks to end it.

    Raises:
        StepFailed: a process ended by itself.
    """
    while not (lost := processes.lost()):
        time.sleep(WATCH_EVERY_S)
    names = ", ".join(child.name for child in lost)
    raise StepFailed(f"Ended by itself: {names}\n{tail(lost[0].log)}", lost[0].log)


def _running(settings: Settings) -> RunFile:
    try:
        return RunFile.load(settings.run_file)
    except FileNotFoundError:
        raise StepFailed(f"No local stack runs in {settings.home}: start one with `make run`.") from None


def _story(run: RunFile, session_id: str) -> str:
    dynamodb = boto3.client(
        "dynamodb",
        endpoint_url=run.endpoint_url,
        region_name=run.region,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106  # the emulator's own, the same everywhere
    )
    told = story_of(session_id, dynamodb, sessions_table=run.tables.sessions, chargers_table=run.tables.chargers)
    if told is None:
        raise StepFailed(f"No session {session_id} is on record.")
    return told.rstrip("\n")


def _act(run: RunFile, options: argparse.Namespace, terminal: Terminal) -> None:
    fields: dict[str, Any] = {}
    if options.op == "fault":
        fields = {"name": options.fault, "on": options.state == "on"}
    elif options.op == "tap":
        fields = {"card": options.card}
    op = "set_fault" if options.op == "fault" else options.op
    try:
        seen = Plant(run.plant_socket).ask(options.charger, options.evse, op, **fields)
    except PlantRefused as refusal:
        raise StepFailed(f"The simulated charger refused: {refusal}") from refusal
    except OSError as error:
        raise StepFailed(f"The simulated chargers do not answer: {error}", run.logs / "plant.log") from error
    contactor = "closed" if seen["contactor_closed"] else "open"
    faults = ", ".join(seen["faults"]) or "none"
    terminal.line(
        f"{options.charger} EVSE {options.evse}: cable {seen['cable']}, contactor {contactor}, faults {faults}"
    )
    terminal.line(f"  {seen['power_w']} W, meter {seen['meter_wh']} Wh")
    if seen["display"]:
        terminal.line(f"  its display says: {seen['display']}")


def _report(terminal: Terminal, failure: StepFailed) -> None:
    terminal.line(f"\n{terminal.paint('✗', RED)} {failure.sentence}")
    if failure.log:
        terminal.line(f"  Log: {failure.log}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    parser.add_argument("--dir", type=Path, help="where the stack lives (default: .local in the repository)")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="start everything, play one cycle, keep running until Ctrl-C")
    run.add_argument("--once", action="store_true", help="end after the cycle; the exit code tells whether it worked")
    token = commands.add_parser("token", help="print an access token of a driver, for the Authorization header")
    token.add_argument("email")
    story = commands.add_parser("explain", help="print the whole story of a session, from its records")
    story.add_argument("session", metavar="SESSION", help="the session's id")
    add_commands(commands.add_parser("operate", help="what operators do, as the local operator: operator_cli"))
    charger = commands.add_parser("charger", help="act on a simulated charger, as somebody standing at it")
    charger.add_argument("charger", metavar="CHARGER", help="for example PX-0001")
    ops = charger.add_subparsers(dest="op", required=True, metavar="ACTION")
    actions = ("plug", "unplug", "press_stop", "emergency", "release_emergency", "power_cut", "meter_reset", "describe")
    for name in (*actions, "fault", "tap"):
        op = ops.add_parser(name)
        op.add_argument("--evse", type=int, default=1, help="which EVSE (default 1)")
        if name == "fault":
            op.add_argument("fault", help="for example power_keeps_flowing, refuses_to_open, cable_stuck, silent")
            op.add_argument("state", choices=("on", "off"))
        if name == "tap":
            op.add_argument("card", help="number of the card that is held to the reader")
    return parser


if __name__ == "__main__":
    sys.exit(main())
