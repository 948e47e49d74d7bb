"""A line to another HTTP server on this machine, kept open from one call to the next."""

from __future__ import annotations

import select
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from local.page.messages import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMEOUT_S = 30.0
"""Longer than the longest wait the API offers (`Prefer: wait=10`) and a cold start together."""

REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS"})


class UnreachableError(Exception):
    """The other side is not there, or hung up before it answered."""


class SilentError(Exception):
    """The other side took the call and did not answer in time."""


class Line:
    """One connection, for one thread. Opening one takes longer than a call on an open one."""

    def __init__(self, address: str, timeout_s: float = TIMEOUT_S) -> None:
        parts = urlsplit(address)
        self._connection = HTTPConnection(parts.hostname or "", parts.port, timeout=timeout_s)

    def close(self) -> None:
        """Hang up; the next call opens the line again."""
        self._connection.close()

    def ask(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """Call and wait for the answer, also for an error's.

        Raises:
            UnreachableError: nobody answers; a call that may have arrived is repeated only if that does no harm.
            SilentError: no answer within the timeout.
        """
        kept = self._is_open()
        try:
            return self._exchange(method, target, headers, body)
        except TimeoutError as error:
            self.close()
            raise SilentError(f"{method} {target}") from error
        except (OSError, HTTPException) as error:
            self.close()
            if not (kept and method in REPEATABLE):
                raise UnreachableError(f"{method} {target}: {type(error).__name__}") from error
        return self.ask(method, target, headers, body)

    def _is_open(self) -> bool:
        """Whether the line was open and still is: one that the other side has closed has something to read, its end."""
        socket = self._connection.sock
        if socket is None:
            return False
        readable, _, _ = select.select([socket], [], [], 0)
        if readable:
            self.close()
        return not readable

    def _exchange(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self._connection.request(method, target, body or None, dict(headers))
        with closing(self._connection.getresponse()) as response:
            told = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, told, response.read())
