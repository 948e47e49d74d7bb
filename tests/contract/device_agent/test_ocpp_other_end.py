"""The OCPP driver and a charge point written with the `ocpp` package: two ends that were not made together."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from contract.cards import id_token_hash
from contract.vocabulary import CableState, EndReason
from device_agent.drivers.base import DriverRefused, Order, TransactionBegan, TransactionOver, Verdict
from tests.support.charger_plant import PlantProcess, start_plant
from tests.support.ocpp_bench import CARD, OcppBench
from tests.support.ocpp_charger import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ORDER = Order("01JD0000000000000000000001", "OWNER")
VERSIONS = {"ocpp16": "1.6", "ocpp201": "2.0.1"}


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[PlantProcess]:
    plant = start_plant(tmp_path)
    yield plant
    plant.end()


@pytest.fixture
def connected(bench: OcppBench, plant: PlantProcess, tmp_path: Path) -> Iterator[OcppBench]:
    where = ["--url", bench.url(), "--plant", str(plant.path), "--charger", "PX-0001"]
    what = ["--version", VERSIONS[bench.driver.name], "--memory", str(tmp_path / "memory.json")]
    charge_point = subprocess.Popen([sys.executable, "-m", "local.charge_point", *where, *what])  # noqa: S603  (ours)
    bench.sees(1, plugged=True, contactor_closed=False)
    bench.sees(2, plugged=False)
    yield bench
    charge_point.terminate()
    charge_point.wait(10)


def test_a_start_and_a_stop_reach_the_contactor_and_come_back_as_facts(
    connected: OcppBench, plant: PlantProcess
) -> None:
    connected.driver.start(1, ORDER).result(10)
    connected.sees(1, contactor_closed=True, cable=CableState.LOCKED, fact=None)
    [began] = connected.settled
    assert isinstance(began, TransactionBegan)
    assert began.session_id == ORDER.session_id
    assert plant.op("describe")["contactor_closes"] == 1

    connected.driver.stop(1, began.transaction_id).result(10)
    connected.sees(1, contactor_closed=False, power_w=0)
    eventually(lambda: len(connected.settled) == 2)
    over = connected.settled[1]
    assert isinstance(over, TransactionOver)
    assert (over.transaction_id, over.reason) == (began.transaction_id, EndReason.REMOTE)
    assert plant.op("describe")["contactor_opens"] == 1


def test_a_card_begins_a_session_and_unplugging_ends_it(connected: OcppBench, plant: PlantProcess) -> None:
    plant.op("tap", card=CARD)
    eventually(lambda: connected.settled)
    began = connected.settled[0]
    assert isinstance(began, TransactionBegan)
    assert (began.session_id, began.id_token_hash) == ("", id_token_hash(CARD))
    plant.op("unplug")
    connected.sees(1, contactor_closed=False, plugged=False)
    eventually(lambda: len(connected.settled) == 2)
    over = connected.settled[1]
    assert isinstance(over, TransactionOver)
    assert over.reason is EndReason.EV_DISCONNECTED


def test_an_unknown_card_is_refused_at_the_charger(connected: OcppBench, plant: PlantProcess) -> None:
    connected.verdicts = {id_token_hash("04DEAD"): Verdict(accepted=False)}
    plant.op("tap", card="04DEAD")
    eventually(lambda: connected.cards == [id_token_hash("04DEAD")])
    connected.sees(1, contactor_closed=False)
    assert connected.settled == []


def test_hardware_that_refuses_to_close_is_a_refusal(connected: OcppBench, plant: PlantProcess) -> None:
    plant.op("set_fault", name="refuses_to_close", on=True)
    with pytest.raises(DriverRefused, match="Rejected"):
        connected.driver.start(1, ORDER).result(10)
