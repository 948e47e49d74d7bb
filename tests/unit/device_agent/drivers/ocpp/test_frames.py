from __future__ import annotations

import pytest
from ocpp.exceptions import InternalError
from ocpp.messages import Call as TheirCall
from ocpp.messages import unpack as their_unpack

from device_agent.drivers.ocpp.frames import Call, CallError, CallResult, unpack


def test_what_is_packed_is_what_the_ocpp_package_packs_and_reads() -> None:
    call, theirs = Call("7", "Heartbeat", {"a": [1]}), TheirCall("7", "Heartbeat", {"a": [1]})
    assert call.to_json() == theirs.to_json()
    error = InternalError("no")
    assert call.create_call_error(error).to_json() == theirs.create_call_error(error).to_json()
    assert call.create_call_result({"b": 2}).to_json() == theirs.create_call_result({"b": 2}).to_json()
    assert their_unpack(call.to_json()).payload == {"a": [1]}


@pytest.mark.parametrize(
    ("raw", "frame"),
    [
        ('[2,"1","Heartbeat",{}]', Call("1", "Heartbeat", {})),
        ('[3,"1",{"status":"Accepted"}]', CallResult("1", {"status": "Accepted"})),
        ('[4,"1","InternalError","why",{}]', CallError("1", "InternalError", "why", {})),
        ('[4,"1","InternalError",""]', CallError("1", "InternalError", "")),
        ('[2,5,null,"x"]', Call(5, None, "x")),
    ],
)
def test_a_frame_is_read_whatever_its_elements_are(raw: str, frame: Call | CallResult | CallError) -> None:
    assert unpack(raw) == frame
    assert unpack(raw.encode()) == frame


@pytest.mark.parametrize(
    "raw",
    ["", "{", "{}", "[]", "7", "[2]", '[2,"1","Heartbeat"]', "[3]", '[9,"1",{}]', '[2,"1","A",{},{}]', b"\xff\xfe["],
)
def test_what_is_no_frame_is_a_value_error(raw: str | bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        unpack(raw)
