from __future__ import annotations

import time
from pathlib import Path

import pytest

from device_agent import certificates
from device_agent.certificates import Certificate, Unusable
from tests.support.certificates import make_certificate


@pytest.mark.parametrize(
    ("days", "since_days", "valid", "told"),
    [
        (100.5, 1, True, "100 days left"),
        (-1, 30, False, "expired on 20"),
        (100, -2, False, "not valid before 20"),
    ],
)
def test_it_is_told_how_long_it_is_valid_still(
    tmp_path: Path, days: float, since_days: float, told: str, *, valid: bool
) -> None:
    make_certificate(tmp_path, days=days, since_days=since_days)
    found = certificates.look(tmp_path / "cert.pem", time.time())
    assert isinstance(found, Certificate)
    assert found.valid is valid
    assert found.days_left == pytest.approx(days, abs=0.1)
    assert told in str(found)


def test_a_key_belongs_to_its_own_certificate_and_to_no_other(tmp_path: Path) -> None:
    make_certificate(tmp_path)
    ours = certificates.look(tmp_path / "cert.pem", 0)
    assert isinstance(ours, Certificate)
    assert certificates.public_key(tmp_path / "key.pem") == ours.public_key
    make_certificate(tmp_path)
    assert certificates.public_key(tmp_path / "key.pem") != ours.public_key


def test_files_that_hold_something_else_are_named_with_what_is_wrong(tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    assert certificates.look(other, 0) == Unusable(other, "No such file or directory")
    assert certificates.public_key(other) == Unusable(other, "No such file or directory")
    other.write_text("hello")
    assert certificates.look(other, 0) == Unusable(other, "not a certificate in PEM form")
    assert certificates.public_key(other) == Unusable(other, "not a private key in PEM form, without a password")
