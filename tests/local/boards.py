"""Boards of a test: out of the factory, on their way to a certificate, and what they may say to the broker."""

from __future__ import annotations

import itertools
import queue
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from device_agent.identity import Identity, Pair
from device_agent.paho_link import Broker
from device_agent.provisioning import papers
from device_agent.provisioning.claim import Claim, Tools, provision
from device_agent.provisioning.cloud import AwsCloud
from device_agent.provisioning.conversation import Conversation, conversation
from local.seed import AC_22_KW, Board, DeviceFiles, Site
from tests.local.support import LocalStack

_NUMBERS = itertools.count(1)
REFUSED_WITHIN_S = 5.0


@dataclass(frozen=True)
class Boards:
    """Makes boards for one test."""

    stack: LocalStack

    @property
    def broker(self) -> Broker:
        """The stack's broker, shown the claim certificate."""
        mqtt, claim = self.stack.run.mqtt, self.stack.stack.claim
        return Broker(mqtt.host, mqtt.port, mqtt.ca, claim.certificate, claim.private_key)

    @property
    def cloud(self) -> AwsCloud:
        return AwsCloud(self.broker, 1)

    def new(self) -> tuple[Site, Board]:
        """A charger that nobody has heard of, and its board."""
        charger_id = f"PX-B{next(_NUMBERS):04d}"
        site = Site(charger_id, f"Board {charger_id}", "Test Street 1", "53.5", "10.0", (AC_22_KW,))
        seeder = self.stack.stack.seeder
        seeder.register(site)
        return site, seeder.add_board(site, self.folder(charger_id), self.stack.stack.claim)

    def folder(self, charger_id: str) -> Path:
        return self.stack.stack.fleet.folder(charger_id)

    def config(self, site: Site, board: Board) -> Path:
        return self.stack.stack.fleet.write_config(site, board, self.stack.stack.plant)

    def provision(self, site: Site, board: Board, *, force: bool = False) -> Identity:
        """The board with its certificate."""
        identity = Identity(board.identity)
        claim = Claim(site.charger_id, board.serial_number, Pair(board.claim.certificate, board.claim.private_key))
        tools = Tools(self.cloud, papers.make_request, lambda: secrets.token_hex(16), time.sleep)
        provision(identity, claim, tools, force=force)
        return identity

    def provisioned(self) -> tuple[Site, Board, Identity]:
        site, board = self.new()
        return site, board, self.provision(site, board)

    def line(self, client_id: str, shown: Pair | DeviceFiles) -> Any:
        """A connection of that name with that certificate."""
        return conversation(client_id, self.broker.showing(Pair(shown.certificate, shown.private_key)))

    def certificates(self, charger_id: str) -> dict[str, str]:
        """The status of each certificate of a charger."""
        iot = self.stack.client("iot")
        return {
            arn: iot.describe_certificate(certificateId=arn.rpartition("/")[2])["certificateDescription"]["status"]
            for arn in iot.list_thing_principals(thingName=charger_id)["principals"]
        }

    def status(self, certificate: Path) -> str:
        """What the registry says of the certificate in a file."""
        pem, iot = certificate.read_text(), self.stack.client("iot")
        for each in iot.list_certificates(pageSize=250)["certificates"]:
            found = iot.describe_certificate(certificateId=each["certificateId"])["certificateDescription"]
            if found["certificatePem"] == pem:
                return str(found["status"])
        raise AssertionError(f"no such certificate: {certificate}")


def is_thrown_out(talk: Conversation, attempt: Callable[[Conversation], object]) -> bool:
    """Whether the broker ends the connection, or does not grant the subscription, over what it is asked."""
    attempt(talk)
    give_up_s = time.monotonic() + REFUSED_WITHIN_S
    while time.monotonic() < give_up_s:
        try:
            what, _ = talk.events.get(timeout=REFUSED_WITHIN_S)
        except queue.Empty:
            return False
        if what == "granted":
            return False
        if what == "ended":
            return True
    return False


def hears(talk: Conversation, within_s: float) -> Iterator[str]:
    """Topics of the messages that come within this time."""
    give_up_s = time.monotonic() + within_s
    while (left_s := give_up_s - time.monotonic()) > 0:
        with_message = _next(talk, left_s)
        if with_message is not None:
            yield with_message


def _next(talk: Conversation, within_s: float) -> str | None:
    try:
        what, value = talk.events.get(timeout=within_s)
    except queue.Empty:
        return None
    return str(value.topic) if what == "message" else None


@contextmanager
def closing_all(*links: Any) -> Iterator[None]:
    """Stop links at the end, whatever happens."""
    try:
        yield
    finally:
        for link in links:
            link.stop()
