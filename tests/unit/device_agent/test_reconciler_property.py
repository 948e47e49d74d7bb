"""Whatever the cloud, the network and the hardware do, a contactor is opened for its own session and no other."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device_agent import journal_schema
from device_agent.actions import Release, StartSession, StopSession
from device_agent.drivers.simulated.plant import Fault
from device_agent.executor import Executor
from device_agent.records import Phase
from tests.support.charger_bench import Bench, intent, ulid

if TYPE_CHECKING:
    import pytest

    from device_agent.actions import Action
    from device_agent.drivers.base import Observation

SESSIONS = [f"01JD000000000000000000000{n}" for n in range(1, 4)]
ACTS = ["start", "stop", "keep"]

steps = st.one_of(
    st.tuples(st.sampled_from(ACTS), st.sampled_from(SESSIONS), st.integers(1, 12)),
    st.tuples(st.just("again"), st.integers(0, 11)),
    st.tuples(st.sampled_from(["unplug", "plug", "press_stop"])),
    st.tuples(st.just("fault"), st.sampled_from(sorted(Fault)), st.booleans()),
    st.tuples(st.just("wait"), st.sampled_from([0.1, 1.0, 5.0, 12.0, 70.0])),
    st.tuples(st.just("restart")),
    st.tuples(st.sampled_from(["cut", "restore"])),
)


@dataclass
class Witness:
    """Sees every action the agent carries out, and what was on the EVSE at that moment."""

    bench: Bench
    opened: int = 0
    seen: list[str] = field(default_factory=list)

    def check(self, action: Action) -> None:
        self.seen.append(str(action))
        current = self.bench.journal.current(1)
        if isinstance(action, StopSession):
            assert current is not None
            assert current.session_id == action.session_id
            known = self.bench.journal.intent(1, action.intent_id) or action.intent
            assert known is not None
            assert known.session_id == action.session_id
            assert known.act == "stop"
        if isinstance(action, Release):
            assert current is not None
            assert current.phase is Phase.RELEASING
        if isinstance(action, StartSession):
            assert current is None or current.session_id == action.session_id


def play(bench: Bench, script: list[tuple[object, ...]]) -> None:
    sent: list[tuple[dict[str, object], int]] = []
    made: dict[int, dict[str, object]] = {}  # the cloud never gives one id to two intents
    for step in script:
        now_s = bench.clock.mono_s
        match step:
            case ("start" | "stop" | "keep" as act, str(session_id), int(number)):
                number = number * 100 + ACTS.index(act) * 10 + SESSIONS.index(session_id)
                document = made.setdefault(number, intent(act, session_id, number, at=bench.clock.epoch_s))
                bench.cloud.desire("PX-0001", 1, document)
                sent.append((document, bench.cloud.version("PX-0001", 1)))
            case ("again", int(index)) if sent:
                bench.cloud.send_delta("PX-0001", 1, *sent[index % len(sent)])
            case ("unplug" | "plug" | "press_stop" as what,):
                getattr(bench.evse, what)(now_s)
            case ("fault", str(name), bool(on)):
                bench.evse.set_fault(now_s, Fault(name), on=on)
            case ("wait", float(seconds)):
                bench.pass_s(seconds, step_s=min(seconds, 0.5))
            case ("restart",):
                bench.restart()
            case ("cut",):
                bench.link.cut()
            case ("restore",):
                bench.link.restore()
        bench.agent.catch_up()


def check_story(bench: Bench) -> None:
    """Every session's events make sense: one start, then meters that never fall, then at most one end."""
    for session_id in SESSIONS:
        events = bench.events(session_id)
        by_seq = {event["seq"]: event for event in events}
        story = [by_seq[seq] for seq in sorted(by_seq)]
        kinds = [event["type"] for event in story]
        assert kinds[:1] in ([], ["started"])
        assert kinds.count("started") <= 1
        assert kinds.count("ended") <= 1
        assert "ended" not in kinds[:-1]
        energy = [event["meterWh"] for event in story]
        assert energy == sorted(energy)
        assert all(by_seq[event["seq"]] == event for event in events)  # a repeated event says the same


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(script=st.lists(steps, min_size=3, max_size=25))
def test_a_contactor_is_opened_only_for_the_session_its_intent_names(
    script: list[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with TemporaryDirectory() as folder, monkeypatch.context() as patched:
        patched.setattr(journal_schema, "SYNCHRONOUS", "OFF")  # the power of this machine is not what is tested
        bench = Bench(Path(folder), evses=1)
        witness = Witness(bench)
        carry_out = Executor.carry_out

        def watched(executor: Executor, action: Action, seen: Observation | None) -> None:
            witness.check(action)
            carry_out(executor, action, seen)

        patched.setattr(Executor, "carry_out", watched)
        bench.turn_on()
        try:
            play(bench, script)
            mend_everything(bench)
            check_story(bench)
            assert bench.cloud.version("PX-0001", 1) == 0 or bench.cloud.in_sync("PX-0001", 1)
            commands = [line for line in witness.seen if line.startswith(("stop session", "open the contactor"))]
            opened = [line for line in bench.evse.log if line["did"] == "contactor_opened" and line["by"] == "command"]
            assert len(opened) <= len(commands)
        finally:
            bench.lose_power()


def mend_everything(bench: Bench) -> None:
    for fault in Fault:
        bench.evse.set_fault(bench.clock.mono_s, fault, on=False)
    bench.link.restore()
    bench.pass_s(15, step_s=0.5)


def test_ids_of_the_bench_sort_by_their_number() -> None:
    assert ulid(9) < ulid(10) < ulid(500)
