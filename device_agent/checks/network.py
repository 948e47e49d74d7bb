"""The way to the cloud, step by step: name, address, TLS, MQTT; and the clock, which TLS needs."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator

from device_agent.checks import Finding, broken, doubtful, fine
from device_agent.clock import CREDIBLE_SINCE_S, TRUSTED_S
from device_agent.paho_link import Broker
from device_agent.probe import ProbeFailed, shadow_round_trip

WITHIN_S = 10.0
"""A slow mobile network needs three."""

SET_CLOCK = "set it: timedatectl set-ntp true, or timedatectl set-time 'YYYY-MM-DD hh:mm:ss' where NTP is blocked"


def clock(now_s: float, off_s: float | None) -> Finding:
    """The board's clock.

    Args:
        now_s: what it says, in epoch seconds.
        off_s: how far it is ahead of the cloud's time; None if that is not known.
    """
    says = f"{time.strftime('%Y-%m-%d %H:%M:%SZ', time.gmtime(now_s))}"
    if now_s < CREDIBLE_SINCE_S:
        return broken("clock", f"it says {says}: no certificate is valid then", SET_CLOCK)
    if off_s is None:
        return fine("clock", f"it says {says}; the cloud has not told the time yet")
    if abs(off_s) > TRUSTED_S:
        return doubtful("clock", f"it says {says}, {off_s:+.0f} s off the cloud's", SET_CLOCK)
    return fine("clock", f"it says {says}, as the cloud does")


def path(broker: Broker) -> Iterator[Finding]:
    """The broker's name, its port, and TLS with it; as far as it gets."""
    where = f"{broker.host}:{broker.port}"
    try:
        found = socket.getaddrinfo(broker.host, broker.port, type=socket.SOCK_STREAM)
    except OSError as error:
        advice = "check link.host, the network (ip address) and the name server (/etc/resolv.conf)"
        yield broken("name", f"{broker.host} is not found: {error.strerror}", advice)
        return
    yield fine("name", f"{broker.host} is {', '.join(sorted({str(each[4][0]) for each in found}))}")
    try:
        with socket.create_connection((broker.host, broker.port), WITHIN_S) as plain:
            yield fine("port", f"{where} answers")
            yield _tls(broker, plain)
    except OSError as error:
        advice = f"a firewall must let TCP to port {broker.port} out; check link.port and the network"
        yield broken("port", f"{where}: {error.strerror or error}", advice)


def _tls(broker: Broker, plain: socket.socket) -> Finding:
    try:
        context = broker.tls()
    except OSError:
        return doubtful("TLS", "not tried: the charger's certificate or its key cannot be used", "see the lines above")
    try:
        with context.wrap_socket(plain, server_hostname=broker.host) as secure:
            return fine("TLS", f"{secure.version()}, and it is {broker.host}")
    except ssl.SSLCertVerificationError as error:
        advice = "check this board's clock, link.host, and that link.ca is the root certificate of this broker"
        return broken("TLS", f"the broker's certificate is not believed: {error.verify_message}", advice)
    except OSError as error:
        return broken(
            "TLS", str(error), "something between here and the broker may intercept TLS; another network shows it"
        )


def round_trip(charger_id: str, evse_id: int, broker: Broker) -> tuple[Finding, float | None]:
    """MQTT under this charger's name, and the cloud's time if it was told. Not while the agent runs."""
    try:
        told_s = shadow_round_trip(charger_id, evse_id, broker)
    except ProbeFailed as error:
        advice = "the certificate may be revoked, or another charger's: compare charger_id with the cloud's list"
        return broken("cloud", str(error), advice), None
    return fine("cloud", f"{charger_id} is let in, and its shadow answers"), told_s
