"""Writers forbid what is undeclared, readers ignore it; what is declared is checked strictly by both."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contract.events import SessionEvent
from contract.intents import Desired, Intent, WatchHint
from contract.reports import Reported
from contract.wire import SHADOW_WRITE_MAX_BYTES, Wire
from tests.support import builders

FULL_REPORT = builders.reported(session=builders.reported_session(), ack=builders.ack(), intent=builders.stop_wire())
DOCUMENTS: list[tuple[type[Wire], dict[str, Any]]] = [
    (Desired, {"v": 1, "intent": [builders.start_wire()]}),
    (Reported, FULL_REPORT),
    (SessionEvent, builders.event("meter", 1, powerW=5)),
    (WatchHint, {"until": 5}),
]
NAMES = ["desired", "reported", "event", "watch"]


@pytest.mark.parametrize(("model", "document"), DOCUMENTS, ids=NAMES)
def test_a_reader_ignores_what_a_newer_writer_added(model: type[Wire], document: dict[str, Any]) -> None:
    assert model.read(document | {"colour": "green"}) == model.read(document)


@pytest.mark.parametrize(("model", "document"), DOCUMENTS, ids=NAMES)
def test_a_writer_adds_nothing_undeclared(model: type[Wire], document: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        model.model_validate_json(json.dumps(document | {"colour": "green"}))


def test_a_reader_ignores_additions_inside_groups_too() -> None:
    newer = builders.reported(evse=FULL_REPORT["evse"][0] | {"mood": "fine"})
    assert Reported.read(newer) == Reported.read(builders.reported())
    intent = builders.stop_wire(priority=9)
    assert Desired.read({"v": 1, "intent": [intent]}).intent[0] == Intent.read(builders.stop_wire())


@pytest.mark.parametrize(("model", "document"), DOCUMENTS, ids=NAMES)
def test_every_field_but_the_optional_ones_is_needed(model: type[Wire], document: dict[str, Any]) -> None:
    for name, field in model.model_fields.items():
        if field.is_required():
            without = {key: value for key, value in document.items() if key != (field.alias or name)}
            with pytest.raises(ValidationError):
                model.read(without)


@pytest.mark.parametrize(
    ("model", "document"),
    [
        (Desired, {"v": 2, "intent": [builders.stop_wire()]}),
        (Desired, {"v": "1", "intent": [builders.stop_wire()]}),
        (Desired, {"v": 1, "intent": []}),
        (Desired, {"v": 1, "intent": [builders.stop_wire(), builders.stop_wire()]}),
        (Desired, {"v": 1, "intent": builders.stop_wire()}),
        (Intent, builders.stop_wire(issuedAt="1795348800")),
        (Intent, builders.stop_wire(issuedAt=1795348800.5)),
        (Intent, builders.stop_wire(issuedAt=1795348800000)),
        (Intent, builders.stop_wire(issuedAt=True)),
        (Intent, builders.stop_wire(id="01jd000000000000000000000b")),
        (Intent, builders.stop_wire(id="81JD000000000000000000000B")),
        (Intent, builders.stop_wire(id=builders.STOP_INTENT + "\n")),
        (Intent, builders.stop_wire(act="dance")),
        (Intent, builders.stop_wire(by="The Neighbour")),
        (SessionEvent, builders.event("meter", 1, meterWh=-1)),
        (SessionEvent, builders.event("meter", 1, meterWh="1")),
        (SessionEvent, builders.event("meter", 1, meterWh=1_000_000_001)),
        (SessionEvent, builders.event("meter", 1, powerW=-1)),
        (SessionEvent, builders.event("meter", 1, transactionId="")),
        (SessionEvent, builders.event("meter", 1, transactionId="x" * 37)),
        (SessionEvent, builders.event("meter", 1, transactionId="a b")),
        (SessionEvent, builders.event("meter", 1, idTokenHash="04A2B3C4")),
        (SessionEvent, builders.event("meter", 10_000_001)),
        (Reported, builders.reported(boot="b7")),
        (Reported, builders.reported(boot="B7F3")),
        (Reported, builders.reported(n=2**53 + 1)),
        (Reported, builders.reported(evse={"status": "charging", "cable": "locked", "powerW": None})),
        (Reported, builders.reported(evse={"status": "charging", "cable": "locked", "powerW": 1, "error": "x" * 65})),
        (Reported, builders.reported(ack=builders.ack(reason="because"))),
    ],
)
def test_a_known_field_of_another_type_version_or_range_is_refused(model: type[Wire], document: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        model.read(document)


def test_what_is_absent_is_left_out_because_a_shadow_reads_null_as_delete() -> None:
    wire = Reported.read(builders.reported()).to_wire()
    assert set(wire) == {"v", "boot", "n", "evse", "agent"}
    assert "null" not in json.dumps(wire)
    assert "expiresAt" not in Intent.read(builders.stop_wire()).to_wire()


def test_a_document_is_frozen() -> None:
    intent = Intent.read(builders.stop_wire())
    with pytest.raises(ValidationError):
        intent.session_id = builders.OTHER_SESSION  # type: ignore[misc]  # what the test is about


@pytest.mark.parametrize(
    ("act", "expires", "right"),
    [
        ("start", True, True),
        ("start", False, False),
        ("stop", False, True),
        ("stop", True, False),
        ("keep", False, True),
        ("keep", True, False),
    ],
)
def test_only_a_start_expires_and_every_start_does(act: str, *, expires: bool, right: bool) -> None:
    document = builders.stop_wire(act=act) | ({"expiresAt": builders.NOON_S + 60} if expires else {})
    if right:
        assert Intent.read(document).to_wire() == document
    else:
        with pytest.raises(ValidationError):
            Intent.read(document)


WHY = {"reason": "Remote"}
HOW = {"method": "reported"}


@pytest.mark.parametrize(
    ("kind", "more", "right"),
    [
        ("started", {}, True),
        ("meter", {}, True),
        ("ended", WHY | HOW, True),
        ("ended", {}, False),
        *((kind, more, False) for kind in ("started", "meter") for more in (WHY, HOW, WHY | HOW)),
        *(("ended", more, False) for more in (WHY, HOW)),
    ],
)
def test_reason_and_method_belong_to_an_end_and_to_nothing_else(
    kind: str, more: dict[str, str], *, right: bool
) -> None:
    document = builders.event("meter", 1) | {"type": kind} | more
    if right:
        assert SessionEvent.read(document).to_wire() == document
    else:
        with pytest.raises(ValidationError):
            SessionEvent.read(document)


@given(st.integers(0, 2**53), st.integers(0, 1_000_000), st.text("0123456789abcdef", min_size=4, max_size=16))
def test_the_fullest_report_stays_below_a_kilobyte(n: int, power_w: int, boot: str) -> None:
    wire = Reported.read(
        builders.reported(
            n=n,
            boot=boot,
            evse={"status": "unavailable", "error": "e" * 64, "cable": "unplugged", "powerW": power_w},
            session=builders.reported_session(transactionId="t" * 36, state="suspended", energyWh=1_000_000_000),
            ack=builders.ack(status="executing", reason="charger_out_of_service"),
            intent=builders.start_wire(by="automatic"),
            agent={"version": "v" * 20, "driver": "d" * 20, "driverOk": False},
        )
    ).to_wire()
    assert len(json.dumps({"state": {"reported": wire}}, separators=(",", ":"))) <= SHADOW_WRITE_MAX_BYTES
