"""A running link renews its certificate over the real broker, and falls back when one is refused."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from device_agent.identity import Identity
from device_agent.link import LinkInput, Up
from device_agent.paho_link import PahoLink
from device_agent.provisioning import apart
from device_agent.provisioning.errors import CertificateRefused
from device_agent.provisioning.life import DAY_S
from device_agent.provisioning.rotation import Renewal, Rotation
from local.seed import Board, Site
from local.waiting import wait_for
from tests.local.boards import Boards, closing_all
from tests.local.support import WITHIN_S, LocalStack

DUE_S = 500 * DAY_S


class Running:
    """A charger's link, as its agent has it, at a time of the test's choice."""

    def __init__(self, boards: Boards, site: Site, board: Board, identity: Identity, ahead_s: float = 0.0) -> None:
        self.delivered: list[LinkInput] = []
        renewal = Renewal(
            charger_id=site.charger_id,
            serial_number=board.serial_number,
            certificate_days=730,
            cloud=boards.cloud,
            make_request=apart.make_request,
            read_life=apart.read_life,
            now_s=lambda: time.time() + ahead_s,
            mono_s=time.monotonic,
            random=random.random,
        )
        self.link = PahoLink(site.charger_id, boards.broker, lambda: 0.0, Rotation(identity, renewal))
        self.link.start(self.delivered.append)

    def stop(self) -> None:
        self.link.stop()

    def await_up(self, times: int) -> None:
        wait_for(lambda: self.delivered.count(Up()) >= times, f"connected {times} times", within_s=WITHIN_S)


@pytest.fixture
def boards(stack: LocalStack) -> Boards:
    return Boards(stack)


def renew(boards: Boards, site: Site, board: Board, identity: Identity, to: str) -> None:
    """Have the certificate in use renewed once, as if two thirds of its life were over."""
    running = Running(boards, site, board, identity, ahead_s=DUE_S)
    with closing_all(running):
        wait_for(lambda: identity.current() == to, f"slot {to} is current", within_s=WITHIN_S)
    boards.cloud.prove(site.charger_id, identity.pair("a" if to == "a" else "b"))


def deactivate(boards: Boards, certificate: Path) -> None:
    iot, pem = boards.stack.client("iot"), certificate.read_text()
    for each in iot.list_certificates(pageSize=250)["certificates"]:
        found = iot.describe_certificate(certificateId=each["certificateId"])["certificateDescription"]
        if found["certificatePem"] == pem:
            iot.update_certificate(certificateId=each["certificateId"], newStatus="INACTIVE")


def test_a_certificate_is_renewed_and_the_one_before_last_is_of_no_use_any_more(boards: Boards) -> None:
    site, board, identity = boards.provisioned()
    first = identity.pair("a").certificate.read_bytes()

    renew(boards, site, board, identity, "b")

    assert sorted(boards.certificates(site.charger_id).values()) == ["ACTIVE", "ACTIVE"]
    boards.cloud.prove(site.charger_id, identity.pair("a"))  # the spare
    kept = board.identity / "first.pem"
    kept.write_bytes(first)

    time.sleep(1.1)  # certificates are dated in whole seconds, and renewals in life are months apart
    renew(boards, site, board, identity, "a")

    assert boards.status(kept) == "INACTIVE"
    assert len(boards.certificates(site.charger_id)) == 2
    assert boards.status(identity.pair("b").certificate) == "ACTIVE"


def test_between_two_connections_the_link_comes_back_with_the_new_certificate(boards: Boards) -> None:
    site, board, identity = boards.provisioned()
    running = Running(boards, site, board, identity, ahead_s=DUE_S)
    with closing_all(running):
        running.await_up(2)
        assert identity.current() == "b"


def test_when_the_current_certificate_is_refused_the_link_shows_the_other_one(boards: Boards) -> None:
    site, board, identity = boards.provisioned()
    renew(boards, site, board, identity, "b")
    deactivate(boards, identity.pair("b").certificate)
    with pytest.raises(CertificateRefused):
        boards.cloud.prove(site.charger_id, identity.pair("b"))

    running = Running(boards, site, board, identity)
    with closing_all(running):
        running.await_up(1)


def test_a_charger_whose_board_was_taken_off_the_list_goes_on_with_what_it_has(
    stack: LocalStack, boards: Boards, caplog: pytest.LogCaptureFixture
) -> None:
    site, board, identity = boards.provisioned()
    stack.stack.seeder.arm(board.serial_number, "PX-ELSEWHERE")
    running = Running(boards, site, board, identity, ahead_s=DUE_S)
    with closing_all(running):
        running.await_up(2)
    assert identity.current() == "a"
    assert "certificate not renewed; the one in use goes on" in caplog.text
    boards.cloud.prove(site.charger_id, identity.pair("a"))
