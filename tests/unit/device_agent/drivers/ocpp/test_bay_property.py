"""Whatever a charger says, in whatever order: every transaction begins once and ends once, and energy never falls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from contract.vocabulary import EndReason
from device_agent.drivers.base import Fact, TransactionBegan, TransactionOver
from device_agent.drivers.ocpp.bays import Bay
from device_agent.drivers.ocpp.readings import Reading
from device_agent.drivers.ocpp.running import Status

IDS = st.sampled_from(["1", "2", "3"])
STEPS = st.one_of(
    st.tuples(st.just("status"), st.sampled_from(list(Status))),
    st.tuples(st.just("began"), IDS, st.integers(1, 3)),
    st.tuples(st.just("over"), IDS, st.none() | st.sampled_from(list(EndReason)), st.none() | st.integers(0, 3000)),
    st.tuples(st.just("reading"), IDS | st.just(""), st.none() | st.integers(0, 3000), st.integers(0, 9000)),
    st.tuples(st.just("speaks_of"), IDS),
    st.tuples(st.just("stop"), IDS),
    st.tuples(st.just("settle"), st.booleans()),
    st.tuples(st.sampled_from(["booted", "reconnected", "tick", "occupied"])),
    st.tuples(st.just("wait"), st.sampled_from([0.5, 5.0, 40.0, 100.0])),
)


@dataclass
class Charger:
    """A charger that says anything, and an agent that settles when it comes to it."""

    bay: Bay = field(default_factory=lambda: Bay(1))
    now_s: float = 0.0
    settled: list[Fact] = field(default_factory=list)
    highest_wh: int = 0

    def status(self, status: Status) -> None:
        self.bay.told_status(status, self.now_s)

    def occupied(self) -> None:
        self.bay.told_occupied(self.now_s)

    def began(self, name: str, mark: int) -> None:
        self.bay.told_began(TransactionBegan(1, name, f"{name}-{mark}", meter_wh=mark * 100), self.now_s)

    def over(self, name: str, reason: EndReason | None, meter_wh: int | None) -> None:
        self.bay.told_over(name, reason, None, meter_wh, self.now_s)

    def reading(self, name: str, wh: int | None, w: int) -> None:
        self.bay.told_reading(Reading(wh, w), self.now_s, name)

    def speaks_of(self, name: str) -> None:
        self.bay.told_of(name)

    def stop(self, name: str) -> None:
        self.bay.stop_taken(name, self.now_s)

    def booted(self) -> None:
        self.bay.booted()

    def reconnected(self) -> None:
        self.bay.reconnected(self.now_s)

    def tick(self) -> None:
        self.bay.tick(self.now_s)

    def wait(self, seconds: float) -> None:
        self.now_s += seconds

    def settle(self, accepted: bool = True) -> bool:  # noqa: FBT001, FBT002  (a step of the story)
        fact = self.bay.observe().fact
        if fact is None:
            return False
        self.settled.append(fact)
        self.bay.settle(fact, accepted=accepted)
        return True

    def check(self) -> None:
        seen = self.bay.observe()
        assert (seen.meter_wh or 0) >= self.highest_wh
        self.highest_wh = seen.meter_wh or 0
        assert seen.power_w >= 0
        assert seen.contactor_closed == (seen.transaction_id != "")


@settings(max_examples=400)
@given(st.lists(STEPS, max_size=40))
def test_every_transaction_begins_once_and_ends_once_and_energy_never_falls(steps: list[tuple[Any, ...]]) -> None:
    charger = Charger()
    for what, *how in steps:
        getattr(charger, what)(*how)
        charger.check()
    while charger.settle():
        charger.check()
    began = [fact.mark for fact in charger.settled if isinstance(fact, TransactionBegan)]
    assert len(began) == len(set(began))
    open_one: str | None = None
    for fact in charger.settled:
        if isinstance(fact, TransactionOver):
            assert open_one in (fact.transaction_id, None)  # None: one that was found running
            open_one = None
        else:
            assert open_one is None
            open_one = fact.transaction_id
    running = charger.bay.running
    assert open_one is None or (running is not None and running.transaction_id == open_one)
