"""What the page's server answers to what: files, settings, sign-in, and the API behind `/v1/`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from infra.page import ROOT, SECURITY_HEADERS, content_security_policy
from local.page.files import serve_file
from local.page.forward import PREFIX, forward
from local.page.messages import FOREIGN_HOST, WRONG_METHOD, Answer, Request, document, problem
from local.page.sign_in import PATHS, SignIn

if TYPE_CHECKING:
    from pathlib import Path

    from local.page.line import Line

EVERY_ANSWER = {**SECURITY_HEADERS, "content-security-policy": content_security_policy()}
HOSTS = ("127.0.0.1", "localhost")
READING = ("GET", "HEAD")


@dataclass(frozen=True)
class DriverPage:
    """The page of one local stack."""

    port: int
    api_host: str
    client_id: str
    drivers: tuple[str, ...]
    root: Path = ROOT

    def answer(self, request: Request, emulator: Line) -> Answer:
        """The answer to any request, with the headers that every answer has."""
        answer = self._route(request, emulator)
        return Answer(answer.status, {**EVERY_ANSWER, **answer.headers}, answer.body)

    def _route(self, request: Request, emulator: Line) -> Answer:
        path = request.path
        if request.headers.get("host", "") not in {f"{host}:{self.port}" for host in HOSTS}:
            # A foreign name that resolves to this machine would make a foreign site the page's own origin.
            return problem(FOREIGN_HOST, "the Host header names another server")
        if path.startswith(PREFIX):
            return forward(request, emulator, self.api_host)
        if path in PATHS:
            return SignIn(self.client_id).answer(request, emulator)
        if request.method not in READING:
            return problem(WRONG_METHOD, request.method, allow=", ".join(READING))
        if path == "/config.json":
            return document({"auth": {"kind": "local", "drivers": list(self.drivers), "clientId": self.client_id}})
        return serve_file(self.root, path, request.headers.get("if-none-match", ""))
