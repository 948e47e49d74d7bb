"""A driver stops their session: the tutorial, against the deployed stack and a real agent."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from local.client import DriverApi
from tests.local.scenes import FAST, awaited, charging, ended, evse_of, session_of, stages, startable
from tests.local.support import FreshCharger, LocalStack

FreshChargers = Callable[..., FreshCharger]


def test_the_owner_stops_and_the_session_ends_with_the_energy_of_the_meter(
    owner: DriverApi, fresh_charger: FreshChargers
) -> None:
    charger = fresh_charger(accepts_cards=True)
    charger.plant.set_clock_rate(FAST)
    before_wh = charger.describe()["true_wh"]
    session_id = charging(owner, charger)
    awaited(lambda: {"on": charger.describe()["true_wh"] - before_wh > 500}, "energy flows", on=True)

    tap = owner.stop(session_id)

    assert tap.status == 202
    assert tap.body["status"] == "stopping"
    assert tap.body["stop"]["status"] == "requested"
    session = ended(owner, session_id)
    meter = charger.describe()
    assert meter["contactor_closed"] is False
    assert session["end"]["reason"] == "Remote"
    assert session["end"]["method"] == "reported"
    assert session["energyWh"] == meter["true_wh"] - before_wh
    assert session["powerW"] is None
    assert session["estimated"] is False
    startable(owner, charger)
    evse = awaited(lambda: evse_of(owner, charger), "the cable is free", cable="plugged")
    assert evse["canStop"] is False
    assert evse["notice"]["code"] == "tap_your_card"
    awaited(lambda: session_of(owner, session_id)["stop"], "the stop is acknowledged", status="done")


def test_one_call_that_waits_answers_with_the_ended_session(owner: DriverApi, fresh_charger: FreshChargers) -> None:
    charger = fresh_charger()
    session_id = charging(owner, charger)

    answer = owner.stop(session_id, wait_s=5)

    assert answer.status == 200
    assert answer.headers["preference-applied"] == "wait=5"
    assert answer.body["status"] == "ended"
    assert answer.body["end"]["reason"] == "Remote"


def test_the_timeline_tells_who_said_what(owner: DriverApi, fresh_charger: FreshChargers) -> None:
    charger = fresh_charger()
    session_id = charging(owner, charger)
    owner.stop(session_id, wait_s=5).expect(200)
    awaited(lambda: {"all": "stop_done" in stages(owner, session_id)}, "the last ack arrives", all=True)

    told = owner.timeline(session_id).expect(200)["stages"]

    names = [stage["stage"] for stage in told]
    assert names[0] == "start_requested"
    assert names.index("started") < names.index("stop_requested") < names.index("ended")
    assert names.count("ended") == names.count("stop_done") == 1
    assert {stage["stage"]: stage["source"] for stage in told}["stop_requested"] == "owner"
    assert {stage["stage"]: stage["source"] for stage in told}["ended"] == "charger"
    curve = owner.meter_values(session_id).expect(200)["meterValues"]
    assert len(curve) >= 2
    assert curve[0]["energyWh"] == 0


def test_five_taps_at_once_are_one_stop(stack: LocalStack, owner: DriverApi, fresh_charger: FreshChargers) -> None:
    charger = fresh_charger()
    session_id = charging(owner, charger)
    charger.hold("before")  # so that all five arrive while the first is under way
    together = threading.Barrier(5)

    def tap(_: int) -> tuple[int, Any, Any, Any]:
        with stack.api() as app:
            together.wait()
            answer = app.stop(session_id)
            stop = answer.body["stop"]
            return answer.status, answer.body["status"], stop["intentId"], stop["requestedAt"]

    with ThreadPoolExecutor(5) as drivers:
        answers = list(drivers.map(tap, range(5)))

    assert len(set(answers)) == 1
    assert answers[0][:2] == (202, "stopping")
    charger.await_held("stop")
    charger.hold("off")
    session = ended(owner, session_id)
    assert session["stop"]["intentId"] == answers[0][2]
    assert charger.describe()["contactor_opens"] == 1
    assert stages(owner, session_id).count("stop_requested") == 1


def test_a_stop_is_one_record_write_and_one_shadow_write_and_later_taps_are_never_more(
    stack: LocalStack, owner: DriverApi, fresh_charger: FreshChargers
) -> None:
    charger = fresh_charger(through_proxy=True)
    session_id = charging(owner, charger)
    assert charger.proxy is not None
    charger.proxy.stall()  # the charger must not answer while we count

    with stack.counted_calls() as first:
        owner.stop(session_id).expect(202)
    with stack.counted_calls() as again:
        owner.stop(session_id).expect(202)
    time.sleep(2.1)  # the resend time of the rule, on the real clock
    with stack.counted_calls() as later:
        assert "preference-applied" in owner.stop(session_id, wait_s=1).headers
        assert "preference-applied" not in owner.stop(session_id, wait_s=1).headers  # within those two seconds

    assert first.of("stop_session") == Counter({"UpdateItem": 1, "POST.iot-data": 1})
    assert again.of("stop_session") == Counter({"UpdateItem": 1})
    waited = later.of("stop_session")
    assert waited.pop("GetItem") > 0
    assert waited == Counter({"UpdateItem": 2, "POST.iot-data": 1})
    charger.proxy.restore()
    ended(owner, session_id)
    assert charger.describe()["contactor_opens"] == 1


def test_keep_charging_withdraws_a_stop_the_charger_has_not_heard(
    owner: DriverApi, fresh_charger: FreshChargers
) -> None:
    charger = fresh_charger(through_proxy=True)
    session_id = charging(owner, charger)
    assert charger.proxy is not None
    charger.proxy.cut()
    assert owner.stop(session_id).expect(202)["stop"]["withdrawable"] is True

    kept = owner.withdraw(session_id).expect(202)

    assert (kept["status"], kept["stop"]["status"]) == ("active", "withdrawn")
    before = charger.shadow_version()
    charger.proxy.restore()
    awaited(lambda: {"heard": charger.shadow_version() > before}, "the charger is back", heard=True)
    assert charger.shadow()["state"]["reported"]["session"][0]["state"] == "charging"
    assert charger.describe()["contactor_opens"] == 0
    assert owner.stop(session_id, wait_s=5).expect(200)["end"]["reason"] == "Remote"
    refused = owner.withdraw(session_id)
    assert (refused.status, refused.body["code"]) == (409, "session_not_active")


def test_stopping_one_connector_leaves_the_other_alone(
    owner: DriverApi, neighbour: DriverApi, fresh_charger: FreshChargers
) -> None:
    charger = fresh_charger(evses=2)
    mine, theirs = charging(owner, charger, 1), charging(neighbour, charger, 2)

    owner.stop(mine, wait_s=5).expect(200)

    assert session_of(neighbour, theirs)["status"] == "active"
    assert charger.describe(2)["contactor_closed"] is True
    assert charger.describe(2)["contactor_opens"] == 0
