"""What the OCPP driver promises of commands, in both versions."""

from __future__ import annotations

import time
from concurrent.futures import Future

import pytest

from contract.vocabulary import CableState, EndReason
from device_agent.drivers.base import DriverRefused, DriverUnreachable, Order, TransactionBegan, TransactionOver
from tests.support.ocpp_bench import CARD, QUICK, OcppBench
from tests.support.ocpp_charger import eventually
from tests.support.ocpp_talk import Talk, talk

ORDER = Order("01JD0000000000000000000001", "OWNER")
WITHIN_S = 10


@pytest.fixture
def charging(bench: OcppBench, charger: Talk) -> str:
    """A session of ours that runs; its transaction."""
    done(bench.driver.start(1, ORDER))
    transaction_id, accepted, _ = charger.began(charger.started_as())
    assert accepted
    bench.sees(1, transaction_id=transaction_id, fact=None)
    return transaction_id


def done(command: Future[None]) -> None:
    command.result(WITHIN_S)


def test_an_accepted_start_is_only_accepted_until_the_transaction_begins(bench: OcppBench, charger: Talk) -> None:
    done(bench.driver.start(1, ORDER))
    bench.sees(1, contactor_closed=False, transaction_id="")
    transaction_id, accepted, group = charger.began(charger.started_as())
    assert (accepted, group) == (True, "OWNER")
    bench.sees(1, contactor_closed=True, transaction_id=transaction_id, meter_wh=100)
    [fact] = bench.settled
    assert isinstance(fact, TransactionBegan)
    assert (fact.session_id, fact.id_token_hash, fact.meter_wh) == (ORDER.session_id, "", 100)


def test_a_start_of_what_has_begun_asks_nothing(bench: OcppBench, charger: Talk, charging: str) -> None:
    assert charging
    done(bench.driver.start(1, ORDER))
    assert len(charger.charger.told(charger.start)) == 1


