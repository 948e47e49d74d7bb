"""A session's records as text: who, where, what happened when by whose word, and what is missing. Pure.

No name, address or card number is in the records; an owner is the opaque `sub` of the account, a card its hash.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from functions.domain import outlook
from functions.domain.patience import Patience
from functions.domain.reasons import reason
from functions.domain.records import IntentStatus, SessionPhase
from functions.domain.timeline import timeline

if TYPE_CHECKING:
    from explain.records import Records
    from functions.domain.records import IntentRecord, SessionRecord

HASH_SHOWN = 12
"""Of a card's hash: enough to compare two lines."""
MINUTES_PER_HOUR = 60


def story(records: Records, patience: Patience | None = None) -> str:
    """The story, ready to print."""
    patience = patience or Patience()
    parts = (
        ("", _who(records, patience)),
        ("What happened, in UTC as the cloud learned of it", _stages(records)),
        ("Starts and stops, in milliseconds from the request", _intents(records.session)),
        ("Energy", _energy(records)),
        ("Missing", missing(records, patience) or ["nothing"]),
    )
    lines = [f"Session {records.session.session_id}, as of {_time(records.now_ms)}"]
    for title, body in parts:
        lines += ["", title] if title else []
        lines += [f"  {line}" for line in body]
    return "\n".join(lines) + "\n"


def _who(records: Records, patience: Patience) -> list[str]:
    session, charger, now_ms = records.session, records.charger, records.now_ms
    card = f"card {session.id_token_hash[:HASH_SHOWN]}…" if session.id_token_hash else "the app"
    state = outlook.session_status(session, now_ms=now_ms, patience=patience)
    failed = outlook.failure_reason(session, now_ms=now_ms, patience=patience)
    stale = outlook.is_stale(session, now_ms=now_ms, patience=patience)
    lines = [
        f"owner        {session.owner or 'nobody on record'}, begun with {card}",
        f"charger      {session.charger_id} ({session.charger_name}), EVSE {session.evse_id}",
        f"transaction  {session.transaction_id or 'none told'}",
        f"state        {state}{f': {reason(failed).title}' if failed else ''}",
    ]
    if session.target is not None:
        wanted = ((session.target.energy_wh, "Wh"), (session.target.duration_s, "s"))
        lines.append(f"target       {' or '.join(f'{amount} {unit}' for amount, unit in wanted if amount is not None)}")
    connected = charger.charger.connected if charger is not None else None
    stop = outlook.stop_status(session, now_ms=now_ms, patience=patience)
    why = outlook.stop_reason(session, stop, connected=connected)
    if stop is not None:
        lines.append(f"stop         {stop}{f': {reason(why).title}' if why else ''}")
    if stale:
        lines.append(f"             as last known {_ago(now_ms - (session.as_of_ms or session.created_at_ms))} ago")
    if charger is not None:
        link = {True: "connected", False: "not connected", None: "never connected"}[connected]
        seen_ms = charger.last_seen_at_ms
        heard = f", last heard of at {_time(seen_ms)}" if seen_ms is not None else ""
        lines.insert(2, f"             {link}{heard}")
    return lines


def _stages(records: Records) -> list[str]:
    lines, before_ms = [], None
    for stage in timeline(records.session):
        since = f"+{(stage.at_ms - before_ms) / 1000:.3f} s" if before_ms is not None else ""
        own = f"  its own time {_time(stage.charger_at_ms)}" if stage.charger_at_ms is not None else ""
        detail = f"  {stage.detail}" if stage.detail else ""
        lines.append(f"{_time(stage.at_ms)}  {since:>14}  {stage.stage:<18} by {stage.source}{detail}{own}")
        before_ms = stage.at_ms
    return lines


def _intents(session: SessionRecord) -> list[str]:
    intents = [session.start, *session.past_stops, session.stop]
    return [_intent(intent) for intent in intents if intent is not None] or ["none: begun and ended at the charger"]


def _intent(intent: IntentRecord) -> str:
    answers = (
        ("accepted", intent.accepted_at_ms),
        ("executing", intent.executing_at_ms),
        (intent.status.value, intent.settled_at_ms),
    )
    taken = [f"{name} {at_ms - intent.requested_at_ms}" for name, at_ms in answers if at_ms is not None]
    asked = f" ({intent.why})" if intent.why else ""
    why = f" ({intent.reason})" if intent.reason else ""
    told = ", ".join(taken) if taken else "no answer"
    return f"{intent.act.value:<5} {intent.intent_id}  by {intent.by.value}{asked}: {intent.status.value}{why}; {told}"


