"""What the API says, as lines for a person. Pure. What others wrote is shown without what would steer a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]


def clean(text: object) -> str:
    """Text of others with every character that a terminal would act on shown as `?`."""
    return "".join(character if character.isprintable() else "?" for character in str(text))


def session(found: Json) -> list[str]:
    """A session in a list: its id first, to be copied."""
    shown = found["session"]
    energy = "no energy known" if shown["energyWh"] is None else f"{shown['energyWh']} Wh"
    flags = "".join(f", {flag}" for flag in ("estimated", "stale") if shown[flag])
    lines = [
        f"{shown['sessionId']}  {shown['status']}{flags}  {shown['chargerId']} EVSE {shown['evseId']}",
        f"    of {clean(found['owner']) or 'nobody on record'}, asked for {shown['createdAt']}, {energy}",
    ]
    if stop := shown["stop"]:
        why = f": {clean(found['stopWhy'])}" if found["stopWhy"] else ""
        lines.append(f"    stop {stop['status']}, by {found['stopBy']}{why} ({stop['requestedAt']})")
    if end := shown["end"]:
        basis = f", {end['basis']}, confidence {end['confidence']}" if end["basis"] else ""
        lines.append(f"    ended {end['at']} ({end['reason']}, {end['method']}{basis})")
    if due := found["due"]:
        lines.append(f"    next due: {due['work']} at {due['at']}")
    return lines


def detail(document: Json) -> list[str]:
    """A session with its story."""
    stages = [
        f"    {stage['at']}  {stage['stage']:<18} by {stage['source']}  {clean(stage['detail'])}".rstrip()
        for stage in document["stages"]
    ]
    return [*session(document["found"]), "  What happened:", *stages]


def charger(found: Json) -> list[str]:
    """A charger and its EVSEs."""
    link = {True: "connected", False: "not connected", None: "never connected"}[found["connected"]]
    service = "in service" if found["inService"] else "OUT OF SERVICE"
    lines = [f"{found['chargerId']}  {service}, {link}, last seen {found['lastSeenAt'] or 'never'}"]
    lines.append(f"    {clean(found['name'])}, {clean(found['address'])}")
    for evse in found["evses"]:
        error = f", error {clean(evse['error'])}" if evse["error"] else ""
        cable = f", cable {evse['cable']}" if evse["cable"] else ""
        lines.append(f"    EVSE {evse['evseId']}: {evse['status'] or 'never reported'}{error}{cable}")
        if evse["sessionId"] or evse["reportedSessionId"]:
            lines.append(
                f"        on record {evse['sessionId'] or 'none'}, reported {evse['reportedSessionId'] or 'none'}"
            )
    return lines


def account(found: Json) -> list[str]:
    """What is on record of an account."""
    state = f"suspended since {found['suspendedAt']}: {clean(found['suspendedWhy'])}" if found["suspendedAt"] else "ok"
    gone = f", deleted by its driver {found['deletionAskedAt']}" if found["deletionAskedAt"] else ""
    return [f"{clean(found['owner'])}  {state}{gone}"]


def queue(found: Json) -> list[str]:
    """A dead-letter queue."""
    way = "can be redriven" if found["redrivable"] else "only to be read"
    return [f"{found['name']:<16} {found['waiting']:>6} waiting, {found['inHand']} in hand, {way}"]


def letters(document: Json) -> list[str]:
    """A dead-letter queue with some of its letters."""
    lines = queue(document["queue"])
    for letter in document["letters"]:
        why = clean(letter["why"]) or "failed five times"
        lines += [f"  {letter['sentAt']}  {why}, received {letter['received']} times", f"    {clean(letter['body'])}"]
    return lines


def act(entry: Json) -> list[str]:
    """An act in the audit."""
    outcome = clean(entry["outcome"]) if entry["outcome"] else "NO OUTCOME ON RECORD: look at its target"
    return [
        f"{entry['at']}  {entry['act']} {clean(entry['target'])}: {outcome}",
        f"    by {clean(entry['operator'])}, because: {clean(entry['reason'])}",
        f"    {entry['actionId']}, request {clean(entry['correlationId'])}; {clean(entry['effect'])}",
    ]
