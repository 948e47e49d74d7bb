"""A board's first certificate: asked for, proven, used; and whatever breaks off can be started again."""

from __future__ import annotations

import itertools
import stat
from dataclasses import replace

import pytest

from device_agent.identity import Identity, Pair
from device_agent.provisioning.claim import Claim, Tools, provision
from device_agent.provisioning.errors import (
    CertificateRefused,
    CloudTrouble,
    SerialRefused,
    Unreachable,
    WrongCharger,
)
from tests.support.boards import CHARGER, SERIAL, FakeCloud
from tests.support.power import PowerCut, power_for


def works(identity: Identity, cloud: FakeCloud) -> bool:
    current = identity.current()
    if current is None:
        return False
    cloud.prove(CHARGER, identity.pair(current))
    return True


def test_a_board_asks_as_itself_and_uses_what_has_been_proven(
    identity: Identity, claim: Claim, tools: Tools, cloud: FakeCloud
) -> None:
    assert provision(identity, claim, tools)
    assert cloud.asked == [f"provision-{SERIAL}"]
    assert identity.current() == "a"
    assert works(identity, cloud)


def test_nobody_else_can_read_the_key(identity: Identity, claim: Claim, tools: Tools) -> None:
    provision(identity, claim, tools)
    key = identity.pair("a").private_key
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(identity.directory.stat().st_mode) == 0o700


def test_a_board_that_has_its_certificate_keeps_it_and_asks_nobody(
    identity: Identity, claim: Claim, tools: Tools, cloud: FakeCloud
) -> None:
    provision(identity, claim, tools)
    before = {path: path.read_bytes() for path in identity.directory.rglob("*") if path.is_file()}
    assert not provision(identity, claim, tools)
    assert {path: path.read_bytes() for path in identity.directory.rglob("*") if path.is_file()} == before
    assert len(cloud.asked) == 1


def test_forced_it_asks_again_and_goes_over_to_the_other_slot(
    identity: Identity, claim: Claim, tools: Tools, cloud: FakeCloud
) -> None:
    provision(identity, claim, tools)
    cloud.claimed_by = None  # the operator has armed it again
    assert provision(identity, claim, tools, force=True)
    assert identity.current() == "b"
    assert works(identity, cloud)


def test_forced_without_the_operators_leave_the_board_keeps_what_it_has(
    identity: Identity, claim: Claim, tools: Tools, cloud: FakeCloud
) -> None:
    provision(identity, claim, tools)
    with pytest.raises(SerialRefused):
        provision(identity, claim, tools, force=True)
    assert identity.current() == "a"
    assert works(identity, cloud)


def test_an_answer_that_was_lost_is_asked_for_again_by_the_same_attempt(
    identity: Identity, claim: Claim, tools: Tools, cloud: FakeCloud
) -> None:
    cloud.answer_lost = True
    with pytest.raises(SystemError):
        provision(identity, claim, tools)
    assert provision(identity, claim, tools)
    assert len(cloud.asked) == 2
    assert works(identity, cloud)


@pytest.mark.parametrize("steps", range(40))
def test_the_power_may_go_at_any_moment_and_the_next_try_ends_well(
    identity: Identity, claim: Claim, tools: Tools, cloud: FakeCloud, steps: int
) -> None:
    try:
        with power_for(steps):
            provision(identity, claim, tools)
    except PowerCut:
        assert identity.current() is None or works(identity, cloud)
    provision(identity, claim, tools)
    assert works(identity, cloud)
    assert not (identity.directory / "next").exists()
    assert len(cloud.good) == 1


def test_the_power_cuts_reach_to_the_end_of_the_work(identity: Identity, claim: Claim, tools: Tools) -> None:
    """Else the test above would leave moments out."""
    for steps in itertools.count():
        try:
            with power_for(steps):
                provision(replace_directory(identity, steps), claim, tools_for(tools))
        except PowerCut:
            continue
        assert 10 < steps < 40
        return


def replace_directory(identity: Identity, number: int) -> Identity:
    return Identity(identity.directory / str(number))


def tools_for(tools: Tools) -> Tools:
    return replace(tools, cloud=FakeCloud())


def test_a_certificate_that_came_but_was_never_proven_is_proven_and_not_asked_for_again(
    identity: Identity, claim: Claim, tools: Tools, cloud: FakeCloud
) -> None:
    cloud.proof_fails = [Unreachable("the network went away")]
    with pytest.raises(Unreachable):
        provision(identity, claim, tools)
    assert identity.current() is None
    assert provision(identity, claim, tools)
    assert len(cloud.asked) == 1
    assert works(identity, cloud)


def test_a_new_certificate_that_is_not_known_everywhere_yet_is_tried_again(
    identity: Identity, claim: Claim, tools: Tools, cloud: FakeCloud
) -> None:
    cloud.proof_fails = [CertificateRefused("not yet"), CloudTrouble("not yet"), CertificateRefused("not yet")]
    assert provision(identity, claim, tools)
    assert works(identity, cloud)


def test_a_cloud_that_is_in_trouble_for_a_moment_is_asked_again(
    identity: Identity, claim: Claim, tools: Tools, cloud: FakeCloud
) -> None:
    cloud.issue_fails = [CloudTrouble("the hook wakes up")] * 3
    assert provision(identity, claim, tools)
    assert works(identity, cloud)


def test_a_cloud_that_stays_in_trouble_is_reported_and_the_board_can_try_again(
    identity: Identity, claim: Claim, tools: Tools, cloud: FakeCloud
) -> None:
    cloud.issue_fails = [CloudTrouble("down")] * 4
    with pytest.raises(CloudTrouble):
        provision(identity, claim, tools)
    assert provision(identity, claim, tools)


def test_a_refused_serial_number_tells_the_installer_what_to_compare_and_whom_to_ask(
    identity: Identity, claim: Claim, tools: Tools, cloud: FakeCloud
) -> None:
    cloud.claimed_by = "another board"
    with pytest.raises(SerialRefused, match=rf"{SERIAL}.*label on the board.*ask the operator to arm it"):
        provision(identity, claim, tools)
    assert identity.current() is None


def test_a_claim_certificate_that_is_not_taken_is_named(identity: Identity, claim: Claim, tools: Tools) -> None:
    stale = replace(claim, pair=Pair(claim.pair.certificate, claim.pair.private_key))
    stale.pair.certificate.write_text("an old one")
    with pytest.raises(CertificateRefused, match=r"claim certificate.*from the operator"):
        provision(identity, stale, tools)


def test_a_board_that_is_another_charger_for_the_cloud_is_told_which_and_nothing_is_kept(
    identity: Identity, claim: Claim, tools: Tools, cloud: FakeCloud
) -> None:
    cloud.charger_id = "PX-0002"
    with pytest.raises(WrongCharger, match=r"PX-0002.*charger_id = 'PX-0001'"):
        provision(identity, claim, tools)
    assert identity.current() is None
    assert provision(identity, replace(claim, charger_id="PX-0002"), tools)
