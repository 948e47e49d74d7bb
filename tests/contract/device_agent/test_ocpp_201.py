"""What only OCPP 2.0.1 says, and what its chargers get wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from contract.cards import id_token_hash
from contract.vocabulary import CableState, EndReason
from device_agent.drivers.base import Order, Resumed, TransactionBegan, TransactionOver
from tests.support.ocpp_bench import CARD, OTHER_CARD, OcppBench
from tests.support.ocpp_charger import eventually
from tests.support.ocpp_talk import Talk201, talk, values

if TYPE_CHECKING:
    from collections.abc import Iterator

ORDER = Order("01JD0000000000000000000001", "OWNER")
TOKEN = {"idToken": {"idToken": CARD, "type": "ISO14443"}}


@pytest.fixture
def bench() -> Iterator[OcppBench]:
    bench = OcppBench("ocpp201").open()
    yield bench
    bench.close()


@pytest.fixture
def charger(bench: OcppBench) -> Talk201:
    speaker = talk(bench)
    assert isinstance(speaker, Talk201)
    return speaker


def began(bench: OcppBench) -> list[TransactionBegan]:
    return [fact for fact in bench.settled if isinstance(fact, TransactionBegan)]


def test_a_transaction_that_begins_with_the_cable_is_no_session_until_somebody_is_authorised(
    bench: OcppBench, charger: Talk201
) -> None:
    assert charger.tell("Started", "tx", {"chargingState": "EVConnected"}, evse={"id": 1}) == {}
    bench.sees(1, contactor_closed=False, transaction_id="", plugged=True)
    answer = charger.tell("Updated", "tx", {"chargingState": "Charging"}, **TOKEN, meterValue=values(150))
    assert answer["idTokenInfo"]["status"] == "Accepted"
    bench.sees(1, contactor_closed=True, transaction_id="tx", meter_wh=150)
    [fact] = began(bench)
    assert (fact.id_token_hash, fact.meter_wh) == (id_token_hash(CARD), 150)


def test_a_transaction_nobody_was_authorised_for_ends_without_a_session(bench: OcppBench, charger: Talk201) -> None:
    charger.tell("Started", "tx", {"chargingState": "EVConnected"}, evse={"id": 1})
    assert charger.tell("Ended", "tx", {"stoppedReason": "EVDisconnected"}) == {}
    bench.sees(1, contactor_closed=False)
    assert bench.settled == []


def test_the_repeated_event_that_brought_the_authorisation_is_the_same_fact(bench: OcppBench, charger: Talk201) -> None:
    charger.tell("Started", "tx", {"chargingState": "EVConnected"}, evse={"id": 1})
    event = charger.event("Updated", "tx", {"chargingState": "Charging"}, **TOKEN)
    first = charger.charger.call("TransactionEvent", **event)
    assert charger.charger.call("TransactionEvent", **event) == first
    assert len(began(bench)) == 1


def test_a_card_shown_before_the_cable_is_a_session_that_waits_for_its_car(bench: OcppBench, charger: Talk201) -> None:
    charger.tell("Started", "tx", {"chargingState": "Idle"}, evse={"id": 2}, **TOKEN)
    bench.sees(2, contactor_closed=True, plugged=False)
    charger.status("Available", 2)
    charger.tell("Updated", "tx", {"chargingState": "Charging"})
    bench.sees(2, contactor_closed=True, plugged=True)


def test_a_start_is_known_by_its_number_if_its_name_is_missing(bench: OcppBench, charger: Talk201) -> None:
    bench.driver.start(1, ORDER).result(10)
    number = charger.charger.told(charger.start)[0]["remoteStartId"]
    info = {"chargingState": "Charging", "remoteStartId": number}
    charger.tell("Started", "tx", info, evse={"id": 1})
    bench.sees(1, transaction_id="tx")
    assert began(bench)[0].session_id == ORDER.session_id


def test_the_group_is_told_with_the_start(bench: OcppBench, charger: Talk201) -> None:
    bench.driver.start(1, ORDER).result(10)
    assert charger.charger.told(charger.start)[0]["groupIdToken"] == {"idToken": "OWNER", "type": "Central"}


@pytest.mark.parametrize("token", [{}, {"idToken": {"idToken": "", "type": "NoAuthorization"}}])
def test_a_charger_that_charges_whoever_comes_is_told_as_a_session_without_a_card(
    bench: OcppBench, charger: Talk201, token: dict[str, Any]
) -> None:
    charger.tell("Started", "tx", {"chargingState": "EVConnected"}, evse={"id": 1})
    charger.tell("Updated", "tx", {"chargingState": "Charging"}, **token)
    bench.sees(1, contactor_closed=True, transaction_id="tx")
    [fact] = began(bench)
    assert (fact.session_id, fact.id_token_hash) == ("", "")


def test_a_session_without_a_card_that_the_agent_does_not_accept_is_ended(
    bench: OcppBench, charger: Talk201, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("device_agent.drivers.ocpp.chores.REFUSED_S", 0.0)
    bench.accepting = False
    assert charger.tell("Started", "tx", {"chargingState": "Charging"}, evse={"id": 1}) == {}
    eventually(lambda: "tx" in charger.stops())


def test_a_second_card_at_a_running_session_is_judged_by_itself_and_begins_nothing(
    bench: OcppBench, charger: Talk201
) -> None:
    charger.began(CARD)
    stranger = {"idToken": {"idToken": OTHER_CARD, "type": "ISO14443"}}
    assert charger.tell("Updated", charger.ids[-1], **stranger)["idTokenInfo"]["status"] == "Invalid"
    assert charger.tell("Updated", charger.ids[-1], **TOKEN)["idTokenInfo"]["status"] == "Accepted"
    bench.sees(1, contactor_closed=True, transaction_id=charger.ids[-1])
    assert len(began(bench)) == 1


def test_an_id_used_again_is_another_transaction(bench: OcppBench, charger: Talk201) -> None:
    for seq in (10, 20):
        event = charger.event("Started", "1", {"chargingState": "Charging"}, evse={"id": 1}, **TOKEN) | {"seqNo": seq}
        assert charger.charger.call("TransactionEvent", **event)["idTokenInfo"]["status"] == "Accepted"
        charger.tell("Ended", "1", {"stoppedReason": "Local"})
    marks = {fact.mark for fact in began(bench)}
    eventually(lambda: len(bench.settled) == 4)
    assert len(marks) == 2


def test_later_events_need_not_name_their_evse(bench: OcppBench, charger: Talk201) -> None:
    charger.began(CARD, 2)
    charger.tell("Updated", charger.ids[-1], meterValue=values(400, 6_000))
    bench.sees(2, power_w=6_000)
    charger.tell("Ended", charger.ids[-1], {"stoppedReason": "Local"})
    bench.sees(2, contactor_closed=False)


def test_a_transaction_nobody_remembers_and_that_names_no_evse_is_where_the_only_car_is(
    bench: OcppBench, charger: Talk201
) -> None:
    charger.tell("Updated", "lost", {"chargingState": "Charging"}, meterValue=values(400, 6_000))
    bench.sees(1, contactor_closed=True, transaction_id="lost", power_w=6_000)


def test_a_transaction_of_an_evse_that_is_none_of_ours_is_refused(bench: OcppBench, charger: Talk201) -> None:
    assert charger.tell("Started", "tx", evse={"id": 9}, **TOKEN)["idTokenInfo"]["status"] == "Invalid"
    assert charger.tell("Started", "tx", evse={"id": 9}) == {}
    assert bench.settled == []


@pytest.mark.parametrize(
    "payload", [{}, None, [], {"eventType": 5, "transactionInfo": [], "evse": 7, "meterValue": "x"}]
)
def test_an_event_that_cannot_be_understood_is_answered_so_that_it_is_not_repeated(
    charger: Talk201, payload: object
) -> None:
    assert charger.charger.ask("TransactionEvent", payload).get(timeout=30)[0] == 3


@pytest.mark.parametrize(
    ("info", "trigger", "reason"),
    [
        ({"stoppedReason": "Remote"}, "RemoteStop", EndReason.REMOTE),
        ({"stoppedReason": "StoppedByEV"}, "", EndReason.OTHER),
        ({"stoppedReason": "MasterPass"}, "", EndReason.LOCAL),
        ({"stoppedReason": "ImmediateReset"}, "", EndReason.POWER_LOSS),
        ({}, "EVDeparted", EndReason.EV_DISCONNECTED),
        ({}, "Deauthorized", EndReason.DE_AUTHORIZED),
        ({}, "", EndReason.LOCAL),
    ],
)
def test_an_end_has_its_reason_from_the_charger_or_from_what_triggered_it(
    bench: OcppBench, charger: Talk201, info: dict[str, Any], trigger: str, reason: EndReason
) -> None:
    charger.began(CARD)
    charger.tell("Ended", charger.ids[-1], info, triggerReason=trigger)
    eventually(lambda: len(bench.settled) == 2)
    assert isinstance(bench.settled[1], TransactionOver)
    assert bench.settled[1].reason is reason


def test_occupied_after_an_end_is_a_cable_still_plugged_in(bench: OcppBench, charger: Talk201) -> None:
    charger.began(CARD)
    charger.over(charger.ids[-1])
    charger.status("Occupied")
    bench.sees(1, plugged=True, contactor_closed=False, cable=CableState.PLUGGED)
    charger.status("Available")
    bench.sees(1, plugged=False, cable=CableState.UNPLUGGED)


def test_occupied_after_a_restart_leaves_it_to_the_transaction_whether_it_goes_on(
    bench: OcppBench, charger: Talk201, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("device_agent.drivers.ocpp.running.RESTARTED_S", 0.2)
    charger.began(CARD)
    charger.charger.call("BootNotification", reason="PowerUp")
    charger.status("Occupied")
    charger.tell("Updated", charger.ids[-1], {"chargingState": "Charging"})
    charger.charger.call("BootNotification", reason="PowerUp")
    assert len(bench.settled) == 1
    charger.status("Occupied")
    eventually(lambda: len(bench.settled) == 2)
    assert bench.settled[1] == TransactionOver(1, charger.ids[-1], EndReason.POWER_LOSS)


def test_what_was_measured_in_another_transaction_is_not_the_running_ones(bench: OcppBench, charger: Talk201) -> None:
    running, _, _ = charger.began(CARD)
    charger.meter(running, 300, 7_000)
    bench.sees(1, transaction_id=running, power_w=7_000, meter_wh=300)
    charger.meter("from-the-queue", 900, 0)
    bench.sees(1, transaction_id=running, power_w=7_000, meter_wh=300)


def test_a_lock_that_reports_a_problem_holds_the_cable(bench: OcppBench, charger: Talk201) -> None:
    lock = {"name": "ConnectorPlugRetentionLock", "evse": {"id": 1}}
    for value, cable in (("true", CableState.STUCK), ("false", CableState.PLUGGED)):
        event = {"component": lock, "variable": {"name": "Problem"}, "actualValue": value}
        charger.charger.call("NotifyEvent", eventData=[event, {"component": {"name": "Fan"}}])
        bench.sees(1, cable=cable)


def test_a_variable_that_is_not_known_is_logged_once_and_no_other_suffers(
    bench: OcppBench, caplog: pytest.LogCaptureFixture
) -> None:
    charger = talk(bench)
    charger.charger.answers["SetVariables"] = {"setVariableResult": [{"attributeStatus": "UnknownVariable"}]}
    charger.charger.call("BootNotification")
    eventually(lambda: len(charger.charger.told("SetVariables")) >= 9)
    eventually(lambda: "charger does not do SetVariables AuthorizeRemoteStart" in caplog.messages)
    assert caplog.messages.count("charger does not do SetVariables TxUpdatedInterval") == 1


def test_a_session_goes_on_over_the_agents_restart_and_its_beginning_told_again_is_settled_again(
    bench: OcppBench,
) -> None:
    bench.close()
    after = OcppBench("ocpp201").open({1: Resumed(ORDER, "tx", started=True)})
    charger = talk(after)
    assert isinstance(charger, Talk201)
    charger.tell("Updated", "tx", {"chargingState": "Charging"}, meterValue=values(400, 6_000))
    after.sees(1, contactor_closed=True, transaction_id="tx", power_w=6_000)
    name = {"idToken": {"idToken": ORDER.session_id, "type": "Central"}}
    answer = charger.tell("Started", "tx", {"chargingState": "Charging"}, evse={"id": 1}, **name)
    assert answer["idTokenInfo"]["status"] == "Accepted"
    assert [fact.session_id for fact in began(after)] == [ORDER.session_id]
    after.close()


@pytest.mark.parametrize("told", ["{0f8fad5b-d9cb-469f-a165-70867728950e}", "tx 1", "é\ud800"])
def test_a_transaction_id_that_no_record_can_carry_has_a_name_made_of_it_and_is_stopped_by_its_own(
    bench: OcppBench, charger: Talk201, told: str
) -> None:
    charger.tell("Started", told, {"chargingState": "Charging"}, evse={"id": 1}, **TOKEN)
    (fact,) = bench.settled
    assert isinstance(fact, TransactionBegan)
    assert len(fact.transaction_id) == 32
    bench.driver.stop(1, fact.transaction_id).result(10)
    assert charger.stops() == [told.replace("\ud800", "?")]
    charger.charger.hang_up()
    eventually(lambda: bench.seen() is None)
    charger = Talk201(bench.charger(subprotocol="ocpp2.0.1"))
    bench.sees(1, transaction_id=fact.transaction_id)
    bench.driver.stop(1, fact.transaction_id).result(10)
    assert charger.stops() == [told.replace("\ud800", "?")]
    charger.tell("Ended", told)
    assert isinstance(bench.settled[-1], TransactionOver)
