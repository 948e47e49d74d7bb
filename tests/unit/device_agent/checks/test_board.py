"""Certificates, keys, storage and journal, as doctor finds them."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from device_agent.checks import Finding, Level, board
from device_agent.identity import Pair
from device_agent.journal import Journal
from device_agent.records import Phase, SessionRecord
from device_agent.settings import Settings
from tests.support.board import agent_toml
from tests.support.certificates import make_certificate
from tests.support.charger_bench import Bench

OCPP = {"kind": "ocpp16", "charge_points": ["CP-1"]}


def load(folder: Path, **changes: object) -> Settings:
    return Settings.load(agent_toml(folder, **changes), {})


def pair(folder: Path) -> list[Finding]:
    return list(board.certificate("certificate", Pair(folder / "cert.pem", folder / "key.pem"), time.time()))


def levels(findings: list[Finding]) -> list[str]:
    return [finding.level for finding in findings]


def test_a_good_certificate_with_its_own_private_key_is_fine(tmp_path: Path) -> None:
    make_certificate(tmp_path)
    assert levels(pair(tmp_path)) == ["OK", "OK"]


@pytest.mark.parametrize(
    ("days", "since_days", "level", "text"),
    [(29, 1, "WARN", "29 days left"), (-1, 9, "FAIL", "expired on"), (9, -1, "FAIL", "not valid before")],
)
def test_a_certificate_near_its_end_is_doubtful_and_beyond_it_broken(
    tmp_path: Path, days: float, since_days: float, level: str, text: str
) -> None:
    make_certificate(tmp_path, days=days + 0.1, since_days=since_days)
    first = pair(tmp_path)[0]
    assert (first.level, text in first.text) == (level, True)
    assert first.advice


@pytest.mark.parametrize(("mode", "level"), [(0o600, "OK"), (0o640, "OK"), (0o644, "FAIL"), (0o660, "WARN")])
def test_a_key_that_others_can_read_is_broken_with_the_command_that_mends_it(
    tmp_path: Path, mode: int, level: str
) -> None:
    make_certificate(tmp_path)
    (tmp_path / "key.pem").chmod(mode)
    last = pair(tmp_path)[-1]
    assert last.level == level
    assert (last.advice.startswith("chmod 6")) == (level != "OK")


def test_a_key_of_another_certificate_is_told(tmp_path: Path) -> None:
    make_certificate(tmp_path)
    shutil.copy(tmp_path / "key.pem", tmp_path / "old.pem")
    make_certificate(tmp_path)
    found = list(board.certificate("certificate", Pair(tmp_path / "cert.pem", tmp_path / "old.pem"), time.time()))
    assert [finding.text for finding in found if finding.level is Level.FAIL] == [
        f"{tmp_path / 'old.pem'} is the key of another certificate"
    ]


def provisioned(folder: Path, *, spare_days: float, days: float, since_days: float) -> Settings:
    """Settings of a board with an identity: slot a in use, slot b beside it."""
    for slot, left, since in (("a", days, since_days), ("b", spare_days, 100.0)):
        (folder / "identity" / slot).mkdir(parents=True)
        make_certificate(folder / "identity" / slot, days=left, since_days=since)
    (folder / "identity" / "current").write_text("a")
    settings = load(folder)
    content = settings.model_dump() | {
        "link": {"host": "localhost", "ca": folder / "ca.pem"},
        "identity": {
            "directory": folder / "identity",
            "serial_number": "SN-4711",
            "claim_certificate": folder / "claim.pem",
            "claim_private_key": folder / "claim-key.pem",
        },
    }
    return Settings.model_validate(content)


def test_both_slots_are_looked_at_and_a_spare_that_has_expired_is_no_failure(tmp_path: Path) -> None:
    settings = provisioned(tmp_path, days=9000, since_days=1, spare_days=-1)
    found = list(board.identity(settings, time.time()))
    assert [(finding.level, finding.subject) for finding in found] == [
        ("OK", "certificate a"),
        ("OK", "certificate a's key"),
        ("OK", "renewal"),
        ("WARN", "spare b"),
        ("OK", "spare b's key"),
    ]


@pytest.mark.parametrize(("age_days", "level"), [(480, "OK"), (495, "OK"), (505, "WARN")])
def test_a_renewal_that_is_late_by_weeks_is_told(tmp_path: Path, age_days: float, level: str) -> None:
    settings = provisioned(tmp_path, days=9000, since_days=age_days, spare_days=1)
    (found,) = [each for each in board.identity(settings, time.time()) if each.subject == "renewal"]
    assert found.level == level


def test_a_board_that_is_not_provisioned_is_told_what_to_run(tmp_path: Path) -> None:
    settings = provisioned(tmp_path, days=9000, since_days=1, spare_days=1)
    (tmp_path / "identity" / "current").unlink()
    (found,) = board.identity(settings, time.time())
    assert (found.level, found.advice) == ("FAIL", "run `sudo -u charger-agent charger-agent provision`")


def test_what_another_user_has_made_is_told_as_such_and_not_as_missing_or_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    settings = provisioned(tmp_path, days=9000, since_days=1, spare_days=1)
    monkeypatch.setattr(Path, "read_text", denied)
    monkeypatch.setattr(Path, "iterdir", denied)
    monkeypatch.setattr("device_agent.journal_reader.read", denied)
    (certificate,), (journal,) = board.identity(settings, time.time()), board.journal(settings)
    for found, place in ((certificate, tmp_path / "identity"), (journal, settings.journal.path)):
        assert (found.level, found.text) == ("FAIL", f"{place}: Permission denied")
        assert found.advice.endswith(f"sudo chown -R charger-agent: {place}")


def test_a_claim_key_that_everybody_can_read_is_broken(tmp_path: Path) -> None:
    settings = provisioned(tmp_path, days=9000, since_days=1, spare_days=100)
    (tmp_path / "claim-key.pem").touch(mode=0o644)
    assert list(board.identity(settings, time.time()))[-1].text.startswith(f"{tmp_path / 'claim-key.pem'} can be read")


def test_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    assert levels(pair(tmp_path)) == ["FAIL", "FAIL"]
    assert board.authority(load(tmp_path), time.time()).text == f"{tmp_path / 'ca.pem'}: No such file or directory"


def test_an_authority_that_has_expired_is_broken(tmp_path: Path) -> None:
    make_certificate(tmp_path, days=-1, since_days=9)
    (tmp_path / "cert.pem").rename(tmp_path / "ca.pem")
    assert board.authority(load(tmp_path), time.time()).level is Level.FAIL


def test_a_password_in_settings_that_everybody_can_read_is_told_and_never_shown(tmp_path: Path) -> None:
    settings = load(tmp_path, driver=OCPP | {"password": "open sesame, please"})
    config = tmp_path / "agent.toml"
    config.chmod(0o644)
    (found,) = board.secrets(settings, config)
    assert found.level is Level.FAIL
    assert "sesame" not in f"{found}"
    config.chmod(0o640)
    assert levels(list(board.secrets(settings, config))) == ["OK"]


def test_a_password_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    settings = load(tmp_path, driver=OCPP | {"password_file": "secret"})
    (found,) = board.secrets(settings, tmp_path / "agent.toml")
    assert (found.level, found.text) == ("FAIL", f"{tmp_path / 'secret'}: No such file or directory")


def test_a_password_file_with_nothing_in_it_is_broken(tmp_path: Path) -> None:
    (tmp_path / "secret").touch(mode=0o640)
    found = list(board.secrets(load(tmp_path, driver=OCPP | {"password_file": "secret"}), tmp_path / "agent.toml"))
    assert [(each.level, each.text) for each in found][1:] == [("FAIL", f"{tmp_path / 'secret'} is empty")]


@pytest.mark.parametrize(("free_mb", "level"), [(500, "OK"), (100, "WARN"), (5, "FAIL")])
def test_room_on_the_disk(tmp_path: Path, free_mb: int, level: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _folder: SimpleNamespace(free=free_mb << 20))
    assert levels(list(board.storage(load(tmp_path)))) == [level]


def test_a_folder_that_is_not_there_or_not_ours_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = load(tmp_path, journal={"path": "gone/journal.sqlite3"})
    assert levels(list(board.storage(gone))) == ["FAIL"]
    monkeypatch.setattr("os.access", lambda *_: False)
    assert next(board.storage(load(tmp_path))).text == f"{tmp_path} cannot be written by this user"


def test_a_sound_journal_is_fine_and_one_with_many_events_waiting_doubtful(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load(tmp_path)
    bench = Bench(tmp_path).turn_on()
    bench.charge()
    bench.link.cut()
    bench.evse.press_stop(bench.clock.mono_s)
    bench.pass_s(2)
    bench.lose_power()
    assert levels(list(board.journal(settings))) == ["OK"]
    monkeypatch.setattr(board, "EVENTS_WAITING", 0)
    (found,) = board.journal(settings)
    assert (found.level, "1 sessions" in found.text) == ("WARN", True)


def test_a_damaged_journal_is_broken_and_one_set_aside_is_doubtful(tmp_path: Path) -> None:
    settings = load(tmp_path)
    path = settings.journal.path
    assert levels(list(board.journal(settings))) == ["WARN"]
    path.write_bytes(b"this is not a database" * 1000)
    assert levels(list(board.journal(settings))) == ["FAIL"]
    journal = Journal.open(path)
    journal.write(SessionRecord("S1", 1, Phase.ENDED))
    journal.close()
    fine, aside = board.journal(settings)
    assert (fine.level, aside.level) == ("OK", "WARN")
    assert "unreadable-1" in aside.text