def test_a_command_the_charger_rejects_is_refused_in_its_words(
    bench: OcppBench, charger: Talk, charging: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("device_agent.drivers.ocpp.driver.OVER_SOON_S", 0.05)
    charger.charger.answers |= {charger.start: {"status": "Rejected"}, charger.stop: {"status": "Rejected"}}
    with pytest.raises(DriverRefused, match=f"{charger.start}: Rejected"):
        done(bench.driver.start(2, ORDER))
    with pytest.raises(DriverRefused, match=f"{charger.stop}: Rejected"):
        done(bench.driver.stop(1, charging))
    assert (seen := bench.seen()) is not None
    assert seen.contactor_closed


@pytest.mark.parametrize("answer", [{}, {"status": 7}, {"status": "accepted"}])
def test_an_answer_that_is_no_yes_is_a_no(bench: OcppBench, charger: Talk, answer: dict[str, object]) -> None:
    charger.charger.answers[charger.start] = answer
    with pytest.raises(DriverRefused):
        done(bench.driver.start(1, ORDER))


def test_an_error_is_a_no_as_well(bench: OcppBench, charger: Talk) -> None:
    charger.charger.errors[charger.start] = "InternalError"
    with pytest.raises(DriverRefused, match="InternalError"):
        done(bench.driver.start(1, ORDER))


def test_a_command_nobody_answers_is_unreachable_in_bounded_time(
    bench: OcppBench, charger: Talk, charging: str
) -> None:
    charger.charger.answers[charger.stop] = None
    with pytest.raises(DriverUnreachable, match=charger.stop):
        bench.driver.stop(1, charging).result(3)


def test_a_command_while_nobody_is_connected_is_unreachable_at_once(bench: OcppBench) -> None:
    with pytest.raises(DriverUnreachable, match="no charger is connected"):
        bench.driver.start(1, ORDER).result(0)


def test_a_command_under_way_when_the_line_breaks_is_unreachable(
    bench: OcppBench, charger: Talk, charging: str
) -> None:
    charger.charger.answers[charger.stop] = None
    stopping = bench.driver.stop(1, charging)
    eventually(charger.stops)
    charger.charger.hang_up()
    with pytest.raises(DriverUnreachable):
        done(stopping)


def test_a_line_that_breaks_and_comes_back_changes_nothing_of_what_runs(
    bench: OcppBench, charger: Talk, charging: str
) -> None:
    charger.charger.hang_up()
    eventually(lambda: bench.seen() is None)
    again = type(charger)(bench.charger(subprotocol="ocpp1.6" if bench.driver.name == "ocpp16" else "ocpp2.0.1"))
    bench.sees(1, contactor_closed=True, transaction_id=charging)
    done(bench.driver.stop(1, charging))
    assert again.stops() == [charging]


def test_a_look_is_asked_for_when_a_command_is_answered(bench: OcppBench, charger: Talk) -> None:
    charger.charger.answers[charger.start] = None
    before = bench.looks
    command = bench.driver.start(1, ORDER)
    with pytest.raises(DriverUnreachable):
        done(command)
    eventually(lambda: bench.looks > before)


def test_a_stop_names_its_transaction_and_ends_with_the_chargers_word(
    bench: OcppBench, charger: Talk, charging: str
) -> None:
    done(bench.driver.stop(1, charging))
    assert charger.stops() == [charging]
    bench.sees(1, contactor_closed=True)
    charger.over(charging)
    bench.sees(1, contactor_closed=False, power_w=0, transaction_id="", meter_wh=500)
    over = bench.settled[-1]
    assert isinstance(over, TransactionOver)
    assert (over.transaction_id, over.reason, over.meter_wh) == (charging, EndReason.REMOTE, 500)


@pytest.mark.parametrize("other", ["", "4711", "-1", "tx-1-9"])
def test_a_stop_of_another_transaction_is_never_sent(
    bench: OcppBench, charger: Talk, charging: str, other: str
) -> None:
    done(bench.driver.stop(1, other))
    done(bench.driver.stop(2, charging))
    assert charger.stops() == []


def test_a_stop_rejected_because_the_transaction_has_just_ended_is_done(
    bench: OcppBench, charger: Talk, charging: str
) -> None:
    charger.charger.answers[charger.stop] = {"status": "Rejected"}
    stopping = bench.driver.stop(1, charging)
    eventually(charger.stops)
    charger.over(charging)
    done(stopping)


def test_a_stop_that_was_rejected_is_not_why_the_transaction_ends_later(
    bench: OcppBench, charger: Talk, charging: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("device_agent.drivers.ocpp.driver.OVER_SOON_S", 0.05)
    charger.charger.answers[charger.stop] = {"status": "Rejected"}
    with pytest.raises(DriverRefused):
        done(bench.driver.stop(1, charging))
    charger.over(charging)
    assert [fact.reason for fact in bench.settled if isinstance(fact, TransactionOver)] == [EndReason.LOCAL]


def test_measured_zero_ends_a_stopped_transaction_whose_end_the_charger_forgets(
    bench: OcppBench, charger: Talk, charging: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("device_agent.drivers.ocpp.running.AFTER_STOP_S", 0.2)
    charger.meter(charging, 400, 7_000)
    bench.sees(1, power_w=7_000)
    done(bench.driver.stop(1, charging))
    charger.meter(charging, 401, 6_900)
    bench.sees(1, power_w=6_900, contactor_closed=True)
    charger.meter(charging, 402, 0)
    bench.sees(1, contactor_closed=False, meter_wh=402)
    eventually(lambda: len(bench.settled) == 2)
    assert bench.settled[-1] == TransactionOver(1, charging, EndReason.REMOTE)
    assert charger.over(charging) is not None
    assert len(bench.settled) == 2


def test_after_a_stop_the_meter_is_asked_until_the_transaction_is_over(
    bench: OcppBench, charger: Talk, charging: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("device_agent.drivers.ocpp.chores.MEASURE_S", 0.01)
    before = len(charger.charger.told("TriggerMessage"))
    done(bench.driver.stop(1, charging))
    eventually(lambda: len(charger.charger.told("TriggerMessage")) > before + 1)


def test_two_stops_at_once_are_both_measured(
    bench: OcppBench, charger: Talk, charging: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("device_agent.drivers.ocpp.chores.MEASURE_S", 0.1)
    other, _, _ = charger.began(CARD, 2)
    eventually(lambda: len(charger.charger.told("TriggerMessage")) == 6)
    done(bench.driver.stop(1, charging))
    done(bench.driver.stop(2, other))
    eventually(lambda: charger.triggered()[6:].count(1) > 1 and charger.triggered()[6:].count(2) > 1)


def test_a_cable_still_held_after_our_stop_is_released_once_and_stuck_if_that_fails(
    bench: OcppBench, charger: Talk, charging: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scenario 24: the cable stays locked."""
    monkeypatch.setattr("device_agent.drivers.ocpp.chores.UNLOCK_S", 0.05)
    charger.charger.answers["UnlockConnector"] = {"status": "UnlockFailed"}
    done(bench.driver.stop(1, charging))
    charger.over(charging)
    charger.status("Finishing")
    bench.sees(1, cable=CableState.STUCK)
    charger.status("Available")
    bench.sees(1, cable=CableState.UNPLUGGED)
    assert len(charger.charger.told("UnlockConnector")) == 1


def test_a_cable_is_not_released_under_a_session_that_began_while_the_release_waited(
    bench: OcppBench, charger: Talk, charging: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("device_agent.drivers.ocpp.chores.UNLOCK_S", 0.0)
    eventually(lambda: len(charger.charger.told("ChangeConfiguration") + charger.charger.told("SetVariables")) > 6)
    done(bench.driver.stop(1, charging))
    charger.charger.answers["TriggerMessage"] = None
    before = len(charger.triggered())
    bench.driver.refresh(2)  # the release waits behind this errand, and behind it one that the beginning brings
    charger.over(charging)
    charger.status("Finishing")
    time.sleep(3 * QUICK.chores_s)
    second, accepted, _ = charger.began(CARD, meter_wh=500, at="2026-11-22T13:00:00Z")
    assert accepted
    eventually(lambda: len(charger.triggered()) > before + 1)
    bench.sees(1, transaction_id=second)
    assert charger.charger.told("UnlockConnector") == []


def test_a_session_that_ends_by_itself_keeps_its_lock_to_the_charger(
    bench: OcppBench, charger: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("device_agent.drivers.ocpp.chores.UNLOCK_S", 0.0)
    transaction_id, _, _ = charger.began(CARD)
    charger.over(transaction_id, reason="Local")
    charger.status("Finishing")
    second, _, _ = charger.began(CARD, meter_wh=500, at="2026-11-22T13:00:00Z")
    bench.sees(1, transaction_id=second)
    assert charger.charger.told("UnlockConnector") == []


def test_each_evse_has_its_own_transaction(bench: OcppBench, charger: Talk, charging: str) -> None:
    second = Order("01JD0000000000000000000002")
    done(bench.driver.start(2, second))
    other, _, _ = charger.began(charger.started_as(), 2)
    bench.sees(2, transaction_id=other)
    done(bench.driver.stop(2, other))
    charger.over(other)
    bench.sees(2, contactor_closed=False)
    bench.sees(1, contactor_closed=True, transaction_id=charging)
    assert charger.stops() == [other]


def test_a_watched_evse_has_its_meter_asked_for_one_question_at_a_time(bench: OcppBench, charger: Talk) -> None:
    eventually(lambda: charger.charger.told("ChangeConfiguration") + charger.charger.told("SetVariables"))
    charger.charger.answers["TriggerMessage"] = None
    before = len(charger.charger.told("TriggerMessage"))
    for _ in range(5):
        bench.driver.refresh(1)
    eventually(lambda: len(charger.charger.told("TriggerMessage")) == before + 1)
    bench.driver.start(1, ORDER).exception(WITHIN_S)
    assert len(charger.charger.told("TriggerMessage")) == before + 1


@pytest.mark.parametrize("how", ["status", "error"])
def test_a_charger_that_cannot_be_triggered_is_not_asked_again(how: str, bench: OcppBench) -> None:
    speaker = talk(bench)
    if how == "status":
        speaker.charger.answers["TriggerMessage"] = {"status": "NotImplemented"}
    else:
        speaker.charger.errors["TriggerMessage"] = "NotImplemented"
    bench.driver.refresh(2)
    done(bench.driver.start(1, ORDER))
    before = len(speaker.charger.told("TriggerMessage"))
    bench.driver.refresh(2)
    done(bench.driver.start(1, Order("01JD0000000000000000000003")))
    assert len(speaker.charger.told("TriggerMessage")) <= before + 1


def test_a_refresh_without_a_charger_is_nothing(bench: OcppBench) -> None:
    bench.driver.refresh(1)
    assert bench.seen() is None


def test_a_command_waits_for_one_errand_at_most(bench: OcppBench, charger: Talk) -> None:
    eventually(lambda: charger.charger.told("ChangeConfiguration") + charger.charger.told("SetVariables"))
    charger.charger.answers["TriggerMessage"] = None
    before = len(charger.charger.asked)
    bench.driver.refresh(1)
    bench.driver.refresh(2)
    eventually(lambda: "TriggerMessage" in [action for action, _ in charger.charger.asked[before:]])
    done(bench.driver.start(1, ORDER))
    actions = [action for action, _ in charger.charger.asked[before:]]
    assert actions[: actions.index(charger.start)].count("TriggerMessage") == 1
