"""Serves the driver's page of a running local stack: `python -m local.web_server --run-file .local/run.json`.

One origin for everything the page talks to, as CloudFront is when deployed: files, settings, sign-in, and the API.
Its log has a line per request: method, path, status, time taken. Never a header, a query or a body.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

from local.page.line import Line
from local.page.messages import BAD_REQUEST, TOO_LARGE, Answer, Request, problem
from local.page.routes import EVERY_ANSWER, DriverPage
from local.ports import LOOPBACK
from local.runfile import RunFile

if TYPE_CHECKING:
    from collections.abc import Sequence

BODY_MAX_BYTES = 16 * 1024
"""A sign-in or a start is a few hundred bytes; the longest thing a page sends is a refresh token of about 2 KB."""

BODILESS = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)


class PageServer(ThreadingHTTPServer):
    """A thread for each connection of a browser, of which it keeps six at most."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, page: DriverPage, emulator: str) -> None:
        self.page = page
        self.emulator = emulator
        super().__init__((LOOPBACK, page.port), PageHandler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that hangs up is no error."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # what we were given


class PageHandler(BaseHTTPRequestHandler):
    """HTTP on one connection of a browser, with its own line to the emulator."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else an answer of two packets waits for the browser's acknowledgement
    wbufsize = -1  # head and body leave together
    timeout = 75
    server: PageServer

    def version_string(self) -> str:
        """Who answers, and no versions."""
        return "polaris"

    def setup(self) -> None:
        """Open the connection's line."""
        super().setup()
        self._emulator = Line(self.server.emulator)

    def finish(self) -> None:
        """Hang up both."""
        self._emulator.close()
        super().finish()

    def answer_request(self) -> None:
        """Answer one request."""
        began = time.perf_counter()
        request = self._request()
        if isinstance(request, Answer):
            self.close_connection = True  # what was not read would be taken for the next request
            self._send(request)
        else:
            self._send(self.server.page.answer(request, self._emulator))
        took_ms = (time.perf_counter() - began) * 1000
        self.log_message("%s", f"{self.command} {self.path.partition('?')[0]} {self._status} {took_ms:.0f} ms")

    # The base class looks for a method per HTTP method.
    do_DELETE = do_GET = do_HEAD = do_OPTIONS = do_PATCH = do_POST = do_PUT = answer_request  # noqa: N815

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Answer what the base class cannot read, in the same shape as everything else."""
        self.close_connection = True
        # Before it has read a version it takes the browser for one of HTTP/0.9, which gets no head.
        self.request_version = self.protocol_version
        answer = problem(replace(BAD_REQUEST, http_status=code), message or HTTPStatus(code).phrase)
        self._send(Answer(answer.status, {**EVERY_ANSWER, **answer.headers}, answer.body))

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Nothing: the base class would log the query, where an answer's line has more to tell."""

    def _request(self) -> Request | Answer:
        """The request, or the refusal of one whose body we cannot take."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        length = headers.get("content-length", "0")
        if "transfer-encoding" in headers or not length.isascii() or not length.isdigit():
            refusal = problem(BAD_REQUEST, "a body needs a plain Content-Length")
        elif int(length) > BODY_MAX_BYTES:
            refusal = problem(TOO_LARGE, f"a body may have {BODY_MAX_BYTES} bytes")
        else:
            return Request(self.command, self.path, headers, self.rfile.read(int(length)))
        return Answer(refusal.status, {**EVERY_ANSWER, **refusal.headers}, refusal.body)

    def _send(self, answer: Answer) -> None:
        self._status = answer.status
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status not in BODILESS:
            self.send_header("content-length", str(len(answer.body)))
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        if self.command != "HEAD" and answer.status not in BODILESS:
            self.wfile.write(answer.body)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until ended."""
    parser = argparse.ArgumentParser(prog="python -m local.web_server", description=__doc__)
    parser.add_argument("--run-file", type=Path, required=True, help="run.json of the running stack")
    parser.add_argument("--port", type=int, default=8080, help="TCP port on the loopback interface (default 8080)")
    options = parser.parse_args(arguments)
    run = RunFile.load(options.run_file)
    page = DriverPage(
        port=options.port,
        api_host=run.api_host,
        client_id=run.client_id,
        drivers=tuple(driver.email for driver in run.drivers),
    )
    with PageServer(page, run.api_address) as server:
        print(f"The driver's page: http://{LOOPBACK}:{options.port}")
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
