"""The agent dies at the worst moments; the hardware goes on, and the driver still gets what they asked for."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

from local.client import DriverApi
from local.waiting import wait_for
from tests.local.scenes import FAST, awaited, charging, ended, session_of, stages, startable
from tests.local.support import WITHIN_S, FreshCharger, LocalStack

FreshChargers = Callable[..., FreshCharger]


def said(charger: FreshCharger, sentence: str) -> bool:
    """Whether the agent has logged that it does this."""
    return sentence in charger.agent.log.read_text(errors="replace")


def outbox(charger: FreshCharger) -> list[str]:
    """Types of the events that wait in the journal of a dead agent."""
    with closing(sqlite3.connect(charger.journal)) as journal:
        return [kind for (kind,) in journal.execute("SELECT type FROM outbox ORDER BY number")]


def assert_stopped_once(
    stack: LocalStack, owner: DriverApi, charger: FreshCharger, session_id: str, before_wh: int
) -> None:
    """The session ended once, by the driver's stop, with the meter's energy; nothing happened twice."""
    session = ended(owner, session_id)
    meter = charger.describe()
    assert session["end"]["reason"] == "Remote"
    assert session["energyWh"] == meter["true_wh"] - before_wh
    assert (meter["contactor_closes"], meter["contactor_opens"]) == (1, 1)
    awaited(lambda: {"acked": "stop_done" in stages(owner, session_id)}, "the stop is acknowledged", acked=True)
    told = stages(owner, session_id)
    assert (told.count("started"), told.count("ended"), told.count("stop_done")) == (1, 1, 1)
    samples = [item for item in stack.session_items(session_id) if item["item"]["S"].startswith("meter#")]
    numbers = [int(item["seq"]["N"]) for item in samples]
    assert sorted(numbers) == list(range(len(numbers))), "every event arrived, and each once"
    startable(owner, charger)
    assert stack.dead_letters(charger) == []


def test_killed_between_intent_and_action(stack: LocalStack, owner: DriverApi, any_charger: FreshChargers) -> None:
    charger = any_charger()
    charger.plant.set_clock_rate(FAST)
    before_wh = charger.describe()["true_wh"]
    session_id = charging(owner, charger)
    charger.hold("before")
    owner.stop(session_id).expect(202)
    charger.await_held("stop")

    charger.kill_agent()
    charger.await_held()
    charger.hold("off")
    assert charger.describe()["contactor_closed"] is True
    charger.start_agent(wait=False)

    assert_stopped_once(stack, owner, charger, session_id, before_wh)


def test_killed_between_action_and_report(stack: LocalStack, owner: DriverApi, any_charger: FreshChargers) -> None:
    """Scenario 11: double stop after a power loss."""
    charger = any_charger()
    charger.plant.set_clock_rate(FAST)
    before_wh = charger.describe()["true_wh"]
    session_id = charging(owner, charger)
    charger.hold("after")
    owner.stop(session_id).expect(202)
    charger.await_held("stop")

    charger.kill_agent()
    charger.await_held()
    charger.hold("off")
    assert charger.describe()["contactor_closed"] is False
    assert session_of(owner, session_id)["status"] == "stopping"
    charger.start_agent(wait=False)

    assert_stopped_once(stack, owner, charger, session_id, before_wh)


def test_killed_before_the_outbox_was_drained(stack: LocalStack, owner: DriverApi, any_charger: FreshChargers) -> None:
    """Scenario 12: only the stop was sent, the start was lost."""
    charger = any_charger(through_proxy=True)
    assert charger.proxy is not None
    charger.plant.set_clock_rate(FAST)
    before_wh = charger.describe()["true_wh"]
    session_id = charging(owner, charger)
    charger.hold("before")  # its end must not be told while the link is there
    owner.stop(session_id).expect(202)
    charger.await_held("stop")
    charger.proxy.cut()
    charger.hold("off")
    wait_for(lambda: said(charger, f"end session {session_id}"), "the agent ends the session", within_s=WITHIN_S)
    wait_for(lambda: said(charger, "link down"), "the agent notices the cut", within_s=WITHIN_S)

    charger.kill_agent()
    assert outbox(charger)[-1] == "ended"
    assert session_of(owner, session_id)["status"] == "stopping"
    charger.proxy.restore()
    charger.start_agent(wait=False)

    assert_stopped_once(stack, owner, charger, session_id, before_wh)
    charger.end_agent()
    assert outbox(charger) == []


def test_killed_while_charging_the_session_goes_on(owner: DriverApi, any_charger: FreshChargers) -> None:
    charger = any_charger()
    session_id = charging(owner, charger)

    charger.kill_agent()
    charger.start_agent()

    session: Any = session_of(owner, session_id)
    assert session["status"] == "active"
    assert charger.describe()["contactor_opens"] == 0
    assert owner.stop(session_id, wait_s=5).expect(200)["end"]["reason"] == "Remote"


def damage_journal(charger: FreshCharger) -> None:
    """Overwrite the journal of an agent that does not run."""
    for leftover in charger.journal.parent.glob(f"{charger.journal.name}-*"):
        leftover.unlink()
    charger.journal.write_bytes(b"this is not a database" * 1000)


def test_a_journal_damaged_while_charging_does_not_cost_the_driver_their_stop(
    stack: LocalStack, owner: DriverApi, any_charger: FreshChargers
) -> None:
    """Scenario 10: after a restart the transaction is unknown and the stop is ignored."""
    charger = any_charger()
    charger.plant.set_clock_rate(FAST)
    before_wh = charger.describe()["true_wh"]
    session_id = charging(owner, charger)

    charger.kill_agent()
    damage_journal(charger)
    charger.start_agent()
    session = owner.stop(session_id, wait_s=5).expect(200)

    meter = charger.describe()
    assert (session["status"], session["end"]["reason"]) == ("ended", "Remote")
    assert session["energyWh"] == meter["true_wh"] - before_wh > 0
    assert (meter["contactor_closed"], meter["contactor_opens"]) == (False, 1)
    assert stack.dead_letters(charger) == []


def test_a_damaged_journal_is_set_aside_and_the_charger_works_on(owner: DriverApi, any_charger: FreshChargers) -> None:
    charger = any_charger()
    charger.end_agent()
    damage_journal(charger)

    charger.start_agent()

    assert list(charger.journal.parent.glob(f"{charger.journal.name}*")) != [charger.journal]
    startable(owner, charger)
    session_id = charging(owner, charger)
    assert owner.stop(session_id, wait_s=5).expect(200)["status"] == "ended"
