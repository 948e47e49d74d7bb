"""The running agent's credentials: renewed in time, proven before use, with the other slot to fall back on."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from device_agent.identity import Identity
from device_agent.provisioning.claim import Claim, Tools, provision
from device_agent.provisioning.errors import CertificateRefused, CloudTrouble, SerialRefused, Unreachable
from device_agent.provisioning.life import DAY_S, Life
from device_agent.provisioning.rotation import Renewal, Rotation
from tests.support.boards import CHARGER, SERIAL, FakeCloud, FakePapers
from tests.support.power import PowerCut, power_for

DUE_S = 487 * DAY_S


@dataclass
class Board:
    """A board and what its link does with the credentials."""

    identity: Identity
    cloud: FakeCloud
    papers: FakePapers
    mono_s: float = 0.0
    rotation: Rotation = field(init=False)

    def __post_init__(self) -> None:
        self.boot()

    def boot(self) -> None:
        self.rotation = Rotation(
            self.identity,
            Renewal(
                charger_id=CHARGER,
                serial_number=SERIAL,
                certificate_days=730,
                cloud=self.cloud,
                make_request=self.papers.make_request,
                read_life=self.papers.read_life,
                now_s=lambda: self.cloud.now_s,
                mono_s=lambda: self.mono_s,
                random=lambda: 1.0,
            ),
        )

    def connect(self, tries: int = 4) -> str:
        """Connect as the link does, until nothing more is wanted of the line; the slot it ends with."""
        for _ in range(tries):
            self.rotation.between_connections()
            pair = self.rotation.present()
            try:
                self.cloud.prove(CHARGER, pair)
            except (CertificateRefused, FileNotFoundError):
                self.rotation.refused()
                continue
            self.rotation.accepted()
            if not self.rotation.wants_the_line():
                return pair.certificate.parent.name
        raise AssertionError("never connected for long")

    def later(self, seconds: float) -> None:
        self.cloud.now_s += seconds
        self.mono_s += seconds


@pytest.fixture
def board(identity: Identity, claim: Claim, tools: Tools, cloud: FakeCloud, papers: FakePapers) -> Board:
    provision(identity, claim, tools)
    return Board(identity, cloud, papers)


def test_before_two_thirds_of_its_life_nothing_is_done(board: Board) -> None:
    board.later(DUE_S - 2 * DAY_S)
    assert board.connect() == "a"
    assert len(board.cloud.asked) == 1


def test_then_the_charger_asks_under_its_own_name_and_goes_over_to_the_other_slot(board: Board) -> None:
    board.later(DUE_S)
    assert board.connect() == "b"
    assert board.cloud.asked[1:] == [CHARGER]
    assert board.identity.current() == "b"
    board.boot()
    assert board.connect() == "b"


def test_the_next_renewal_writes_the_first_slot_again_and_two_certificates_are_good_at_most(board: Board) -> None:
    for slot in "ba":
        board.later(DUE_S)
        assert board.connect() == slot
        assert len(board.cloud.good) == 2
    assert board.connect() == "a"


def test_at_the_very_first_connection_nobody_asks_for_anything(board: Board) -> None:
    board.later(DUE_S)
    board.rotation.between_connections()
    assert len(board.cloud.asked) == 1


@pytest.mark.parametrize("failure", [Unreachable("x"), CloudTrouble("x"), SerialRefused("x"), CertificateRefused("x")])
def test_a_renewal_that_fails_leaves_the_one_in_use_and_is_tried_again_later(
    board: Board, failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    board.later(DUE_S)
    board.cloud.issue_fails = [failure] * 2  # type: ignore[list-item]  # the parameters above are of that kind
    assert board.connect() == "a"
    assert board.connect() == "a"
    assert len(board.cloud.issue_fails) == 1
    board.later(15 * 60)
    assert board.connect() == "a"
    board.later(15 * 60)
    assert board.connect() == "a"
    board.later(15 * 60)
    assert board.connect() == "b"
    said = [each for each in caplog.records if each.levelno == logging.WARNING]
    assert [each.getMessage() for each in said] == ["certificate not renewed; the one in use goes on"]


def test_a_proof_that_fails_leaves_the_one_in_use_and_the_same_certificate_is_proven_later(board: Board) -> None:
    board.later(DUE_S)
    board.cloud.proof_fails = []
    assert board.cloud.good
    board.rotation.accepted()
    assert board.rotation.wants_the_line()
    board.cloud.proof_fails = [CertificateRefused("not known everywhere yet")]
    board.rotation.between_connections()
    assert board.identity.current() == "a"
    assert board.connect() == "a"
    board.later(15 * 60)
    assert board.connect() == "b"
    assert board.cloud.asked[1:] == [CHARGER]


def test_a_certificate_that_is_refused_again_and_again_is_given_up_and_another_one_asked_for(board: Board) -> None:
    board.later(DUE_S)
    board.rotation.accepted()
    assert board.rotation.wants_the_line()
    board.cloud.proof_fails = [CertificateRefused("never")]
    board.rotation.between_connections()
    bad = board.cloud.good.pop()
    for _ in range(4):
        board.later(DAY_S)
        assert board.connect() in "ab"
    assert board.connect() == "b"
    assert board.identity.pair("b").certificate.read_text() != bad
    assert board.cloud.asked[1:] == [CHARGER, CHARGER]


def test_when_the_current_certificate_is_refused_the_other_one_is_shown_and_soon_renews(board: Board) -> None:
    board.later(DUE_S)
    assert board.connect() == "b"
    board.cloud.good.remove(board.identity.pair("b").certificate.read_text())
    board.later(DAY_S)
    assert board.connect() == "a"
    for _ in range(4):
        board.later(DAY_S)
        board.connect()
    assert board.connect() == "b"
    assert board.identity.current() == "b"
    assert len(board.cloud.asked) == 3


def test_a_slot_that_works_alone_is_the_one_to_begin_with_next_time(
    board: Board, claim: Claim, tools: Tools, cloud: FakeCloud
) -> None:
    cloud.claimed_by = None
    cloud.now_s += 1
    cloud.proof_fails = [Unreachable("the power went before it was current")]
    with pytest.raises(Unreachable):
        provision(board.identity, claim, tools, force=True)
    board.boot()
    assert board.connect() == "b"
    assert board.identity.current() == "b"


@pytest.mark.parametrize("lost", ["cert.pem", "key.pem"])
def test_when_a_file_of_the_current_slot_is_lost_the_other_slot_serves(board: Board, lost: str) -> None:
    board.later(DUE_S)
    assert board.connect() == "b"
    (board.identity.directory / "b" / lost).unlink()
    board.boot()
    assert board.connect() in "ab"
    assert board.rotation.present().certificate.is_file()


def test_with_one_certificate_only_a_refusal_changes_nothing(board: Board) -> None:
    board.cloud.good.clear()
    for _ in range(3):
        board.rotation.refused()
        assert board.rotation.present() == board.identity.pair("a")


def test_a_certificate_that_cannot_be_read_is_used_and_renewed_once_it_can(
    board: Board, caplog: pytest.LogCaptureFixture
) -> None:
    read, memory = board.papers.read_life, [False, False, False]

    def read_life(certificate: Path) -> Life:
        if memory and not memory.pop():
            raise OSError("no memory for another process")
        return read(certificate)

    board.papers.read_life = read_life  # type: ignore[method-assign]
    board.boot()
    board.later(DUE_S)
    for _ in range(3):
        assert board.connect() == "a"
        board.later(DAY_S)
    assert len(board.cloud.asked) == 1
    assert [each.getMessage() for each in caplog.records] == ["certificate not renewed; the one in use goes on"]
    assert board.connect() == "b"


def test_the_other_slot_may_hold_anything_the_next_renewal_replaces_it(board: Board) -> None:
    board.later(DUE_S)
    assert board.connect() == "b"
    board.identity.pair("a").certificate.write_text("not a certificate")
    board.boot()
    board.later(DUE_S)
    assert board.connect() == "a"


def test_two_certificates_that_are_refused_in_turn_are_told_once(
    board: Board, caplog: pytest.LogCaptureFixture
) -> None:
    board.later(DUE_S)
    assert board.connect() == "b"
    for _ in range(5):
        board.rotation.refused()
    assert [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING] == [
        "certificate refused; trying the other one"
    ]


def test_a_defect_in_renewal_does_not_keep_the_charger_off_the_line(board: Board) -> None:
    def broken(key: Path, _name: str) -> str:
        raise ValueError(f"a defect with {key}")

    board.papers.make_request = broken  # type: ignore[method-assign]
    board.boot()
    board.later(DUE_S)
    board.rotation.accepted()
    assert board.rotation.wants_the_line()
    with pytest.raises(ValueError, match="a defect"):
        board.rotation.between_connections()
    assert board.connect(tries=1) == "a"
    board.later(15 * 60)
    board.rotation.accepted()
    assert board.rotation.wants_the_line()


@pytest.mark.parametrize("steps", range(40))
def test_the_power_may_go_at_any_moment_of_a_renewal_and_the_charger_comes_back(board: Board, steps: int) -> None:
    board.later(DUE_S)
    try:
        with power_for(steps):
            board.connect()
    except PowerCut:
        board.boot()
        assert board.connect() in "ab"
    current = board.identity.current()
    assert current is not None
    board.cloud.prove(CHARGER, board.identity.pair(current))
    for _ in range(2):
        board.later(DAY_S)
        board.connect()
    assert board.connect() == "b"
    assert len(board.cloud.good) <= 2
