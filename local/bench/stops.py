"""How fast a stop is over the whole local stack, and over its floor: `python -m local.bench.stops`.

A floor is what a stop takes without us (`floor`, `echo`): the same API, topic rules and queues, functions that only
forward, and a charger that answers at once what our agent said. Both sides take turns in one run. Nothing here passes
or fails.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from functions.adapters.items import SESSION_ITEM
from local.bench.agent import reactions
from local.bench.chargers import EVSE_ID, agents, echoes
from local.bench.floor import Floor, lay
from local.bench.floor_handlers import ITEM
from local.bench.row import Row, text
from local.bench.sides import Beneath, Ours, Records, Side
from local.bench.taps import all_at_once, on_the_line, polled, polled_by_apps
from local.client import DriverApi
from local.plant import Plant
from local.seed import OWNER
from local.settings import Settings
from local.stack import running_stack
from local.terminal import Terminal

CHARGER_ID = "PX-0001"
STOPS = 200
ROUNDS = 4
"""In which the sides take turns; a quarter of all stops is made at once."""
MORE = 10
"""By so many the crowds grow for which the emulator starts processes: more of them at once, on two cores, would take
longer to begin than a function may take."""
RAMPED_S = 5.0
"""A car takes 3 s to its full power, which is told every 2 s; then nothing is told for half a minute."""

Milliseconds = float
Legs = dict[str, list[Milliseconds]]

ANSWERED, OPENED = "tap → 202", "tap → contactor open"
ENDED, FLOOR = "tap → API shows ended, polled every 5 ms", "the same over the floor"
CROWD, CROWD_FLOOR = "tap → ended, a quarter at once", "a quarter at once over the floor"
WAITED, POLLED = "tap → answer 'ended', one call with Prefer: wait=5", "tap → 'ended' seen, polled every 1 s"
AGENT, ECHO = "agent: delta → contactor command", "bare echo: delta → answer"
WRITING = "the same, a line written to the disk first"
LEGS = (ANSWERED, OPENED, ENDED, FLOOR, CROWD, CROWD_FLOOR, WAITED, POLLED, AGENT, ECHO, WRITING)
PICTURED = (OPENED, ENDED, FLOOR, CROWD, CROWD_FLOOR, WAITED, POLLED)


def main(arguments: Sequence[str] | None = None) -> int:
    """Stop many sessions, and print what it took."""
    parser = argparse.ArgumentParser(prog="python -m local.bench.stops", description=__doc__)
    parser.add_argument("--stops", type=int, default=STOPS, help=f"how many stops of each kind (default {STOPS})")
    legs = measure(parser.parse_args(arguments).stops)
    print(f"\n{described(legs)}\n\n{text(rows(legs))}")
    return 0


def measure(stops: int) -> Legs:
    """What each leg of so many stops took, on a stack started for it."""
    legs: Legs = {leg: [] for leg in LEGS}
    with TemporaryDirectory() as home:
        settings = Settings(home=Path(home), gateway_port=0, mqtt_port=0, web_port=0)
        with running_stack(settings, Terminal()) as stack, DriverApi.of(stack.run, OWNER) as api:
            reacted = reactions(stack, stops // 4)
            legs |= {AGENT: reacted.agent, ECHO: reacted.echo, WRITING: reacted.writing_echo}
            bench = Bench(
                api=api,
                plant=Plant(stack.run.plant_socket),
                floor=lay(stack),
                ours=Ours(api, Records.of(stack, SESSION_ITEM)),
                beneath=Beneath(Records.of(stack, ITEM)),
                legs=legs,
            )
            with echoes(stack, "PX-FLOOR", stops // ROUNDS, reacted.words) as forwarding:
                bench.stop_in_turn(forwarding.ids)
                with agents(stack, "PX-CROWD", stops // ROUNDS) as charging:
                    bench.stop_at_once(charging.ids, forwarding.ids)
    return legs


@dataclass(frozen=True)
class Bench:
    """The stack, both sides, and what was measured of them so far."""

    api: DriverApi
    plant: Plant
    floor: Floor
    ours: Ours
    beneath: Beneath
    legs: Legs

    def stop_in_turn(self, forwarding: Sequence[str]) -> None:
        """One stop after the other, each on a quiet stack."""
        for _ in range(ROUNDS):
            polled(self.api, self._begin())  # not counted: whom the last round has left cold is warm again
            for _ in forwarding:
                stopped = polled(self.api, self._begin())
                self.legs[ANSWERED].append(stopped.answered_ms)
                self.legs[OPENED].append((self._opened_at() - stopped.tapped_at) * 1000)
                self.legs[ENDED].append(stopped.ended_ms)
                self.legs[WAITED].append(on_the_line(self.api, self._begin()))
            with self.floor.open():
                polled(self.api, self.beneath.begin(forwarding[:1])[0])
                for charger_id in forwarding:
                    (session_id,) = self.beneath.begin([charger_id])
                    self.legs[FLOOR].append(polled(self.api, session_id).ended_ms)

    def stop_at_once(self, charging: Sequence[str], forwarding: Sequence[str]) -> None:
        """All chargers in the same moment, and one soon after the other by apps that poll."""
        self._wake(self.ours, charging)
        with self.floor.open():
            self._wake(self.beneath, forwarding)
        for _ in range(ROUNDS):
            session_ids = self.ours.begin(charging)
            time.sleep(RAMPED_S)
            self.legs[CROWD] += all_at_once(self.api, self.ours, session_ids)
            with self.floor.open():
                self.legs[CROWD_FLOOR] += all_at_once(self.api, self.beneath, self.beneath.begin(forwarding))
            self.legs[POLLED] += polled_by_apps(self.api, self.ours.begin(charging))

    def _wake(self, side: Side, charger_ids: Sequence[str]) -> None:
        """Crowds that are not counted, until the emulator has as many processes as the whole one takes."""
        for many in (*range(MORE, len(charger_ids), MORE), len(charger_ids)):
            all_at_once(self.api, side, side.begin(charger_ids[:many]))

    def _begin(self) -> str:
        (session_id,) = self.ours.begin([CHARGER_ID])
        return session_id

    def _opened_at(self) -> float:
        log = self.plant.describe(CHARGER_ID, EVSE_ID)["log"]
        return max(float(entry["at"]) for entry in log if entry["did"] == "contactor_opened")


def rows(legs: Legs) -> list[Row]:
    """The lines of the table: the median and the last percent of each leg, beside what it is held against."""
    stops, crowd = len(legs[ENDED]), len(legs[CROWD]) // ROUNDS
    in_turn, at_once = f"tap → API shows ended, {stops} stops in turn", f"tap → ended, {crowd} at once, {ROUNDS} times"
    answered, agent = (
        f"tap → answer ended, Prefer: wait=5, {stops} stops",
        f"agent, delta → command, {len(legs[AGENT])}",
    )
    floor = ("≤ 1.3 times", "≤ 1.5 times")
    return [
        *_beside(in_turn, legs[ENDED], legs[FLOOR], "floor", floor),
        *_beside(at_once, legs[CROWD], legs[CROWD_FLOOR], "floor", floor),
        *_beside(answered, legs[WAITED], legs[POLLED], "polled every 1 s", ("≤ 200 ms", "")),
        *_beside(agent, legs[AGENT], legs[ECHO], "bare paho echo", ("", "≤ 3 ms more")),
        *_beside(agent, legs[AGENT], legs[WRITING], "echo that writes to disk first"),
    ]


def _beside(
    what: str,
    ours: Sequence[Milliseconds],
    beside: Sequence[Milliseconds],
    name: str,
    reach: tuple[str, str] = ("", ""),
) -> list[Row]:
    return [
        Row(f"{what}, p{percent}", f"{own:.1f} ms", f"{other:.1f} ms {name}", own / other, goal, "stops")
        for percent, goal in zip((50, 99), reach, strict=True)
        for own, other in [(quantile(ours, percent), quantile(beside, percent))]
    ]


def quantile(figures: Sequence[Milliseconds], percent: int) -> Milliseconds:
    """What so many of a hundred stay within."""
    return statistics.quantiles(figures, n=100, method="inclusive")[percent - 1]


def described(legs: Legs) -> str:
    """All legs, line by line."""
    lines = [f"{'milliseconds over the whole local stack':<54} {'n':>4} {'p50':>7} {'p90':>7} {'p99':>7}"]
    for leg, figures in legs.items():
        cuts = " ".join(f"{quantile(figures, percent):>7.1f}" for percent in (50, 90, 99))
        lines.append(f"{leg:<54} {len(figures):>4} {cuts}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
