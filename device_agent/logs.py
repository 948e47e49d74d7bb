"""Log lines as JSON objects on stderr, one a line, for whatever collects them.

Under systemd each line begins with its priority, `<4>` for a warning (sd-daemon(3)), so that `journalctl -p warning`
finds it. Of the libraries only warnings are logged, and of `ocpp` nothing: it repeats whole messages with the card
numbers in them. What matters of it is logged by us, in words of our own.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Any, TextIO

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

_PRIORITIES = {"DEBUG": 7, "INFO": 6, "WARNING": 4, "ERROR": 3, "CRITICAL": 2}
"""As syslog numbers them."""

OURS = "device_agent"
"""The logger of which all of ours are children."""

TOO_TALKATIVE = "ocpp"
"""The library's logger that repeats messages of the charger."""


class JsonLines(logging.Formatter):
    """Time, level, logger, message, and whatever was given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        line: dict[str, Any] = {
            "at": round(record.created, 3),
            "level": record.levelname.lower(),
            "from": record.name,
            "message": record.getMessage(),
        }
        line |= {key: value for key, value in vars(record).items() if key not in _STANDARD}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class JournaldLines(JsonLines):
    """The same with the priority before each line."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        return f"<{_PRIORITIES.get(record.levelname, 6)}>{super().format(record)}"


def to_stderr(level: str) -> None:
    """Send the log lines of this process to stderr: ours from `level` on, those of libraries from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JournaldLines() if read_by_journald(sys.stderr, os.environ) else JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger(OURS).setLevel(level)
    sys.excepthook = _uncaught
    logging.getLogger(TOO_TALKATIVE).propagate = False
    logging.getLogger(TOO_TALKATIVE).addHandler(logging.NullHandler())


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What ends the process is a line like any other."""
    logging.getLogger(OURS).critical("ended by a defect", exc_info=(kind, error, trace))


def read_by_journald(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether what is written to this stream goes to systemd's journal; `JOURNAL_STREAM` names the file it reads."""
    try:
        file = os.fstat(stream.fileno())
    except (OSError, ValueError):  # no file behind it
        return False
    return environ.get("JOURNAL_STREAM") == f"{file.st_dev}:{file.st_ino}"
