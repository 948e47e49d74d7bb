"""`charger-agent journal`: what the agent remembers, for people."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterator, Sequence

from device_agent import journal_reader
from device_agent.commands import Exit, GivenUp
from device_agent.commands.common import add_config, say, settings_of, stamp
from device_agent.journal_reader import Contents
from device_agent.journal_schema import UnreadableError
from device_agent.records import IntentRecord, SessionRecord

DESCRIPTION = """\
Show what the agent remembers: sessions, what the cloud asked for and what it was answered, and the session events that
wait for the cloud. It only reads, and may be used while the agent runs: it looks at a copy.
"""

EXAMPLES = """\
  charger-agent journal                          the last ten of everything
  charger-agent journal --last 100 | less -S
"""

LAST = 10

SESSION = "began", "ended", "phase", "EVSE", "Wh", "why it ended", "transaction", "session"
INTENT = "answered", "act", "EVSE", "answer", "reason", "intent", "session"
EVENT = "number", "type", "EVSE", "session"


def describe(parser: ArgumentParser) -> None:
    """Add the options of `journal`."""
    add_config(parser)
    parser.add_argument("--last", type=int, default=LAST, metavar="N", help=f"how many (default {LAST}; 0: all)")


def execute(arguments: Namespace) -> int:
    """Print the journal's newest entries."""
    path = settings_of(arguments).journal.path
    try:
        contents = journal_reader.read(path)
    except (OSError, UnreadableError) as error:
        raise GivenUp(Exit.JOURNAL, f"journal.path = {str(path)!r}: {error}") from error
    for line in shown(contents, arguments.last):
        say(line)
    return Exit.FINE


def shown(contents: Contents, last: int) -> Iterator[str]:
    """The journal as lines of text."""
    yield f"{len(contents.sessions)} sessions, {len(contents.intents)} intents, {len(contents.cards)} cards"
    yield from _table("Sessions", SESSION, [_session(each) for each in contents.sessions[-last:]])
    yield from _table("Intents", INTENT, [_intent(each) for each in contents.intents[-last:]])
    kinds = ", ".join(f"{count} {kind}" for kind, count in Counter(each[-1] for each in contents.outbox).items())
    events = [
        (str(number), kind, str(evse_id), session_id) for number, evse_id, session_id, kind in contents.outbox[-last:]
    ]
    yield from _table(f"Events that wait for the cloud{kinds and f' ({kinds})'}", EVENT, events)


def _session(record: SessionRecord) -> Sequence[str]:
    began = stamp(record.started_at) if record.started_at else "-"
    ended = stamp(record.ended_at) if record.ended_at is not None else "-"
    reason = record.end_reason or "-"
    energy = str(record.energy_wh)
    what = record.transaction_id or "-", record.session_id
    return (began, ended, record.phase, str(record.evse_id), energy, reason, *what)


def _intent(record: IntentRecord) -> Sequence[str]:
    answer = record.status, record.reason or "-"
    return (stamp(record.at), record.act or "?", str(record.evse_id), *answer, record.id, record.session_id or "-")


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A title, and below it columns as wide as they must be."""
    yield ""
    yield title if rows else f"{title}: none"
    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
    for row in (columns, *rows) if rows else ():
        yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
