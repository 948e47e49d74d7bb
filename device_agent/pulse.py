"""Signs of life for those outside: systemd's watchdog, and the file that `charger-agent status` reads.

The agent's loop calls `beat` after every turn that succeeded, and after no other: if its turns fail or one of them
hangs, systemd hears nothing more and starts the agent afresh.
"""

from __future__ import annotations

import contextlib
import json
import logging
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

STATUS_EVERY_S = 2.0
"""How old what `charger-agent status` shows may be; it lies in memory (/run), so that no flash wears out."""

BEATS_PER_WATCHDOG = 3
"""One lost beat is no reason to be restarted (sd_watchdog_enabled(3) asks for two or more)."""


class Systemd:
    """The way to tell systemd, if it started this process with `Type=notify` (sd_notify(3)); else nothing happens."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self.watchdog_s = int(environ.get("WATCHDOG_USEC", "0")) / 1e6 if address else 0.0
        """After so long without a beat the process is killed; 0 if nobody watches."""

    def tell(self, **fields: str) -> None:
        """Send `READY="1"` and the like. Trouble with it is systemd's to notice: the watchdog is there for that."""
        if not self._address:
            return
        text = "\n".join(f"{name}={value}" for name, value in fields.items())
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as to:
            try:
                to.connect(self._address)
                to.sendall(text.encode())
            except OSError as error:
                log.debug("systemd not told", extra={"why": str(error)})


class Pulse:
    """Tells systemd and writes the status file, each as often as it needs it."""

    def __init__(self, systemd: Systemd, status_file: Path | None, mono_s: Callable[[], float]) -> None:
        self._systemd, self._file, self._mono_s = systemd, status_file, mono_s
        self._watchdog_due_s = self._status_due_s = float("-inf")
        self._ready = self._complained = False
        self._said = ""

    def beat(self, status: Callable[[], Mapping[str, Any]]) -> None:
        """A turn has succeeded; `status` gives what the agent knows."""
        now_s = self._mono_s()
        if not self._ready:
            self._ready = True
            self._systemd.tell(READY="1")
        if self._systemd.watchdog_s and now_s >= self._watchdog_due_s:
            self._watchdog_due_s = now_s + self._systemd.watchdog_s / BEATS_PER_WATCHDOG
            self._systemd.tell(WATCHDOG="1")
        if now_s >= self._status_due_s:
            self._status_due_s = now_s + STATUS_EVERY_S
            self._show(status())

    def end(self) -> None:
        """The agent ends on purpose: what it said last is no longer so."""
        self._systemd.tell(STOPPING="1")
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.unlink()

    def _show(self, status: Mapping[str, Any]) -> None:
        if (said := in_short(status)) != self._said:
            self._said = said
            self._systemd.tell(STATUS=said)
        if self._file is None:
            return
        try:
            beside = self._file.with_name(f"{self._file.name}.new")
            beside.write_text(json.dumps(status))
            beside.replace(self._file)
        except OSError as error:
            if not self._complained:
                log.warning("status file cannot be written", extra={"why": str(error)})
            self._complained = True
            return
        if self._complained:
            log.info("status file can be written again")
        self._complained = False


def in_short(status: Mapping[str, Any]) -> str:
    """The status in one line."""
    link = "connected" if status["link"] else "not connected"
    evses = "; ".join(f"EVSE {each['id']} {each['evse'][0]['status']}" for each in status["evses"])
    return f"{link}; {evses}; {status['outbox']} events wait"
