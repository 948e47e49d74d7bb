"""What only OCPP 1.6 says, and what its chargers get wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from contract.vocabulary import CableState, EndReason
from device_agent.drivers.base import DriverRefused, Order, Resumed, TransactionBegan, TransactionOver
from tests.support.ocpp_bench import CARD, OTHER_CARD, OcppBench
from tests.support.ocpp_charger import eventually
from tests.support.ocpp_talk import NOON, Talk16, talk

if TYPE_CHECKING:
    from collections.abc import Iterator

ORDER = Order("01JD0000000000000000000001", "OWNER")


@pytest.fixture
def bench() -> Iterator[OcppBench]:
    bench = OcppBench("ocpp16").open()
    yield bench
    bench.close()


@pytest.fixture
def charger(bench: OcppBench) -> Talk16:
    speaker = talk(bench)
    assert isinstance(speaker, Talk16)
    return speaker


def test_a_repeated_beginning_gets_the_same_transaction_id_and_another_one_another(charger: Talk16) -> None:
    first = charger.began(CARD)
    assert charger.began(CARD) == first
    assert 0 < int(first[0]) < 2**31
    charger.over(first[0])
    assert charger.began(CARD, meter_wh=500)[0] != first[0]


def test_the_same_words_after_the_end_are_said_of_another_transaction(bench: OcppBench, charger: Talk16) -> None:
    """Its clock stands still, and its meter counts anew for every car."""
    ids = []
    for _ in range(3):
        transaction_id, accepted, _ = charger.began(CARD, meter_wh=0, at="1970-01-01T00:00:00Z")
        assert accepted
        bench.sees(1, contactor_closed=True, transaction_id=transaction_id)
        assert charger.began(CARD, meter_wh=0, at="1970-01-01T00:00:00Z") == (transaction_id, True, "OWNER")
        charger.over(transaction_id)
        bench.sees(1, contactor_closed=False)
        ids.append(transaction_id)
    assert len(set(ids)) == 3
    assert [type(fact) for fact in bench.settled] == [TransactionBegan, TransactionOver] * 3


def test_a_tag_in_other_letters_is_the_same_start(bench: OcppBench, charger: Talk16) -> None:
    bench.driver.start(1, ORDER).result(10)
    assert charger.began(charger.started_as().lower())[1:] == (True, "OWNER")


def test_the_tag_of_a_start_is_accepted_when_the_charger_asks_about_it_first(bench: OcppBench, charger: Talk16) -> None:
    bench.driver.start(1, ORDER).result(10)
    assert charger.card(charger.started_as()) == (True, "OWNER")
    assert bench.cards == []


@pytest.mark.parametrize("number", [0, -1, None, "none"])
def test_an_end_without_a_real_transaction_id_is_the_only_open_ones(
    bench: OcppBench, charger: Talk16, number: object
) -> None:
    transaction_id, _, _ = charger.began(CARD)
    told = {"transactionId": number, "meterStop": 700, "timestamp": NOON, "reason": "EVDisconnected"}
    charger.charger.call("StopTransaction", **told)
    eventually(lambda: len(bench.settled) == 2)
    assert bench.settled[1] == TransactionOver(1, transaction_id, EndReason.EV_DISCONNECTED, 1_795_348_800, 700)


def test_an_end_without_a_real_transaction_id_ends_nothing_if_it_could_be_either(
    bench: OcppBench, charger: Talk16
) -> None:
    charger.began(CARD, 1)
    charger.began(CARD, 2)
    assert charger.over("-1") == {}
    bench.sees(1, contactor_closed=True)
    bench.sees(2, contactor_closed=True)


def test_an_end_without_a_real_transaction_id_is_not_that_of_one_whose_id_the_charger_knows(
    bench: OcppBench, charger: Talk16
) -> None:
    known, _, _ = charger.began(CARD, 1)
    charger.meter(known, 200, 7_000)
    assert charger.over("-1") == {}
    bench.sees(1, contactor_closed=True)
    other, _, _ = charger.began(CARD, 2)
    charger.over("-1")
    bench.sees(2, contactor_closed=False)
    bench.sees(1, contactor_closed=True, transaction_id=known)
    assert [fact.transaction_id for fact in bench.settled if isinstance(fact, TransactionOver)] == [other]


@pytest.mark.parametrize("payload", [{}, None, [], {"transactionId": [], "meterStop": {}, "timestamp": 5, "reason": 7}])
def test_an_end_that_cannot_be_understood_is_answered_so_that_it_is_not_repeated(charger: Talk16, payload: Any) -> None:
    """Scenario 17: a bad answer to a stop, and the charger resends it for ever."""
    assert charger.charger.ask("StopTransaction", payload).get(timeout=30) == [3, "cp-3", {}]


def test_an_end_with_a_tag_is_told_that_the_tag_is_fine(charger: Talk16) -> None:
    transaction_id, _, _ = charger.began(CARD)
    assert charger.over(transaction_id, idTag=OTHER_CARD) == {"idTagInfo": {"status": "Accepted"}}


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("Remote", EndReason.REMOTE),
        ("Local", EndReason.LOCAL),
        ("EVDisconnected", EndReason.EV_DISCONNECTED),
        ("HardReset", EndReason.POWER_LOSS),
        ("SoftReset", EndReason.POWER_LOSS),
        ("Reboot", EndReason.POWER_LOSS),
        ("PowerLoss", EndReason.POWER_LOSS),
        ("EmergencyStop", EndReason.EMERGENCY_STOP),
        ("DeAuthorized", EndReason.DE_AUTHORIZED),
        ("UnlockCommand", EndReason.OTHER),
        ("SomethingNew", EndReason.OTHER),
    ],
)
def test_every_reason_has_its_word(bench: OcppBench, charger: Talk16, word: str, reason: EndReason) -> None:
    transaction_id, _, _ = charger.began(CARD)
    charger.over(transaction_id, reason=word)
    eventually(lambda: len(bench.settled) == 2)
    assert isinstance(bench.settled[1], TransactionOver)
    assert bench.settled[1].reason is reason


def test_the_last_value_may_come_with_the_end_instead_of_its_meter(bench: OcppBench, charger: Talk16) -> None:
    transaction_id, _, _ = charger.began(CARD)
    closing = [{"timestamp": NOON, "sampledValue": [{"value": "0.9", "unit": "kWh", "context": "Transaction.End"}]}]
    charger.over(transaction_id, meterStop=None, transactionData=closing)
    bench.sees(1, contactor_closed=False, meter_wh=900)


def test_a_transaction_on_a_connector_that_is_none_of_ours_is_refused(bench: OcppBench, charger: Talk16) -> None:
    assert charger.began(CARD, 7)[1] is False
    assert bench.settled == []


def test_an_offline_session_told_afterwards_is_one_session(bench: OcppBench, charger: Talk16) -> None:
    transaction_id, accepted, _ = charger.began(CARD, at="2026-11-22T08:00:00Z", meter_wh=100)
    assert accepted
    charger.over(transaction_id, 5_100, reason="Local")
    eventually(lambda: [type(fact) for fact in bench.settled] == [TransactionBegan, TransactionOver])
    bench.sees(1, contactor_closed=False, meter_wh=5_100)


def test_finishing_before_the_end_and_after_it_is_one_end(bench: OcppBench, charger: Talk16) -> None:
    transaction_id, _, _ = charger.began(CARD)
    charger.status("SuspendedEVSE")
    charger.status("Finishing")
    charger.over(transaction_id)
    charger.status("Finishing")
    charger.status("Available")
    bench.sees(1, contactor_closed=False, plugged=False)
    assert len(bench.settled) == 2


def test_staying_in_preparing_until_a_car_comes_is_no_charging(bench: OcppBench, charger: Talk16) -> None:
    bench.driver.start(1, ORDER).result(10)
    charger.status("Preparing")
    bench.sees(1, contactor_closed=False)
    _, accepted, _ = charger.began(charger.started_as())
    assert accepted


def test_an_error_is_told_in_the_chargers_word_or_its_makers(bench: OcppBench, charger: Talk16) -> None:
    told = {"connectorId": 1, "status": "Faulted"}
    charger.charger.call("StatusNotification", errorCode="GroundFailure", **told)
    bench.sees(1, faulted=True, error="GroundFailure")
    charger.charger.call("StatusNotification", errorCode="OtherError", vendorErrorCode="E42", **told)
    bench.sees(1, error="E42")
    charger.status("Available")
    bench.sees(1, faulted=False, error="")


def test_a_lock_that_fails_holds_the_cable(bench: OcppBench, charger: Talk16) -> None:
    told = {"connectorId": 1, "status": "Finishing", "errorCode": "ConnectorLockFailure"}
    charger.charger.call("StatusNotification", **told)
    bench.sees(1, cable=CableState.STUCK)


def test_a_status_that_is_not_known_changes_nothing(bench: OcppBench, charger: Talk16) -> None:
    charger.status("Levitating")
    bench.sees(1, plugged=True, faulted=False)


def test_values_for_the_whole_charger_or_for_nobody_are_no_evses(bench: OcppBench, charger: Talk16) -> None:
    for connector in (0, 9, None):
        told = [{"timestamp": NOON, "sampledValue": [{"value": "7", "measurand": "Power.Active.Import"}]}]
        charger.charger.call("MeterValues", connectorId=connector, meterValue=told)
    bench.sees(1, power_w=0)


def test_a_value_with_minus_one_for_a_transaction_is_the_open_ones(bench: OcppBench, charger: Talk16) -> None:
    transaction_id, _, _ = charger.began(CARD)
    charger.meter("-1", 300, 7_000)
    bench.sees(1, transaction_id=transaction_id, power_w=7_000, meter_wh=300)


def test_connectors_may_be_numbered_otherwise_than_evses() -> None:
    bench = OcppBench("ocpp16", connectors={"1": 2, "2": 1}).open()
    charger = Talk16(bench.charger())
    charger.status("Preparing", 2)
    bench.sees(1, plugged=True)
    bench.driver.start(1, ORDER).result(10)
    assert charger.charger.told(charger.start)[0]["connectorId"] == 2
    charger.began(charger.started_as(), 2)
    bench.sees(1, contactor_closed=True)
    bench.close()


def test_a_session_that_another_driver_began_is_no_transaction_that_could_be_stopped() -> None:
    resumed = Resumed(Order("01JD0000000000000000000001"), "tx-of-another-version", started=True)
    bench = OcppBench().open({1: resumed})
    Talk16(bench.charger()).status("Charging")
    bench.sees(1, contactor_closed=True)
    error = bench.driver.stop(1, "tx-of-another-version").exception(10)
    assert isinstance(error, DriverRefused)
    bench.close()


def test_a_transaction_without_a_tag_is_a_session_that_nobody_is_asked_about(bench: OcppBench, charger: Talk16) -> None:
    assert charger.began("")[1] is True
    (fact,) = bench.settled
    assert isinstance(fact, TransactionBegan)
    assert (fact.session_id, fact.id_token_hash, bench.cards) == ("", "", [])
