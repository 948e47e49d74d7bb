"""One walk through every screen and state of the page: for the accessibility check, and for the screenshots."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from playwright.sync_api import expect

from local.client import DriverApi
from local.plant import Plant
from local.seed import SITES
from local.waiting import wait_for
from tests.web.driver import DriverPage

RATE = 240
"""The simulated hardware's time, so that there are kilowatt-hours to see."""
WITHIN_S = 30.0

AWAY = next(site for site in SITES if not site.powered)


@dataclass(frozen=True)
class Stage:
    """Where the walk leads: a charger with one EVSE that takes cards, free, a car plugged in."""

    charger_id: str
    plant: Plant
    neighbour: DriverApi

    def do(self, op: str, **fields: object) -> None:
        """Act at the charger."""
        self.plant.ask(self.charger_id, 1, op, **fields)

    def fault(self, name: str, *, on: bool = True) -> None:
        """Break or mend it."""
        self.do("set_fault", name=name, on=on)


def walk(me: DriverPage, stage: Stage, *, energy: str = r"[1-9]\d*\.\d kWh") -> Iterator[str]:
    """Names each screen or state when it is there to be looked at. `me` is not signed in yet."""
    expect(me.button("Sign in")).to_be_visible()
    yield "sign-in"
    me.sign_in("wrong")
    expect(me.banner).to_be_visible()
    yield "sign-in-refused"
    me.sign_in()
    expect(me.page.locator("a.charger").first).to_be_visible()
    yield "chargers"
    yield from _charge(me, stage, energy)
    yield from _troubles(me, stage)
    yield from _sessions(me)


def _charge(me: DriverPage, stage: Stage, energy: str) -> Iterator[str]:
    stage.plant.set_clock_rate(RATE)
    me.go(f"#/chargers/{stage.charger_id}")
    expect(me.start_button).to_be_visible()
    yield "available"
    stage.do("hold", on="before")
    me.start_button.click()
    expect(me.card).to_contain_text("Starting")
    yield "starting"
    stage.do("hold", on="off")
    expect(me.card).to_contain_text(re.compile(energy))
    stage.do("limit_car", power_w=7400)
    expect(me.card).to_contain_text("7.4")
    yield "charging"
    me.stop_button.click()
    me.dialog.evaluate("it => Promise.all(document.getAnimations().map(motion => motion.finished))")
    yield "stop-charging"
    stage.do("hold", on="before")
    me.dialog.get_by_role("button", name="Stop charging").click()
    expect(me.page.get_by_text("Pull down on the screen to refresh")).to_be_visible()
    yield "stopping"
    stage.fault("refuses_to_open")
    stage.do("hold", on="off")
    expect(me.banner).to_be_visible()
    yield "stop-failed"
    stage.fault("refuses_to_open", on=False)
    me.confirm()
    me.see_stopped()
    expect(me.outcome).to_contain_text("You can now unplug")
    yield "stopped"


def _troubles(me: DriverPage, stage: Stage) -> Iterator[str]:
    me.start()
    stage.fault("cable_stuck")
    me.confirm()
    expect(me.outcome).to_contain_text("still holds")
    yield "cable-held"
    stage.fault("cable_stuck", on=False)
    me.context.set_offline(True)
    me.button("Refresh").click()
    expect(me.banner).to_contain_text("No connection")
    yield "no-connection"
    me.context.set_offline(False)
    expect(me.banner).to_have_count(0)
    session_id = _somebody_charges(stage)
    _see(me, stage.charger_id, "In use")
    yield "in-use"
    stage.neighbour.stop(session_id, wait_s=10).expect(200)
    stage.fault("faulted")
    wait_for(lambda: not _startable(stage), "it is out of service", within_s=WITHIN_S)
    _see(me, stage.charger_id, "Out of service")
    yield "out-of-service"
    stage.fault("faulted", on=False)
    _see(me, AWAY.charger_id, "Offline")
    yield "offline"


def _sessions(me: DriverPage) -> Iterator[str]:
    me.go("#/sessions")
    expect(me.page.locator("a.session").nth(1)).to_be_visible()
    yield "sessions"
    me.page.locator("a.session").nth(1).click()
    expect(me.page.get_by_role("img", name=re.compile("Power over time"))).to_be_visible()
    yield "session"


def _see(me: DriverPage, charger_id: str, word: str) -> None:
    me.go("#/")
    expect(me.page.get_by_role("heading", name="Chargers")).to_be_visible()
    me.go(f"#/chargers/{charger_id}")
    expect(me.page.locator("main").get_by_text(word, exact=True)).to_be_visible()


def _startable(stage: Stage) -> bool:
    return bool(stage.neighbour.charger(stage.charger_id).expect(200)["evses"][0]["canStart"])


def _somebody_charges(stage: Stage) -> str:
    wait_for(lambda: _startable(stage), "it is free", within_s=WITHIN_S)
    session_id: str = stage.neighbour.start(stage.charger_id, 1).expect(202)["sessionId"]

    def active() -> bool:
        return bool(stage.neighbour.session(session_id).expect(200)["status"] == "active")

    wait_for(active, "the neighbour's session begins", within_s=WITHIN_S)
    return session_id
