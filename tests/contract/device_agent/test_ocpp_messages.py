"""What the OCPP driver makes of a charger's messages of transactions, in both versions."""

from __future__ import annotations

import queue
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from contract.vocabulary import EndReason
from device_agent.drivers.base import Fact, Order, Resumed, TransactionBegan, TransactionOver
from tests.support.ocpp_bench import CARD, OTHER_CARD, QUICK, OcppBench
from tests.support.ocpp_charger import eventually
from tests.support.ocpp_talk import Talk, connect, talk

if TYPE_CHECKING:
    pass

ORDER = Order("01JD0000000000000000000001", "OWNER")


def waiting_fact(bench: OcppBench) -> Fact | None:
    seen = bench.seen()
    return seen.fact if seen else None


def test_a_beginning_is_answered_only_when_the_agent_has_it_on_record(bench: OcppBench, charger: Talk) -> None:
    bench.settling = False
    answer = charger.charger.ask(*charger.beginning(CARD))
    bench.sees(1, contactor_closed=True)
    with pytest.raises(queue.Empty):
        answer.get(timeout=0.1)
    bench.settling = True
    assert answer.get(timeout=30)[0] == 3


def test_a_beginning_that_is_not_on_record_in_time_is_not_answered_and_its_repetition_is_the_same_fact(
    bench: OcppBench, charger: Talk
) -> None:
    bench.settling = False
    message = charger.beginning(CARD)
    first = charger.charger.ask(*message)
    with pytest.raises(queue.Empty):
        first.get(timeout=0.5)
    fact = waiting_fact(bench)
    bench.settling = True
    again = charger.charger.ask(*message).get(timeout=30)
    once_more = charger.charger.ask(*message).get(timeout=30)
    assert again[2] == once_more[2]
    assert bench.settled == [fact]


def test_an_end_is_answered_only_when_the_agent_has_it_on_record(bench: OcppBench, charger: Talk) -> None:
    transaction_id, _, _ = charger.began(CARD)
    bench.settling = False
    message = charger.ending(transaction_id)
    with pytest.raises(queue.Empty):
        charger.charger.ask(*message).get(timeout=0.5)
    bench.sees(1, contactor_closed=False)
    bench.settling = True
    assert charger.charger.ask(*message).get(timeout=30)[0] == 3
    assert charger.charger.ask(*message).get(timeout=30)[0] == 3
    assert len(bench.settled) == 2


def test_while_an_end_waits_for_the_agent_nothing_else_does(bench: OcppBench, charger: Talk) -> None:
    transaction_id, _, _ = charger.began(CARD)
    bench.settling = False
    waiting = charger.charger.ask(*charger.ending(transaction_id))
    assert charger.charger.call("Heartbeat")
    bench.driver.start(2, ORDER).result(10)
    bench.settling = True
    assert waiting.get(timeout=30)


def test_an_agent_that_lost_power_before_it_had_a_fact_gets_the_same_one_again(bench: OcppBench, charger: Talk) -> None:
    transaction_id, _, _ = charger.began(CARD)
    bench.settling = False
    message = charger.ending(transaction_id, reason="EVDisconnected")
    charger.charger.ask(*message)
    eventually(lambda: isinstance(waiting_fact(bench), TransactionOver))
    lost = waiting_fact(bench)
    bench.close()

    after = OcppBench(bench.driver.name)
    after.open({1: Resumed(ORDER, transaction_id, started=True)})
    again = talk(after)
    assert again.charger.ask(*message).get(timeout=30)[0] == 3
    assert after.settled == [lost]
    after.close()


def test_an_agent_that_restarts_knows_whose_transaction_it_is(bench: OcppBench) -> None:
    bench.close()
    after = OcppBench(bench.driver.name)
    after.open({1: Resumed(ORDER, "", started=False)})
    charger = talk(after)
    name = "PX" + ORDER.session_id[-18:] if after.driver.name == "ocpp16" else ORDER.session_id
    _, accepted, group = charger.began(name)
    assert (accepted, group) == (True, "OWNER")
    assert isinstance(after.settled[0], TransactionBegan)
    assert after.settled[0].session_id == ORDER.session_id
    after.close()


def test_an_end_that_is_told_before_any_state_is_put_on_record_and_answered(bench: OcppBench) -> None:
    """Chargers send one message at a time: until this one is answered, no state comes."""
    bench.close()
    after = OcppBench(bench.driver.name)
    after.open({1: Resumed(ORDER, "4711", started=True)})
    charger = connect(after)
    assert charger.charger.ask(*charger.ending("4711", reason="EVDisconnected")).get(timeout=30)[0] == 3
    [fact] = after.settled
    assert isinstance(fact, TransactionOver)
    assert fact.reason is EndReason.EV_DISCONNECTED
    after.close()


def test_an_agent_without_memory_waits_for_the_charger_to_tell_what_runs(bench: OcppBench) -> None:
    """A contactor that seems open for a moment would end the session that the agent is about to adopt."""
    bench.close()
    after = OcppBench(bench.driver.name, replace(QUICK, boot_s=30.0)).open()
    charger = connect(after)
    charger.status("Charging")
    assert after.seen() is None
    charger.meter("4711", 900, 7_000)
    after.sees(1, contactor_closed=True, transaction_id="4711")
    after.close()


