"""How fast the agent reacts: from a delta's arrival to the command at the contactor.

Beside it two echoes on the same broker, asked in turn with it: paho's own thread hands the delta to another, which is
about to send the answer. That is what a program takes that looks nothing up, keeps no journal and decides nothing; what
is over it is what the agent adds. The second one has first a line on the disk, as whoever must still know after a power
cut what it was asked for: a journal takes no less. Both moments are read in one process, from one clock.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from functools import partial
from typing import Any

from ulid import ULID

from contract.topics import shadow_name
from local.bench.chargers import EVSE_ID, Chargers, agents, echoes
from local.bench.echo import Words
from local.stack import Stack
from local.waiting import wait_for

WITHIN_S = 20.0
QUIET_S = 0.1
"""No question is asked while the agent acts: it would be answered by the same two cores."""


@dataclass(frozen=True)
class Reactions:
    """Of so many starts and as many stops. Units: milliseconds."""

    agent: list[float]
    echo: list[float]
    writing_echo: list[float]
    words: Words
    """What the agent said to a stop, which is what the echoes say."""


def reactions(stack: Stack, rounds: int) -> Reactions:
    """How fast each was."""
    shadows = stack.emulator.client("iot-data")
    with agents(stack, "PX-AGENT", 1) as ours:
        words = _ask(shadows, ours)
        with (
            echoes(stack, "PX-ECHO", 1, words) as bare,
            echoes(stack, "PX-WRITES", 1, words, writing=True) as writing,
        ):
            every = (ours, bare, writing)
            for _ in range(rounds):
                for chargers in every:
                    _ask(shadows, chargers)
            # The agent's first start and stop, which taught the echoes their words, are not counted.
            agent, echo, writer = (
                watch.reactions_ms[-2 * rounds :] for chargers in every for watch in chargers.watched()
            )
    return Reactions(agent, echo, writer, words)


def _ask(shadows: Any, chargers: Chargers) -> Words:
    """Have a charger start, and stop again; what it said to the stop."""
    (charger_id,), session_id = chargers.ids, str(ULID())
    for act in ("start", "stop"):
        now_s = int(time.time())
        intent: dict[str, Any] = {"id": str(ULID()), "act": act, "sessionId": session_id, "issuedAt": now_s}
        intent |= {"by": "owner"} | ({"expiresAt": now_s + 60} if act == "start" else {})
        document = json.dumps({"state": {"desired": {"v": 1, "intent": [intent]}}}).encode()
        shadows.update_thing_shadow(thingName=charger_id, shadowName=shadow_name(EVSE_ID), payload=document)
        time.sleep(QUIET_S)
        wait_for(partial(_done, shadows, charger_id, intent["id"]), f"{act} is done", within_s=WITHIN_S)
    time.sleep(QUIET_S)
    (watch,) = chargers.watched()
    return Words.heard(charger_id, watch.delta, watch.said)


def _done(shadows: Any, charger_id: str, intent_id: str) -> bool:
    payload = shadows.get_thing_shadow(thingName=charger_id, shadowName=shadow_name(EVSE_ID))["payload"]
    acks = json.loads(payload.read())["state"].get("reported", {}).get("ack", [{}])
    return (acks[0].get("id"), acks[0].get("status")) == (intent_id, "done")
