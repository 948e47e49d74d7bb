"""Whatever a charger that keeps transactions tells, and whatever fails: no session is lost, and none ends twice.

Cards, resets, lost ends, lost answers, a meter that falls, a clock that was never set; links that break, commands that
are answered late, power cuts between any two steps; intents that come late, doubled and in any order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.vocabulary import AckStatus, EndReason
from device_agent import journal_schema
from device_agent.actions import StopSession
from device_agent.drivers.base import DriverRefused, DriverUnreachable, TransactionBegan
from device_agent.executor import Executor
from device_agent.records import Phase
from tests.support.bay_keeper import BayKeeper
from tests.support.charger_bench import CHARGER, PowerCut, intent
from tests.support.keeper import Keeper, KeeperBench, Transaction

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from device_agent.actions import Action
    from device_agent.drivers.base import Observation
    from device_agent.records import SessionRecord
    from tests.support.charger_bench import BenchClock

SESSIONS = [f"01JD000000000000000000000{n}" for n in range(1, 4)]
ACTS = ["start", "stop", "keep"]
OWN_AT_MOST = 3
"""So many of the sessions that began at the charger are named by intents, too."""

steps = st.one_of(
    st.tuples(st.sampled_from(ACTS), st.integers(0, len(SESSIONS) + OWN_AT_MOST - 1), st.integers(1, 12)),
    st.tuples(st.just("again"), st.integers(0, 11)),
    st.tuples(
        st.sampled_from(["tap", "tap", "unplug", "plug", "boot", "lose_end", "stray_end", "low_end", "reset_meter"])
    ),
    st.tuples(st.just("charger_link"), st.booleans()),
    st.tuples(st.just("cloud_link"), st.booleans()),
    st.tuples(st.just("lose_answers"), st.integers(1, 3)),
    st.tuples(st.just("slow"), st.booleans()),
    st.tuples(st.just("answer"), st.sampled_from([None, DriverUnreachable("gone"), DriverRefused("no")])),
    st.tuples(st.just("clock"), st.sampled_from([0.0, -1_795_000_000.0, 3_600.0])),
    st.tuples(st.just("reuse_ids"), st.booleans()),
    st.tuples(st.just("cut"), st.sampled_from(["before", "after"]), st.sampled_from(["start", "stop", "settle"])),
    st.tuples(st.just("restart")),
    st.tuples(st.just("wait"), st.sampled_from([0.25, 1.0, 5.0, 12.0, 70.0])),
)


@dataclass
class Player:
    """Plays a script, and knows what was asked for."""

    bench: KeeperBench
    sent: list[tuple[dict[str, Any], int]] = field(default_factory=list)
    made: dict[int, dict[str, Any]] = field(default_factory=dict)
    """Intents by number: the cloud never gives one id to two intents."""

    def play(self, step: tuple[Any, ...]) -> None:
        try:
            self._ask(step)
            self._happen(step)
            self._fail(step)
            self.bench.agent.catch_up()
        except PowerCut:
            self.bench.restart()

    def _ask(self, step: tuple[Any, ...]) -> None:
        """What the cloud asks for, or time that goes by."""
        match step:
            case ("start" | "stop" | "keep" as act, int(which), int(number)):
                self._want(act, which, number)
            case ("again", int(index)) if self.sent:
                self.bench.cloud.send_delta(CHARGER, 1, *self.sent[index % len(self.sent)])
            case ("wait", float(seconds)):
                self.bench.pass_s(seconds, step_s=min(seconds, 0.5))

    def _happen(self, step: tuple[Any, ...]) -> None:
        """What happens at the charger."""
        box = self.bench.box
        match step:
            case ("tap" | "unplug" | "lose_end" | "stray_end" | "reset_meter" as what,):
                getattr(box, what)()
            case ("plug",):
                box.plugged = True
            case ("boot",):
                box.end(EndReason.POWER_LOSS)
            case ("low_end",):
                box.end(EndReason.LOCAL, meter_wh=0)
            case ("answer", error) if box.waiting:
                box.answer(error)
            case ("clock", float(off_s)):
                box.clock_off_s = off_s
            case ("reuse_ids", bool(reuse)) if not (box.slow or box.waiting):
                box.reuses = "-1" if reuse else ""  # a late command that names such an id may hit whom it likes

    def _fail(self, step: tuple[Any, ...]) -> None:
        """What fails between them."""
        bench, box = self.bench, self.bench.box
        match step:
            case ("charger_link", bool(there)):
                box.connected = there
            case ("cloud_link", bool(there)):
                (bench.link.restore if there else bench.link.cut)()
            case ("lose_answers", int(times)):
                box.lose_answers = times
            case ("slow", bool(slow)):
                box.slow = slow and not box.reuses
            case ("cut", str(when), str(what)):
                box.cut = f"{when} {what}"
            case ("restart",):
                bench.restart()

    def _want(self, act: str, which: int, number: int) -> None:
        names = SESSIONS + [each.session_id for each in sessions(self.bench) if each.session_id not in SESSIONS]
        if act == "start":
            which %= len(SESSIONS)  # what began at the charger the cloud does not start
        number = number * 100 + ACTS.index(act) * 10 + which
        if which < len(names):
            made = self.made.setdefault(number, intent(act, names[which], number, at=self.bench.clock.epoch_s))
            self.bench.cloud.desire(CHARGER, 1, made)
            self.sent.append((made, self.bench.cloud.version(CHARGER, 1)))

    def mend(self) -> None:
        """Everything works again, every car goes home."""
        bench, box = self.bench, self.bench.box
        box.connected, box.slow, box.lose_answers, box.cut = True, False, 0, ""
        while box.waiting:
            box.answer()
        bench.link.restore()
        bench.pass_s(45, step_s=0.5)
        self.check_that_nothing_runs_for_nobody()
        box.end(EndReason.LOCAL)
        bench.pass_s(5, step_s=0.5)

    def check_that_nothing_runs_for_nobody(self) -> None:
        current, running = self.bench.journal.current(1), self.bench.box.open_now
        assert not self.bench.box.queue
        assert (current is None) == (running is None)
        if current is not None and running is not None:
            assert (current.phase, current.mark) == (Phase.ACTIVE, running.began.mark)


def sessions(bench: KeeperBench) -> list[SessionRecord]:
    """All that is on record."""
    known = bench.journal.memory(1, bench.box.pace, None, None).sessions
    return list(known.values())


def check_sessions(player: Player) -> None:
    """Every transaction whose beginning was accepted is one session; nothing else is."""
    box, bench = player.bench.box, player.bench
    accepted = {fact.mark for fact, ok in box.settled if ok and isinstance(fact, TransactionBegan)}
    by_mark = {each.mark: each for each in sessions(bench) if each.mark}
    assert accepted <= set(by_mark)
    for ran in box.past:
        session = by_mark.get(ran.began.mark)
        if session is not None:
            check_story(bench, session, ran)
        if ran.by_stop:
            assert session is not None
            assert ("stop", session.session_id) in {(made["act"], made["sessionId"]) for made, _ in player.sent}
    told = {event["sessionId"] for _, event in bench.cloud.published}
    assert told == {each.session_id for each in by_mark.values()}


def check_story(bench: KeeperBench, session: SessionRecord, ran: Transaction) -> None:
    """Told from start to end, once, and with the energy that its car got."""
    assert session.phase is Phase.ENDED
    events = bench.events(session.session_id)
    by_seq = {event["seq"]: event for event in events}
    assert all(by_seq[event["seq"]] == event for event in events)  # a repeated event says the same
    story = [by_seq[seq] for seq in sorted(by_seq)]
    kinds = [event["type"] for event in story]
    assert (kinds[0], kinds[-1]) == ("started", "ended")
    assert kinds.count("started") == kinds.count("ended") == 1
    energy = [event["meterWh"] for event in story]
    assert energy == sorted(energy)
    assert energy[-1] - energy[0] <= ran.drawn_wh + 1
    if ran.honest:
        assert energy[-1] - energy[0] >= ran.drawn_wh - 1
    assert {event.get("idTokenHash", "") for event in story} == {ran.began.id_token_hash}


def check_answers(player: Player) -> None:
    """Every intent that was heard has one final answer."""
    bench = player.bench
    for known in bench.journal.intents(1):
        assert known.status.final
    acks = [update["state"]["reported"].get("ack", [None])[0] for update in bench.cloud.updates]
    final = {(ack["id"], ack["status"], ack.get("reason")) for ack in acks if ack and AckStatus(ack["status"]).final}
    assert len(final) == len({intent_id for intent_id, *_ in final})
    assert not player.sent or bench.cloud.in_sync(CHARGER, 1)


def play(script: list[tuple[Any, ...]], make: Callable[[BenchClock], Keeper], monkeypatch: pytest.MonkeyPatch) -> None:
    """The script, then the mending of everything, then what must be true."""
    with TemporaryDirectory() as folder, monkeypatch.context() as patched:
        patched.setattr(journal_schema, "SYNCHRONOUS", "OFF")  # the power of this machine is not what is tested
        bench = KeeperBench(Path(folder), make)
        carry_out = Executor.carry_out

        def watched(executor: Executor, action: Action, seen: Observation | None) -> None:
            if isinstance(action, StopSession):
                current, record = bench.journal.current(1), bench.journal.intent(1, action.intent_id)
                asked = record or action.intent
                assert current is not None
                assert asked is not None
                assert current.session_id == action.session_id == asked.session_id
            carry_out(executor, action, seen)

        patched.setattr(Executor, "carry_out", watched)
        bench.turn_on()
        player = Player(bench)
        try:
            for step in script:
                player.play(step)
            player.mend()
            check_sessions(player)
            check_answers(player)
            bench.box.plugged = True
            start = bench.want("start", "01JD0000000000000000000009", id="01JZ0000000000000000000000")
            bench.pass_s(1)
            assert bench.answer() == (start, "done", "")  # nothing is left behind that is in the way
        finally:
            bench.lose_power()


often = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@often
@given(script=st.lists(steps, min_size=15, max_size=40))
def test_no_session_is_lost_none_ends_twice_and_no_stop_ends_another(
    script: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    play(script, Keeper, monkeypatch)


@often
@given(script=st.lists(steps, min_size=15, max_size=40))
def test_the_same_behind_the_ocpp_drivers_picture_of_an_evse(
    script: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    play(script, BayKeeper, monkeypatch)
