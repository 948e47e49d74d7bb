"""What chargers say that cannot be taken in: to the dead letters with it, and no record is harmed."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from functions.domain.errors import ContractViolation
from tests.support import builders
from tests.support.builders import event, event_message, reported, shadow_message
from tests.support.clock import NOON_MS
from tests.support.cloud import Cloud

STARTED = event_message(event("started", 0))
METER = event_message(event("meter", 1))
ENDED = event_message(event("ended", 2))
ANSWER = shadow_message(reported(ack=builders.ack(), intent=builders.stop_wire()))


def violation(cloud: Cloud, body: str) -> str:
    before = (dict(cloud.memory.sessions), dict(cloud.memory.evses), dict(cloud.memory.samples))
    with pytest.raises(ContractViolation) as error:
        cloud.hear(body)
    assert (dict(cloud.memory.sessions), dict(cloud.memory.evses), dict(cloud.memory.samples)) == before
    return error.value.code


# What is not a document at all.


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not JSON",
        "[]",
        "null",
        "{}",
        '{"kind":"gossip"}',
        "[" * 5000,
        shadow_message(reported(), chargerId="PX 1"),
        shadow_message(reported(), version=-1),
        shadow_message(reported()).replace('"version": 10', '"version": null'),
        shadow_message(reported()).replace('"reported": {', '"reported": [{').replace("}]}}", "}]}]}"),
        shadow_message(reported(), padding="x" * 20_000),
        event_message(event("meter", 1), evse_id="0"),
        event_message(event("meter", 1), evse_id="33"),
        event_message(event("meter", 1), evse_id="one"),
        event_message(event("meter", 1), charger_id="../PX-0001"),
    ],
)
def test_what_is_not_a_document_breaks_the_contract_and_harms_no_record(cloud: Cloud, body: str) -> None:
    cloud.keep(builders.active_session())
    assert violation(cloud, body) == "invalid_document"


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff\xfe",
        b"not JSON",
        b"[]",
        b"[" * 1200,
        json.dumps(event("meter", 1, v=2)).encode(),
        json.dumps(event("meter", 1, meterWh="1000")).encode(),
        json.dumps(event("meter", 1, meterWh=-1)).encode(),
        json.dumps(event("meter", 1, meterWh=1.5)).encode(),
        json.dumps(event("meter", -1)).encode(),
        json.dumps(event("meter", 1, at=NOON_MS)).encode(),
        json.dumps(event("meter", 1, reason="Remote", method="reported")).encode(),
        json.dumps(event("meter", 1, sessionId="x" * 26)).encode(),
        json.dumps(event("ended", 1, reason="Boredom")).encode(),
        json.dumps(event("resurrected", 1)).encode(),
        json.dumps(event("meter", 1, meterWh=float("nan"))).encode(),
        json.dumps(event("meter", 1, padding="x" * 1000)).encode(),
    ],
)
def test_what_is_not_an_event_breaks_the_contract_and_harms_no_record(cloud: Cloud, payload: bytes) -> None:
    cloud.keep(builders.active_session())
    assert violation(cloud, event_message(payload)) == "invalid_event"


def test_a_payload_that_is_not_base64_breaks_the_contract(cloud: Cloud) -> None:
    body = json.loads(event_message(event("meter", 1))) | {"payload": "%%%"}
    assert violation(cloud, json.dumps(body)) == "invalid_event"


def test_a_payload_far_too_long_breaks_the_contract(cloud: Cloud) -> None:
    body = json.loads(event_message(event("meter", 1))) | {"payload": base64.b64encode(b" " * 4000).decode()}
    assert violation(cloud, json.dumps(body)) == "invalid_document"


def test_why_an_event_was_set_aside_is_told_without_what_was_in_it(cloud: Cloud) -> None:
    with pytest.raises(ContractViolation) as error:
        cloud.hear(event_message(event("meter", 1, idTokenHash="a-secret-card-number")))
    assert "idTokenHash" in error.value.detail
    assert "secret" not in error.value.detail


@pytest.mark.parametrize("document", [reported(v=2), reported(boot="WRONG"), reported(n=-1), {"v": 1}, {}])
def test_a_report_of_another_version_or_shape_breaks_the_contract(cloud: Cloud, document: dict[str, Any]) -> None:
    assert violation(cloud, shadow_message(document)) == "invalid_report"


@pytest.mark.parametrize("shadow", ["", "evse-0", "evse-x", "evse-100", "config", "evse-1 "])
def test_a_shadow_that_is_no_evses_breaks_the_contract(cloud: Cloud, shadow: str) -> None:
    assert violation(cloud, shadow_message(reported(), shadow=shadow)) == "invalid_document"


@pytest.mark.parametrize("previous", [{"previousN": "abc", "previousBoot": 5}, {"previousN": None}, {"previousN": []}])
def test_a_good_report_after_a_bad_one_is_taken(cloud: Cloud, previous: dict[str, Any]) -> None:
    assert cloud.hear(shadow_message(reported(), **previous)) == ["report"]


# Whose session it is.


@pytest.mark.parametrize("message", [STARTED, METER, ENDED], ids=["started", "meter", "ended"])
@pytest.mark.parametrize("place", [{"chargerId": "PX-0002"}, {"evse": "2"}], ids=["charger", "evse"])
def test_a_charger_cannot_speak_for_another_chargers_session(cloud: Cloud, message: str, place: dict[str, str]) -> None:
    """Scenario 6: one station could end another station's transaction."""
    cloud.keep(builders.active_session(), builders.evse(evse_id=2), builders.charger(charger_id="PX-0002"))
    cloud.keep(builders.evse(charger_id="PX-0002"))
    assert violation(cloud, json.dumps(json.loads(message) | place)) == "foreign_session"


def test_a_charger_cannot_answer_for_another_charger(cloud: Cloud) -> None:
    cloud.keep(builders.stopping_session(charger_id="PX-0002"))
    with pytest.raises(ContractViolation) as error:
        cloud.hear(ANSWER)
    assert error.value.code == "foreign_session"
    assert cloud.session() == builders.stopping_session(charger_id="PX-0002")


def test_a_session_nobody_knows_breaks_the_contract(cloud: Cloud) -> None:
    assert violation(cloud, ENDED) == "session_not_found"


def test_a_report_of_an_evse_nobody_knows_breaks_the_contract(cloud: Cloud) -> None:
    assert violation(cloud, shadow_message(reported(), shadow="evse-9")) == "evse_not_found"


def test_an_ack_beside_the_copy_of_another_intent_breaks_the_contract(cloud: Cloud) -> None:
    cloud.keep(builders.stopping_session())
    document = reported(ack=builders.ack(builders.START_INTENT), intent=builders.stop_wire())
    with pytest.raises(ContractViolation):
        cloud.hear(shadow_message(document))
    assert cloud.session() == builders.stopping_session()


def test_an_ack_of_an_intent_of_a_later_version_is_no_concern_of_this_release(cloud: Cloud) -> None:
    document = reported(ack=builders.ack(), intent=builders.stop_wire(act="dance"))
    assert cloud.hear(shadow_message(document)) == ["report"]