def _energy(records: Records) -> list[str]:
    session, samples = records.session, records.samples
    energy_wh = outlook.energy_wh(session)
    lines = [
        "nothing measured"
        if energy_wh is None
        else f"{energy_wh} Wh: the register went from {session.start_meter_wh} to {session.meter_wh} Wh"
    ]
    if not samples:
        return [*lines, "no samples on record"]
    first, last = samples[0], samples[-1]
    more = ", and more than were read" if records.more_samples else ""
    lines.append(f"{len(samples)} samples from {_time(first.at_ms)} to {_time(last.at_ms)}{more}")
    powers = [sample.power_w for sample in samples if sample.power_w is not None]
    if powers:
        lines.append(f"highest power {max(powers)} W, last {powers[-1]} W")
    silences = [(after.at_ms - before.at_ms, before.at_ms) for before, after in pairwise(samples)]
    if silences:
        longest_ms, since_ms = max(silences, key=lambda silence: silence[0])
        lines.append(f"longest silence {_ago(longest_ms)}, from {_time(since_ms)}")
    return lines


def missing(records: Records, patience: Patience) -> list[str]:
    """What should be on record and is not, in sentences."""
    session, now_ms = records.session, records.now_ms
    lines = []
    if session.phase is not SessionPhase.PENDING and session.started_at_ms is None:
        lines.append("the charger's `started` event: when it began and from which register is not known")
    start = session.start
    if session.phase is SessionPhase.PENDING and start is not None and start.status.in_force:
        lines.append(f"the charger's answer to start {start.intent_id}")
    if session.stop is not None and session.end is None:
        lines += _owed(session, session.stop, now_ms, patience)
    if outlook.is_stale(session, now_ms=now_ms, patience=patience):
        lines.append("any sign of the session of late: the charger is silent, or its line is down")
    if session.end is not None and session.end.concluded:
        lines.append("the charger's own end: this one is an estimate, and is corrected when the real one comes")
    lines += _gaps(records)
    lines += _misplaced(records)
    return lines


def _owed(session: SessionRecord, stop: IntentRecord, now_ms: int, patience: Patience) -> list[str]:
    """What a stop is still owed."""
    status = outlook.stop_status(session, now_ms=now_ms, patience=patience)
    late = " (overdue)" if status == "overdue" else ""
    if status == "not_sent":
        return [f"stop {stop.intent_id} in the shadow: it is not sent"]
    if stop.status is IntentStatus.DONE:
        return [f"the `ended` event of a session whose stop is done{late}"]
    return [f"the charger's answer to stop {stop.intent_id}{late}"] if stop.status.in_force else []


def _gaps(records: Records) -> list[str]:
    """Events that were never received; a charger that was offline for long thins its samples."""
    last_seq = records.session.last_seq
    if last_seq is None or records.more_samples:
        return []
    absent = last_seq + 1 - len({sample.seq for sample in records.samples if sample.seq <= last_seq})
    if not absent:
        return []
    return [f"{absent} of the {last_seq + 1} events up to the last one: under way, thinned, or expired"]


def _misplaced(records: Records) -> list[str]:
    """Where the EVSE's record and the session's tell different stories."""
    session = records.session
    if records.charger is None:
        return [f"the record of charger {session.charger_id}"]
    evse = records.charger.evse(session.evse_id)
    if evse is None:
        return [f"the record of EVSE {session.evse_id} of {session.charger_id}"]
    held = evse.current_session_id == session.session_id
    if session.phase is SessionPhase.ENDED and held:
        return ["the release of the EVSE: its record still holds this session"]
    if session.phase is SessionPhase.ACTIVE and not held:
        other = evse.current_session_id
        return [f"the EVSE's word for this session: its record holds {f'session {other}' if other else 'none'}"]
    return []


def _time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(sep=" ", timespec="milliseconds").removesuffix("+00:00")


def _ago(for_ms: int) -> str:
    minutes, seconds = divmod(for_ms // 1000, 60)
    if minutes < MINUTES_PER_HOUR:
        return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
    return f"{minutes // MINUTES_PER_HOUR} h {minutes % MINUTES_PER_HOUR} min"
