"""A board and a cloud that issues certificates, both without sockets: the cloud's rules are the hook's."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from pathlib import Path

from device_agent.identity import Pair, write_secret
from device_agent.provisioning.cloud import Board, Issued
from device_agent.provisioning.errors import CertificateRefused, ProvisioningError, SerialRefused
from device_agent.provisioning.life import DAY_S, Life

CHARGER, SERIAL, CLAIM = "PX-0001", "SN-4711", "the claim certificate"


@dataclass
class FakeCloud:
    """`Cloud` that remembers which certificates are good. A certificate is a number on a key; a key is a number."""

    now_s: float = 1_800_000_000.0
    charger_id: str = CHARGER
    good: list[str] = field(default_factory=list)
    claimed_by: str | None = None
    asked: list[str] = field(default_factory=list)
    """Client ids of those who asked for a certificate."""
    issue_fails: list[ProvisioningError] = field(default_factory=list)
    """What the next requests end with."""
    proof_fails: list[ProvisioningError] = field(default_factory=list)
    answer_lost: bool = False
    """The next certificate is put to use, and the board never hears of it."""
    _serial: itertools.count[int] = field(default_factory=itertools.count)

    def issue(self, client_id: str, pair: Pair, request: str, board: Board) -> Issued:
        if self.issue_fails:
            raise self.issue_fails.pop(0)
        shown = pair.certificate.read_text()
        if client_id.startswith("provision-"):
            if shown != CLAIM:
                raise CertificateRefused("no claim certificate")
            if self.claimed_by not in (None, board.attempt):
                raise SerialRefused("claimed")
            self.claimed_by = board.attempt
            self.good = []
        else:
            self._let_in(pair)
            self.good = [shown]
        self.asked.append(client_id)
        certificate = f"{self.now_s:.0f} {next(self._serial)} {request}"
        self.good.append(certificate)
        if self.answer_lost:
            self.answer_lost = False
            raise SystemError("power cut")
        return Issued(certificate.encode(), self.charger_id)

    def prove(self, charger_id: str, pair: Pair) -> None:
        if self.proof_fails:
            raise self.proof_fails.pop(0)
        assert charger_id == self.charger_id
        self._let_in(pair)

    def _let_in(self, pair: Pair) -> None:
        certificate, key = pair.certificate.read_text(), pair.private_key.read_text()
        if certificate not in self.good or not certificate.endswith(f" request of {key}"):
            raise CertificateRefused("not let in")


class FakePapers:
    """Keys that are numbers, and lives that can be read off a fake certificate."""

    def __init__(self) -> None:
        self._keys = itertools.count()

    def make_request(self, key: Path, _name: str) -> str:
        number = next(self._keys)
        write_secret(key, f"key {number}".encode())
        return f"request of key {number}"

    def read_life(self, certificate: Path) -> Life:
        issued_s = float(certificate.read_text().split()[0])
        return Life(issued_s, issued_s + 9000 * DAY_S)
