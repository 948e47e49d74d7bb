"""One whole cycle, played for a newcomer: a driver starts charging, watches the energy, and stops.

Every fact comes from where it happened: the driver's calls from this program, the contactor from the simulated
hardware's log, the stages from the API's timeline.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from local.client import DriverApi
from local.plant import Plant
from local.processes import StepFailed
from local.seed import OWNER
from local.terminal import BOLD, CYAN, DIM, GREEN, YELLOW, Terminal, milliseconds
from local.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.runfile import RunFile

CHARGER_ID, EVSE_ID = "PX-0001", 1
WITHIN_S = 20.0
ENOUGH_WH = 10
"""What the car takes before the driver stops: a 22 kW charger delivers it in about three seconds, ramp included."""
STOP_WAIT_S = 5
WATCH_EVERY_S = 0.25

COLOURS = {"driver": BOLD, "API": CYAN, "cloud": CYAN, "agent": YELLOW, "hardware": GREEN}

STAGES = {
    "start_accepted": ("agent", "has the start intent from the shadow's delta"),
    "start_executing": ("agent", "begins to carry it out"),
    "start_done": ("agent", "start done: measured, not assumed"),
    "started": ("cloud", "session is active by the charger's own event"),
    "stop_accepted": ("agent", "has the stop intent from the shadow's delta"),
    "stop_executing": ("agent", "begins to carry it out"),
    "stop_done": ("agent", "stop done: contactor open, power zero, measured"),
    "ended": ("cloud", "session is ended by the charger's own event"),
}
ACTIONS = {"contactor_closed": "closes the contactor, locks the cable", "contactor_opened": "opens the contactor"}


@dataclass(frozen=True, order=True)
class Fact:
    """Something somebody did. Units: `at` in epoch seconds."""

    at: float
    who: str = field(compare=False)
    what: str = field(compare=False)


class Story:
    """Prints facts in the order in which they happened, with the time since the tap and since the fact before."""

    def __init__(self, terminal: Terminal, tap: Fact) -> None:
        self._terminal = terminal
        self._begun = self._last = tap.at
        self._print(tap)

    def tell(self, *facts: Fact) -> None:
        """Print some facts, the oldest first."""
        for fact in sorted(facts):
            self._print(fact)

    def _print(self, fact: Fact) -> None:
        since = f"+{milliseconds(max(0.0, fact.at - self._begun))}"
        leg = milliseconds(max(0.0, fact.at - self._last))
        self._last = fact.at
        paint = self._terminal.paint
        who = paint(f"{fact.who:<9}", COLOURS.get(fact.who, ""))
        self._terminal.line(f"  {since:>9}  {who} {fact.what:<66} {paint(f'{leg:>7}', DIM)}")


def play_cycle(run: RunFile, terminal: Terminal) -> None:
    """Start, charge, stop.

    Raises:
        StepFailed: a step did not happen as it should; the sentence says which, and where to look.
    """
    plant = Plant(run.plant_socket)
    charger = run.charger(CHARGER_ID)
    agent_log = run.logs / f"agent-{CHARGER_ID}.log"
    terminal.heading(f"{OWNER} charges at {charger.name} ({CHARGER_ID}), EVSE {EVSE_ID}")
    try:
        with DriverApi.of(run, OWNER) as api:
            wait_for(lambda: _can_start(api), "The API lets the driver start", within_s=WITHIN_S)
            before_wh = plant.describe(CHARGER_ID, EVSE_ID)["true_wh"]
            session_id = _start(api, plant, terminal)
            terminal.line()
            _stop(api, plant, terminal, session_id, before_wh)
    except TimeoutError as error:
        raise StepFailed(str(error), agent_log) from error
    except OSError as error:
        raise StepFailed(f"The simulated hardware does not answer: {error}", run.logs / "plant.log") from error


def _can_start(api: DriverApi) -> bool:
    evses = api.charger(CHARGER_ID).expect(200)["evses"]
    return any(evse["evseId"] == EVSE_ID and evse["canStart"] for evse in evses)


def _start(api: DriverApi, plant: Plant, terminal: Terminal) -> str:
    tap = Fact(time.time(), "driver", "taps Start charging")
    story = Story(terminal, tap)
    session_id: str = api.start(CHARGER_ID, EVSE_ID).expect(202)["sessionId"]
    said = [Fact(time.time(), "API", f"202: session {session_id} is pending")]

    def active() -> bool:
        session = api.session(session_id).expect(200)
        if session["status"] not in ("pending", "active"):
            raise StepFailed(f"The session did not become active: {dict(session)}")
        return bool(session["status"] == "active")

    try:
        wait_for(active, "The session becomes active", within_s=WITHIN_S)
        said.append(Fact(time.time(), "API", "shows the session active"))
        wait_for(lambda: "start_done" in _stages(api, session_id), "The start is confirmed as done", within_s=WITHIN_S)
    finally:
        # Also when something is missing: what did happen tells where it got stuck.
        story.tell(*_actions(plant, tap.at), *_stages(api, session_id).values(), *said)

    def charged() -> Mapping[str, Any] | None:
        session = api.session(session_id).expect(200)
        return session if (session["energyWh"] or 0) >= ENOUGH_WH else None

    session = wait_for(charged, f"The API shows {ENOUGH_WH} Wh", within_s=WITHIN_S, every_s=WATCH_EVERY_S)
    power = f"{session['powerW'] / 1000:.1f} kW, " if session["powerW"] else ""
    story.tell(Fact(time.time(), "API", f"shows {power}{session['energyWh'] / 1000:.3f} kWh delivered"))
    return session_id


def _stop(api: DriverApi, plant: Plant, terminal: Terminal, session_id: str, before_wh: int) -> None:
    tap = Fact(time.time(), "driver", f"taps Stop charging, and stays on the line (Prefer: wait={STOP_WAIT_S})")
    story = Story(terminal, tap)
    session = api.stop(session_id, wait_s=STOP_WAIT_S).expect(200)
    answered_at = time.time()
    wait_for(lambda: "stop_done" in _stages(api, session_id), "The stop is confirmed as done", within_s=WITHIN_S)
    stages = {name: fact for name, fact in _stages(api, session_id).items() if fact.at >= tap.at}
    end = session["end"] or {}
    said = Fact(answered_at, "API", f"200: session {session['status']}, reason {end.get('reason')}")
    story.tell(*_actions(plant, tap.at), *stages.values(), said)
    true_wh = plant.describe(CHARGER_ID, EVSE_ID)["true_wh"] - before_wh
    told_wh = session["energyWh"]
    if (session["status"], end.get("reason")) != ("ended", "Remote"):
        raise StepFailed(f"The session should have ended with reason Remote: {dict(session)}")
    if abs(told_wh - true_wh) > 1:
        raise StepFailed(f"The API tells {told_wh} Wh, the meter of the simulated charger {true_wh} Wh.")
    verdict = f"Stopped in {milliseconds(answered_at - tap.at)}: {told_wh / 1000:.3f} kWh, as the charger's meter says."
    terminal.line()
    terminal.line(f"  {terminal.paint('✓', GREEN)} {terminal.paint(verdict, BOLD)}")


def _actions(plant: Plant, since: float) -> list[Fact]:
    log = plant.describe(CHARGER_ID, EVSE_ID)["log"]
    return [
        Fact(entry["at"], "hardware", ACTIONS[entry["did"]])
        for entry in log
        if entry["did"] in ACTIONS and entry["at"] >= since
    ]


def _stages(api: DriverApi, session_id: str) -> dict[str, Fact]:
    """The stages of the API's timeline that others than the driver brought about, by name."""
    stages = api.timeline(session_id).expect(200)["stages"]
    return {
        stage["stage"]: Fact(datetime.fromisoformat(stage["at"]).timestamp(), *STAGES[stage["stage"]])
        for stage in stages
        if stage["stage"] in STAGES
    }
