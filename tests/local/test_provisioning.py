"""A board becomes its charger, by the real command over the real claim flow; and who does not."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from device_agent.__main__ import main
from device_agent.commands import Exit
from device_agent.identity import Identity
from device_agent.provisioning.errors import CertificateRefused, SerialRefused
from local.seed import Board
from local.waiting import wait_for
from tests.local.boards import Boards
from tests.local.support import WITHIN_S, LocalStack


@pytest.fixture
def boards(stack: LocalStack) -> Boards:
    return Boards(stack)


def test_a_board_gets_its_certificate_once_and_its_agent_serves_the_charger(
    stack: LocalStack, boards: Boards, capsys: pytest.CaptureFixture[str]
) -> None:
    site, board = boards.new()
    config = boards.config(site, board)
    fleet = stack.stack.fleet
    plant, plant_process = fleet.start_plant(f"plant-{site.charger_id}", [site])
    config = fleet.write_config(site, board, plant)

    assert main(["provision", "--config", str(config)]) == Exit.FINE
    assert main(["provision", "--config", str(config)]) == Exit.FINE

    first, second = capsys.readouterr().out.splitlines()
    assert first == f"{site.charger_id} is provisioned: {board.files.certificate}"
    assert second == f"{site.charger_id} is provisioned already: {board.files.certificate}"
    assert stat.S_IMODE(board.files.private_key.stat().st_mode) == 0o600
    iot = stack.client("iot")
    assert iot.describe_thing(thingName=site.charger_id)["thingTypeName"] == stack.run.thing_type
    ((arn, status),) = boards.certificates(site.charger_id).items()
    assert status == "ACTIVE"
    policies = {each["policyName"] for each in iot.list_attached_policies(target=arn)["policies"]}
    assert policies == {stack.run.device_policy, "polaris-charger-renewal"}

    agent = fleet.start_agent(site.charger_id, config)
    try:
        fleet.await_agent(agent, site)
        with stack.api() as api:
            wait_for(
                lambda: api.charger(site.charger_id).expect(200)["connected"],
                "the charger is online",
                within_s=WITHIN_S,
            )
    finally:
        stack.stack.processes.kill(agent)
        stack.stack.processes.kill(plant_process)


def test_every_charger_of_the_stack_came_through_the_claim_flow(stack: LocalStack, boards: Boards) -> None:
    for charger in stack.run.chargers:
        identity = Identity(boards.folder(charger.charger_id) / "identity")
        assert identity.current() == "a"
        assert charger.certificate == identity.pair("a").certificate
        assert list(boards.certificates(charger.charger_id).values()) == ["ACTIVE"]


def test_a_board_that_is_not_on_the_list_is_refused_in_words_and_nothing_comes_of_it(
    stack: LocalStack, boards: Boards, capsys: pytest.CaptureFixture[str]
) -> None:
    site, board = boards.new()
    unknown = Board("SN-UNKNOWN", board.identity, board.claim)

    assert main(["provision", "--config", str(boards.config(site, unknown))]) == Exit.SERIAL

    assert "SN-UNKNOWN: it is not on the operator's list" in capsys.readouterr().err
    assert Identity(board.identity).current() is None
    iot = stack.client("iot")
    with pytest.raises(iot.exceptions.ResourceNotFoundException):
        iot.describe_thing(thingName=site.charger_id)
    log = " ".join(stack.function_log("provisioning_hook"))
    assert '"why":"unknown_serial","serial":"SN-UNKNOWN"' in log


def test_a_serial_number_that_a_board_has_claimed_serves_no_other_board_until_it_is_armed_again(
    stack: LocalStack, boards: Boards
) -> None:
    site, board, identity = boards.provisioned()
    swapped = Board(board.serial_number, boards.folder(site.charger_id) / "swapped", board.claim)

    with pytest.raises(SerialRefused):
        boards.provision(site, swapped)
    assert list(boards.certificates(site.charger_id).values()) == ["ACTIVE"]
    boards.cloud.prove(site.charger_id, identity.pair("a"))

    stack.stack.seeder.arm(board.serial_number, site.charger_id)
    new = boards.provision(site, swapped)

    boards.cloud.prove(site.charger_id, new.pair("a"))
    assert boards.status(identity.pair("a").certificate) == "INACTIVE"
    with pytest.raises(CertificateRefused):
        boards.cloud.prove(site.charger_id, identity.pair("a"))


def test_the_same_board_may_ask_again_when_the_answer_was_lost(boards: Boards, monkeypatch: pytest.MonkeyPatch) -> None:
    site, board = boards.new()

    def power_cut(_identity: Identity, _certificate: bytes) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Identity, "adopt", power_cut)
        with pytest.raises(KeyboardInterrupt):
            boards.provision(site, board)
    (lost,) = boards.certificates(site.charger_id)

    identity = boards.provision(site, board)

    boards.cloud.prove(site.charger_id, identity.pair("a"))
    assert lost not in boards.certificates(site.charger_id)


def test_an_entry_that_would_make_a_board_look_like_a_claim_makes_no_charger(stack: LocalStack, boards: Boards) -> None:
    site, board = boards.new()
    stack.stack.seeder.arm(board.serial_number, f"provision-{board.serial_number}")
    with pytest.raises(SerialRefused):
        boards.provision(site, board)


@pytest.mark.parametrize(
    ("broken", "code", "said"),
    [
        ("claim", Exit.CERTIFICATE, "This is the claim certificate"),
        ("claim_file", Exit.CERTIFICATE, "Check that the files are there"),
        ("port", Exit.NETWORK, "cannot be reached"),
        ("ca", Exit.NETWORK, "is not the broker"),
        ("charger_id", Exit.SETTINGS, "charger_id = 'PX-OTHER'"),
    ],
)
def test_an_installer_is_told_what_to_do_and_can_do_it(
    boards: Boards, capsys: pytest.CaptureFixture[str], broken: str, code: Exit, said: str
) -> None:
    site, board = boards.new()
    config = boards.config(site, board)
    good = config.read_text()
    wrong = {
        "claim": (str(board.claim.certificate), str(self_made(boards))),
        "claim_file": (str(board.claim.certificate), "missing.pem"),
        "port": (f"port = {boards.broker.port}", "port = 1"),
        "ca": (str(boards.broker.ca), str(board.claim.certificate)),
        "charger_id": (f'charger_id = "{site.charger_id}"', 'charger_id = "PX-OTHER"'),
    }[broken]
    assert wrong[0] in good
    bad = good.replace(*wrong)
    if broken == "claim":
        bad = bad.replace(str(board.claim.private_key), str(self_made(boards).with_name("key.pem")))
    config.write_text(bad)

    assert main(["provision", "--config", str(config)]) == code
    assert said in capsys.readouterr().err

    config.write_text(good)
    assert main(["provision", "--config", str(config)]) == Exit.FINE


def self_made(boards: Boards) -> Path:
    """A certificate that is good, but not for claims: a charger's own."""
    return boards.stack.run.charger("PX-0003").certificate


def test_the_list_keeps_when_it_was_claimed_and_not_what_the_board_said(stack: LocalStack, boards: Boards) -> None:
    site, board = boards.new()
    boards.config(site, board)
    identity = Identity(board.identity)
    attempt = identity.attempt(lambda: "5" * 32)
    boards.provision(site, board)
    tables = stack.client("dynamodb")
    name = next(each for each in tables.list_tables()["TableNames"] if "Serials" in each)
    item = tables.get_item(TableName=name, Key={"serial_number": {"S": board.serial_number}})["Item"]
    assert int(item["claimed_at_ms"]["N"]) >= int(item["armed_at_ms"]["N"])
    assert attempt not in json.dumps(item)
    assert not (board.identity / "attempt").exists()
