"""Starts the AWS emulator, with a few shims where it differs from AWS in what it lets in.

Run by the emulator's own interpreter (`.tools/emulator`), so it imports nothing of this repository. Its settings are
the environment variables that `local.emulator` gives it.
"""

from __future__ import annotations

import json
import secrets
import ssl
import sys
import threading
import time
from asyncio.base_events import BaseEventLoop
from http import HTTPStatus
from typing import Any

import ministack.app  # type: ignore[import-not-found]  # lives in the emulator's own environment
from ministack.core import iam_evaluator  # type: ignore[import-not-found]  # the same
from ministack.services import iot, lambda_svc  # type: ignore[import-not-found]  # the same


def listen_on_loopback_only() -> None:
    """Open no server to the network; the MQTT listener asks for every interface, and no setting changes that."""
    create_server = BaseEventLoop.create_server

    async def create_loopback_server(
        loop: BaseEventLoop, protocol_factory: Any, _host: Any = None, port: Any = None, **options: Any
    ) -> Any:
        options.pop("host", None)
        given = {} if options.get("sock") else {"host": "127.0.0.1", "port": port}
        return await create_server(loop, protocol_factory, **given, **options)

    BaseEventLoop.create_server = create_loopback_server  # type: ignore[assignment,method-assign]  # that is the shim


def require_client_certificates() -> None:
    """Make the MQTT listener refuse a client without a certificate, as AWS IoT does; the emulator lets it in."""
    build_context = iot._mtls_build_ssl_context  # noqa: SLF001  # the emulator has no setting for it

    def build_strict_context() -> ssl.SSLContext:
        context: ssl.SSLContext = build_context()
        context.verify_mode = ssl.CERT_REQUIRED
        return context

    iot._mtls_build_ssl_context = build_strict_context  # noqa: SLF001  # the same


def take_loopback_for_tls() -> None:
    """Let policies that deny plain HTTP pass, as CDK's own staging bucket has one: loopback stands in for TLS here."""
    resolve = iam_evaluator._resolve_condition_key  # noqa: SLF001  # the emulator has no setting for it

    def resolve_condition_key(key: str, context: Any) -> Any:
        return "true" if key.lower() == "aws:securetransport" else resolve(key, context)

    iam_evaluator._resolve_condition_key = resolve_condition_key  # noqa: SLF001  # the same


def read_streams_beside_queues() -> None:
    """Read streams on a thread of their own, as AWS does; the emulator lets queues wait for a stream's function."""
    poll, asked = lambda_svc._poll_dynamodb_streams, threading.Event()  # noqa: SLF001  # no setting

    def ask() -> bool:
        asked.set()
        return False

    def read() -> None:
        while asked.wait():
            asked.clear()
            try:
                while poll():
                    pass
            except Exception as error:  # noqa: BLE001  # as the emulator's own loop does: the next poll may do better
                print(f"streams were not read: {error!r}", file=sys.stderr)

    lambda_svc._poll_dynamodb_streams = ask  # noqa: SLF001  # the same
    # Its loop, woken by a write and finding no message, would not look at the queues for ten times as long.
    lambda_svc._ESM_IDLE_WAKE_GAP_SECONDS = 0.005  # noqa: SLF001  # the same
    threading.Thread(target=read, daemon=True).start()


def sign_requests_over_mqtt() -> None:
    """Have the broker answer CreateCertificateFromCsr, as AWS IoT does; the emulator knows it over HTTP only."""
    topic = "$aws/certificates/create-from-csr/json"
    parse, answer = iot._parse_fleet_provisioning_topic, iot._fleet_provisioning_reply  # noqa: SLF001  # no setting

    def parse_more(given: str) -> Any:
        return ("create-from-csr", None) if given == topic else parse(given)

    async def answer_more(account_id: str, region: str, operation: str, *rest: Any) -> Any:
        if operation != "create-from-csr":
            return await answer(account_id, region, operation, *rest)
        _template, payload, _connection = rest
        with iot.request_scope(account_id, region):
            return _sign(payload)

    iot._parse_fleet_provisioning_topic = parse_more  # noqa: SLF001  # the same
    iot._fleet_provisioning_reply = answer_more  # noqa: SLF001  # the same


def _sign(payload: bytes) -> tuple[str, dict[str, Any]]:
    """A certificate that waits for the template, and the token that stands for it, as for keys that the cloud makes."""
    try:
        request = json.loads(payload)
    except ValueError:
        request = None
    if not isinstance(request, dict):
        return iot._fleet_rejected("InvalidPayload", "Message cannot be parsed")  # type: ignore[no-any-return]  # noqa: SLF001
    status, _headers, body = iot._create_certificate_from_csr(request, {})  # noqa: SLF001  # the HTTP API's own
    made = json.loads(body)
    if status != HTTPStatus.OK:
        return iot._fleet_rejected("InvalidCertificateSigningRequest", str(made.get("message")))  # type: ignore[no-any-return]  # noqa: SLF001
    certificate_id, token = made["certificateId"], secrets.token_urlsafe(48)
    iot._certificates[certificate_id] |= {"status": "PENDING_ACTIVATION"}  # noqa: SLF001  # as its own reply does
    expiration = time.time() + iot._OWNERSHIP_TOKEN_SECONDS  # noqa: SLF001
    iot._ownership_tokens[token] = {"certificateId": certificate_id, "expiration": expiration}  # noqa: SLF001
    issued = {"certificateId": certificate_id, "certificatePem": made["certificatePem"]}
    return "accepted", issued | {"certificateOwnershipToken": token}


if __name__ == "__main__":
    listen_on_loopback_only()
    require_client_certificates()
    take_loopback_for_tls()
    sign_requests_over_mqtt()
    read_streams_beside_queues()
    # The stack's folder is on the command line for whoever reads the process list; the emulator knows no such argument.
    del sys.argv[1:]
    ministack.app.main()
