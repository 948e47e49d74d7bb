from __future__ import annotations

import json
import logging
import sys

from device_agent.logs import JsonLines


def line(**extra: object) -> dict[str, object]:
    record = logging.makeLogRecord({"msg": "link %s", "args": ("up",), "levelname": "INFO", "name": "agent"} | extra)
    found: dict[str, object] = json.loads(JsonLines().format(record))
    return found


def test_a_line_is_one_json_object_with_what_was_given() -> None:
    found = line(evse=1, created=NOON)
    assert found == {"at": NOON, "level": "info", "from": "agent", "message": "link up", "evse": 1}


def test_an_exception_is_in_its_line() -> None:
    try:
        int("no")
    except ValueError:
        found = line(exc_info=sys.exc_info())
    assert "ValueError: invalid" in str(found["exception"])


NOON = 1_795_348_800.0
