"""`charger-agent provision`: exit codes and words for the installer."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import pytest

from device_agent.commands import Exit, GivenUp, provision, run
from device_agent.identity import Identity
from device_agent.provisioning import errors
from device_agent.provisioning.cloud import AwsCloud, Board, Issued

HEAD = 'charger_id = "PX-0001"\n[link]\nhost = "localhost"\nca = "ca.pem"\n'
TAIL = '[journal]\npath = "j.sqlite3"\n[driver]\nkind = "simulated"\nsocket = "plant.sock"\n[[evses]]\nid = 1\n'
OWN = (
    '[identity]\ndirectory = "identity"\nserial_number = "SN-4711"\nclaim_certificate = "claim.pem"\n'
    'claim_private_key = "claim-key.pem"\n'
)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "agent.toml"
    path.write_text(HEAD + OWN + TAIL)
    return path


def call(config: Path, *, force: bool = False) -> int:
    return provision.execute(Namespace(config=config, force=force))


def leaves(kind: type[Exception]) -> list[type[Exception]]:
    below = kind.__subclasses__()
    return [kind, *(leaf for each in below for leaf in leaves(each))] if below else [kind]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.WrongClock("x"), Exit.CLOCK),
        (errors.Unreachable("x"), Exit.NETWORK),
        (errors.CertificateRefused("x"), Exit.CERTIFICATE),
        (errors.SerialRefused("x"), Exit.SERIAL),
        (errors.WrongCharger("x"), Exit.SETTINGS),
        (errors.CloudTrouble("x"), Exit.CLOUD),
    ],
)
def test_each_error_has_an_exit_code_of_its_own(
    config: Path, monkeypatch: pytest.MonkeyPatch, error: errors.ProvisioningError, code: Exit
) -> None:
    def fails(*_arguments: object) -> Issued:
        raise error

    monkeypatch.setattr(AwsCloud, "issue", fails)
    with pytest.raises(GivenUp) as given_up:
        call(config)
    assert given_up.value.code == code


def test_there_is_no_error_without_an_exit_code() -> None:
    for kind in leaves(errors.ProvisioningError)[1:]:
        assert any(issubclass(kind, each) for each, _ in provision.EXITS), kind


def test_a_board_is_provisioned_and_the_second_time_told_that_it_is(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[str, str]] = []

    def issue(_cloud: AwsCloud, client_id: str, _pair: object, request: str, board: Board) -> Issued:
        assert request.startswith("-----BEGIN CERTIFICATE REQUEST-----")
        assert len(board.attempt) == 32
        asked.append((client_id, board.serial_number))
        return Issued(b"a certificate", "PX-0001")

    monkeypatch.setattr(AwsCloud, "issue", issue)
    monkeypatch.setattr(AwsCloud, "prove", lambda *_: None)
    assert call(config) == Exit.FINE
    assert call(config) == Exit.FINE
    assert asked == [("provision-SN-4711", "SN-4711")]
    certificate = config.parent / "identity" / "a" / "cert.pem"
    assert capsys.readouterr().out.splitlines() == [
        f"PX-0001 is provisioned: {certificate}",
        f"PX-0001 is provisioned already: {certificate}",
    ]


def test_a_certificate_that_came_by_other_means_is_not_replaced(config: Path) -> None:
    config.write_text(HEAD + 'certificate = "c.pem"\nprivate_key = "k.pem"\n' + TAIL)
    with pytest.raises(GivenUp, match=r"no \[identity\] section") as given_up:
        call(config)
    assert given_up.value.code == Exit.SETTINGS


def test_a_directory_that_cannot_be_written_is_named(config: Path) -> None:
    (config.parent / "identity").write_text("a file")
    with pytest.raises(GivenUp, match=r"identity\.directory = '.*identity'"):
        call(config)


def test_another_user_than_the_agents_is_told_whose_command_this_is_before_the_cloud_is_asked(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = config.parent.stat().st_uid
    monkeypatch.setattr("os.geteuid", lambda: owner + 1)
    monkeypatch.setattr(AwsCloud, "issue", None)
    with pytest.raises(GivenUp, match=f"sudo -u '#{owner}' charger-agent provision") as given_up:
        call(config)
    assert given_up.value.code == Exit.SETTINGS
    assert not (config.parent / "identity").exists()


def test_a_board_that_is_not_provisioned_does_not_run_and_says_what_to_do_first(config: Path) -> None:
    with pytest.raises(GivenUp, match="run `charger-agent provision` first") as given_up:
        run.execute(Namespace(config=config, check=False))
    assert given_up.value.code == Exit.NOT_PROVISIONED
    assert Identity(config.parent / "identity").current() is None
