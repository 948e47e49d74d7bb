from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from local.page.line import Line, SilentError, UnreachableError
from local.ports import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Iterator

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
HANG_UP, STAY_SILENT = b"", None


@contextmanager
def server(*connections: list[bytes | None]) -> Iterator[tuple[str, list[int]]]:
    """Serves one connection after another; each answers so many requests with what its list says, then hangs up."""
    served: list[int] = []
    done = threading.Event()
    with socket.create_server((LOOPBACK, 0)) as listening:
        listening.settimeout(10)

        def serve() -> None:
            for number, answers in enumerate(connections):
                connection, _ = listening.accept()
                with connection:
                    for answer in answers:
                        if not connection.recv(65536):
                            break
                        served.append(number)
                        if answer is STAY_SILENT:
                            done.wait(10)
                        else:
                            connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://{LOOPBACK}:{listening.getsockname()[1]}", served
        finally:
            done.set()
            thread.join()


def test_one_connection_carries_many_calls() -> None:
    with server([OK, OK, OK]) as (address, served):
        line = Line(address)
        assert [line.ask("POST", "/", {}).body for _ in range(3)] == [b"ok"] * 3
        line.close()
    assert served == [0, 0, 0]


def test_a_connection_that_the_other_side_has_closed_meanwhile_is_opened_again_before_a_tap_is_sent() -> None:
    with server([OK], [OK]) as (address, served):
        line = Line(address)
        line.ask("POST", "/", {})
        while line._is_open():
            pass
        assert line.ask("POST", "/", {}).status == 200
        line.close()
    assert served == [0, 1]


def test_a_reading_call_on_a_line_that_breaks_is_made_again() -> None:
    with server([OK, HANG_UP], [OK]) as (address, served):
        line = Line(address)
        line.ask("GET", "/", {})
        assert line.ask("GET", "/", {}).status == 200
        line.close()
    assert served == [0, 0, 1]


def test_a_tap_that_may_have_arrived_is_not_sent_again() -> None:
    with server([OK, HANG_UP]) as (address, served):
        line = Line(address)
        line.ask("POST", "/", {})
        with pytest.raises(UnreachableError):
            line.ask("POST", "/", {})
    assert served == [0, 0]


def test_who_does_not_answer_in_time_is_silent_and_nothing_is_sent_again() -> None:
    with server([STAY_SILENT]) as (address, served), pytest.raises(SilentError):
        Line(address, timeout_s=0.1).ask("GET", "/", {})
    assert served == [0]


def test_where_nobody_listens_nobody_is_reached() -> None:
    with socket.create_server((LOOPBACK, 0)) as listening:
        address = f"http://{LOOPBACK}:{listening.getsockname()[1]}"
    with pytest.raises(UnreachableError):
        Line(address).ask("GET", "/", {})
