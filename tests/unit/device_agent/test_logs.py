from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from device_agent import logs
from device_agent.logs import JournaldLines, JsonLines


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


def test_for_journald_the_priority_stands_before_the_line() -> None:
    record = logging.makeLogRecord({"msg": "link lost", "levelname": "WARNING"})
    text = JournaldLines().format(record)
    assert text.startswith('<4>{"at"')


def test_journald_reads_a_stream_only_if_that_very_file_is_named(tmp_path: Path) -> None:
    with (tmp_path / "err").open("w") as stream:
        file = os.fstat(stream.fileno())
        assert logs.read_by_journald(stream, {"JOURNAL_STREAM": f"{file.st_dev}:{file.st_ino}"})
        assert not logs.read_by_journald(stream, {"JOURNAL_STREAM": f"{file.st_dev}:{file.st_ino + 1}"})
        assert not logs.read_by_journald(stream, {})


@pytest.fixture
def _logging_as_before() -> Iterator[None]:
    root, ours, ocpp = logging.getLogger(), logging.getLogger("device_agent"), logging.getLogger("ocpp")
    before = root.handlers[:], root.level, ours.level
    hook = sys.excepthook
    yield
    sys.excepthook = hook
    root.handlers[:], root.level, ours.level = before
    ocpp.propagate, ocpp.handlers[:] = True, []


@pytest.mark.usefixtures("_logging_as_before")
def test_of_libraries_only_warnings_are_logged_and_of_ocpp_nothing_as_it_repeats_card_numbers(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.to_stderr("DEBUG")
    logging.getLogger("device_agent.link").debug("ours")
    logging.getLogger("websockets.server").debug("> Authorization: Basic c2VjcmV0")
    logging.getLogger("websockets.server").warning("theirs")
    logging.getLogger("ocpp").error("Error while handling request %s", '{"idTag": "04A2B3C4"}')
    told = [json.loads(text)["message"] for text in capsys.readouterr().err.splitlines()]
    assert told == ["ours", "theirs"]


@pytest.mark.usefixtures("_logging_as_before")
def test_what_ends_the_process_is_one_line_as_any_other(capsys: pytest.CaptureFixture[str]) -> None:
    logs.to_stderr("INFO")
    sys.excepthook(RuntimeError, RuntimeError("a defect"), None)
    (text,) = capsys.readouterr().err.splitlines()
    told = json.loads(text)
    assert (told["level"], told["message"]) == ("critical", "ended by a defect")
    assert told["exception"].endswith("RuntimeError: a defect")


NOON = 1_795_348_800.0
