"""What the change of a session's record means to subscribers."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from typing import Any

import jsonschema
import pytest

from contract.vocabulary import EndMethod, EndReason, RequestedBy
from functions.adapters.memory_events import MemoryBus
from functions.domain.errors import TemporaryError
from functions.domain.event_documents import KINDS, event_schema_texts
from functions.domain.records import Confidence, EndBasis, EndRecord, IntentRecord, IntentStatus, SessionPhase
from functions.domain.records import SessionRecord as Record
from functions.domain.telling import Telling, events_between
from tests.support import builders
from tests.support.builders import CHARGER, OWNER, SESSION, STOP_INTENT
from tests.support.clock import NOON_MS
from tests.support.cloud import Cloud

NOON = "2026-11-22T12:00:00Z"
ABOUT = {"v": 1, "sessionId": SESSION, "chargerId": CHARGER, "evseId": 1, "owner": OWNER}
ACTIVE = builders.active_session()
CONCLUDED = EndRecord(
    reason=EndReason.OTHER,
    method=EndMethod.ESTIMATED,
    at_ms=NOON_MS,
    received_at_ms=NOON_MS + 900_000,
    meter_wh=8200,
    basis=EndBasis.LAST_SAMPLE,
    confidence=Confidence.MEDIUM,
)
GUESSED = EndRecord(
    reason=EndReason.POWER_LOSS, method=EndMethod.ESTIMATED, at_ms=NOON_MS, received_at_ms=NOON_MS, meter_wh=8200
)
REPORTED = replace(GUESSED, reason=EndReason.REMOTE, method=EndMethod.REPORTED)


def ended(end: EndRecord, **changes: Any) -> Record:
    return builders.active_session(phase=SessionPhase.ENDED, end=end, **changes)


def told(old: Record | None, new: Record) -> dict[str, dict[str, Any]]:
    """The events of a change by kind, as they go on the bus; each fits its published schema."""
    found = {}
    for event in events_between(old, new):
        jsonschema.validate(event.to_detail(), json.loads(event_schema_texts()[f"{event.KIND}.v1.json"]))
        found[event.KIND] = event.to_detail()
    return found


def test_a_session_that_began_is_told_with_its_register() -> None:
    began = ABOUT | {"eventId": f"{SESSION}:started", "at": NOON, "startedBy": "app", "startMeterWh": 1000}
    assert told(builders.pending_session(), ACTIVE) == {"session.started": began}


def test_a_session_that_began_with_nobodys_card_is_told_without_owner_or_card() -> None:
    card = builders.card_session(owner="")
    (event,) = told(None, card).values()
    assert event["startedBy"] == "card"
    assert "owner" not in event
    assert builders.CARD not in json.dumps(event)


def test_a_session_that_ended_is_told_with_its_figures_and_by_whom_it_was_stopped() -> None:
    stop = builders.stop_intent(by=RequestedBy.AUTOMATIC, why="target_energy", status=IntentStatus.EXECUTING)
    stopping = builders.active_session(stop=stop)
    assert told(stopping, ended(REPORTED, stop=stop)) == {
        "session.stopped": ABOUT
        | {
            "eventId": f"{SESSION}:stopped:reported",
            "at": NOON,
            "startedAt": NOON,
            "energyWh": 7200,
            "reason": "Remote",
            "method": "reported",
            "stoppedBy": "automatic",
            "rule": "target_energy",
        }
    }


def test_what_an_operator_wrote_and_what_is_not_known_is_not_told() -> None:
    stop = builders.stop_intent(by=RequestedBy.OPERATOR, why="Mr. Smith called", status=IntentStatus.DONE)
    end = told(ACTIVE, ended(REPORTED, stop=stop, start_meter_wh=None, started_at_ms=None))["session.stopped"]
    assert end["stoppedBy"] == "operator"
    assert not {"rule", "energyWh", "startedAt", "corrects"} & set(end)


def test_a_session_that_the_cloud_concludes_is_told_as_an_estimate() -> None:
    closed = told(ACTIVE, ended(CONCLUDED))
    assert set(closed) == {"session.closed_estimated"}
    event = closed["session.closed_estimated"]
    assert event["eventId"] == f"{SESSION}:closed_estimated:{NOON_MS + 900_000}"
    assert (event["basis"], event["confidence"], event["energyWh"]) == ("last_sample", "medium", 7200)


def test_the_chargers_word_corrects_the_estimate_by_name() -> None:
    concluded = told(ACTIVE, ended(CONCLUDED))["session.closed_estimated"]
    guess = told(ended(CONCLUDED), ended(GUESSED, superseded_end=CONCLUDED))["session.stopped"]
    word = told(ended(GUESSED), ended(REPORTED, superseded_end=GUESSED))["session.stopped"]
    assert (guess["corrects"], guess["method"]) == (concluded["eventId"], "estimated")
    assert (word["corrects"], word["method"]) == (guess["eventId"], "reported")
    assert len({concluded["eventId"], guess["eventId"], word["eventId"]}) == 3


def test_a_session_that_goes_on_after_all_takes_the_estimate_back_and_may_be_closed_anew() -> None:
    open_again = builders.active_session(superseded_end=CONCLUDED, reopened_at_ms=NOON_MS + 1_000_000)
    reopened = told(ended(CONCLUDED), open_again)
    assert set(reopened) == {"session.reopened"}
    first = told(ACTIVE, ended(CONCLUDED))["session.closed_estimated"]
    assert reopened["session.reopened"]["corrects"] == first["eventId"]
    again = told(open_again, ended(replace(CONCLUDED, received_at_ms=NOON_MS + 9_000_000)))
    assert again["session.closed_estimated"]["eventId"] != first["eventId"]


def test_a_late_sample_that_moves_an_estimate_along_is_not_told() -> None:
    assert told(ended(CONCLUDED), ended(replace(CONCLUDED, at_ms=NOON_MS + 5, meter_wh=9000))) == {}


def stopping(**changes: Any) -> Record:
    return builders.stopping_session(stop=builders.stop_intent(**changes))


def test_an_overdue_stop_is_told_once_for_each_stop() -> None:
    overdue = told(stopping(), stopping(overdue_at_ms=NOON_MS))
    assert overdue == {
        "stop.overdue": ABOUT
        | {
            "eventId": f"{SESSION}:stop_overdue:{STOP_INTENT}",
            "at": NOON,
            "intentId": STOP_INTENT,
            "requestedBy": "owner",
        }
    }
    assert told(stopping(overdue_at_ms=NOON_MS), stopping(overdue_at_ms=NOON_MS, reason="x")) == {}


@pytest.mark.parametrize(("status", "outcome"), [(IntentStatus.FAILED, "failed"), (IntentStatus.REFUSED, "refused")])
def test_a_stop_that_the_charger_did_not_carry_out_is_told_with_its_reason(status: IntentStatus, outcome: str) -> None:
    failed = stopping(status=status, reason="power_still_flowing", settled_at_ms=NOON_MS)
    (event,) = told(stopping(), failed).values()
    assert event["eventId"] == f"{SESSION}:stop_failed:{STOP_INTENT}"
    assert (event["outcome"], event["reason"], event["intentId"]) == (outcome, "power_still_flowing", STOP_INTENT)


def test_a_failed_stop_that_a_new_one_follows_is_not_told_again_and_the_new_one_is_its_own() -> None:
    failed = builders.stop_intent(status=IntentStatus.FAILED, settled_at_ms=NOON_MS)
    new = builders.stop_intent(intent_id="01JD00000000000000000000ZZ")
    renewed = builders.stopping_session(stop=new, past_stops=(failed,))
    assert told(builders.stopping_session(stop=failed), renewed) == {}
    late = replace(new, status=IntentStatus.FAILED, settled_at_ms=NOON_MS)
    assert told(renewed, replace(renewed, stop=late))["stop.failed"]["intentId"] == new.intent_id


def test_an_answer_to_an_earlier_stop_is_told_as_well() -> None:
    def with_past(stop: IntentRecord) -> Record:
        return builders.active_session(past_stops=(stop,), stop=builders.stop_intent(intent_id="x"))

    withdrawn = builders.stop_intent(status=IntentStatus.WITHDRAWN)
    failed = replace(withdrawn, status=IntentStatus.FAILED, settled_at_ms=NOON_MS)
    assert set(told(with_past(withdrawn), with_past(failed))) == {"stop.failed"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (None, builders.pending_session()),
        (ACTIVE, ACTIVE),
        (ACTIVE, replace(ACTIVE, meter_wh=9000, as_of_ms=NOON_MS + 5)),
        (ACTIVE, builders.stopping_session()),
        (stopping(), stopping(status=IntentStatus.DONE, settled_at_ms=NOON_MS)),
        (stopping(), stopping(status=IntentStatus.WITHDRAWN, settled_at_ms=NOON_MS)),
        (ended(REPORTED), ended(REPORTED, cable_free_at_ms=NOON_MS)),
        (ended(REPORTED), ended(REPORTED, owner="")),
    ],
    ids=["asked for", "nothing", "sample", "tap", "done", "withdrawn", "cable free", "account deleted"],
)
def test_what_is_nobodys_business_is_not_told(old: Record | None, new: Record) -> None:
    assert told(old, new) == {}


def test_what_happened_at_once_is_told_at_once() -> None:
    """A charger was offline from the beginning to the end, and its events came together."""
    assert set(told(builders.pending_session(), ended(REPORTED))) == {"session.started", "session.stopped"}


def test_the_same_change_makes_the_same_events_however_often_it_is_delivered() -> None:
    bus = MemoryBus()
    for _ in range(3):
        Telling(bus).tell(ACTIVE, ended(REPORTED))
    assert len(bus.told) == 3
    assert len({event.model_dump_json() for event in bus.told}) == 1


def test_a_bus_that_takes_nothing_is_a_temporary_error_and_a_change_without_meaning_does_not_ask_it() -> None:
    bus = MemoryBus(failing_with=TemporaryError("unavailable"))
    assert Telling(bus).tell(ACTIVE, ACTIVE) == []
    with pytest.raises(TemporaryError):
        Telling(bus).tell(ACTIVE, ended(REPORTED))


def test_a_whole_life_in_the_cloud_is_told_once_each(cloud: Cloud) -> None:
    """Every write of a session as the stream has it: an overdue stop, an estimate, its correction."""
    seen: list[Record | None] = [None]

    def watch() -> None:
        if cloud.memory.sessions and seen[-1] != cloud.session():
            seen.append(cloud.session())

    def hear(kind: str, seq: int, **changes: Any) -> None:
        cloud.hear(builders.event_message(builders.event(kind, seq, **changes)))
        watch()

    cloud.keep(builders.pending_session())
    watch()
    hear("started", 0)
    hear("meter", 1, meterWh=8200)
    cloud.stopping.stop(SESSION, owner=OWNER)
    watch()
    for seconds in (20, 2 * 24 * 3600):
        cloud.clock.pass_s(seconds)
        cloud.sweeping.sweep()
        watch()
    hear("ended", 2, meterWh=8300)
    kinds = [event.KIND for old, new in pairwise(seen) if new for event in events_between(old, new)]
    assert kinds == ["session.started", "stop.overdue", "session.closed_estimated", "session.stopped"]


def test_every_kind_has_a_schema_and_says_what_its_fields_mean() -> None:
    texts = event_schema_texts()
    assert set(texts) == {f"{kind.KIND}.v1.json" for kind in KINDS}
    for text in texts.values():
        schema = json.loads(text)
        assert schema["description"]
        assert {"eventId", "at", "sessionId", "chargerId", "evseId"} <= set(schema["required"])
        assert schema.get("additionalProperties", True), "a reader that checks must not trip over a new field"