def test_a_charger_that_tells_of_no_transaction_when_asked_has_none(bench: OcppBench) -> None:
    bench.close()
    after = OcppBench(bench.driver.name).open()
    connect(after).status("Charging")
    after.sees(1, plugged=True, transaction_id="")
    after.close()


def test_a_transaction_nobody_remembers_is_seen_when_the_charger_speaks_of_it(bench: OcppBench, charger: Talk) -> None:
    charger.meter("4711", 900, 7_000)
    bench.sees(1, contactor_closed=True, transaction_id="4711", power_w=7_000)
    assert bench.settled == []
    bench.driver.stop(1, "4711").result(10)
    assert charger.stops() == ["4711"]


@pytest.mark.parametrize("at", ["1970-01-01T00:00:12Z", "", "yesterday", "2013-02-01T20:53:32.486Z"])
def test_a_clock_that_was_never_set_has_said_nothing(bench: OcppBench, charger: Talk, at: str) -> None:
    charger.began(CARD, at=at)
    [fact] = bench.settled
    assert isinstance(fact, TransactionBegan)
    assert fact.at is None


def test_an_end_without_a_reason_is_local_and_one_by_another_card_too(bench: OcppBench, charger: Talk) -> None:
    transaction_id, _, _ = charger.began(CARD)
    charger.over(transaction_id, idTag=OTHER_CARD)
    eventually(lambda: len(bench.settled) == 2)
    assert isinstance(bench.settled[1], TransactionOver)
    assert bench.settled[1].reason is EndReason.LOCAL


def test_an_end_nobody_knows_is_answered_so_that_it_is_not_repeated(bench: OcppBench, charger: Talk) -> None:
    """Scenario 17: the charger resends every 10 s for ever."""
    transaction_id, _, _ = charger.began(CARD)
    assert charger.over("4711") is not None
    bench.sees(1, contactor_closed=True, transaction_id=transaction_id)
    assert len(bench.settled) == 1


def test_values_after_the_end_revive_nothing(bench: OcppBench, charger: Talk) -> None:
    transaction_id, _, _ = charger.began(CARD)
    charger.over(transaction_id)
    charger.meter(transaction_id, 600, 7_000)
    bench.sees(1, contactor_closed=False, power_w=0, meter_wh=500)


def test_some_time_after_an_end_the_meter_is_asked_whether_power_still_flows(
    bench: OcppBench, charger: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("device_agent.drivers.ocpp.chores.AFTER_END_S", 0.1)
    monkeypatch.setattr("device_agent.drivers.ocpp.bays.LATE_S", 0.05)
    eventually(lambda: len(charger.triggered()) == 4)
    transaction_id, _, _ = charger.began(CARD)
    charger.over(transaction_id)
    eventually(lambda: charger.triggered()[4:] == [1, 1])  # its state after the beginning, its meter after the end
    charger.power_for_nobody(900, 7_000)
    bench.sees(1, contactor_closed=False, power_w=7_000)


def test_a_restart_in_the_middle_ends_the_transaction_by_power_loss(
    bench: OcppBench, charger: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("device_agent.drivers.ocpp.running.MISSED_END_S", 0.1)
    transaction_id, _, _ = charger.began(CARD)
    charger.meter(transaction_id, 300, 7_000)
    charger.charger.call("BootNotification", reason="PowerUp")
    charger.status("Available")
    eventually(lambda: len(bench.settled) == 2)
    assert bench.settled[1] == TransactionOver(1, transaction_id, EndReason.POWER_LOSS)
    bench.sees(1, contactor_closed=False, meter_wh=300)


@pytest.mark.parametrize("evse", [1, 0])
def test_a_fault_and_being_out_of_service_are_told_of_one_evse_or_of_all(
    bench: OcppBench, charger: Talk, evse: int
) -> None:
    charger.status("Faulted", evse)
    bench.sees(1, faulted=True)
    charger.status("Unavailable", evse)
    bench.sees(1, faulted=False, available=False)
    charger.status("Available", evse)
    bench.sees(1, available=True)
    bench.sees(2, available=True, faulted=False)


def test_a_beginning_told_late_whose_end_is_lost_ends_by_the_state_that_is_asked_for_after_it(
    bench: OcppBench, charger: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("device_agent.drivers.ocpp.running.MISSED_END_S", 0.1)
    eventually(lambda: len(charger.triggered()) == 4)
    charger.status("Available")
    charger.began(CARD)
    eventually(lambda: charger.triggered()[4:] == [1])
    assert charger.charger.told("TriggerMessage")[-1]["requestedMessage"] == "StatusNotification"
    bench.sees(1, contactor_closed=True)
    charger.status("Available")
    eventually(lambda: [type(fact) for fact in bench.settled] == [TransactionBegan, TransactionOver])


def test_a_charger_that_tells_more_than_can_be_put_on_record_hears_nothing_until_it_is(
    bench: OcppBench, charger: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("device_agent.drivers.ocpp.desk.FACTS_AT_MOST", 3)
    bench.settling = False
    for number in range(5):
        charger.charger.ask(*charger.beginning(CARD, meter_wh=number))
    with pytest.raises(queue.Empty):
        charger.charger.ask("Heartbeat", {}).get(timeout=0.3)
    bench.settling = True
    eventually(lambda: len(bench.settled) == 3)
    assert charger.charger.call("Heartbeat")
