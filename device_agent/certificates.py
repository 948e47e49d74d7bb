"""How a certificate stands: whose it is, and how long it is valid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

DAY_S = 86_400.0


@dataclass(frozen=True)
class Certificate:
    """One certificate in a file, as it stands now."""

    file: Path
    valid_from: datetime
    valid_until: datetime
    now: datetime
    public_key: bytes

    @property
    def days_left(self) -> float:
        """Days until it expires; negative once it has."""
        return (self.valid_until - self.now).total_seconds() / DAY_S

    @property
    def valid(self) -> bool:
        """Whether it is valid now, by the board's clock."""
        return self.valid_from <= self.now <= self.valid_until

    def __str__(self) -> str:
        """For people."""
        if self.now < self.valid_from:
            return f"not valid before {self.valid_from:%Y-%m-%d}"
        if self.now > self.valid_until:
            return f"expired on {self.valid_until:%Y-%m-%d}"
        return f"valid until {self.valid_until:%Y-%m-%d}, {self.days_left:.0f} days left"


@dataclass(frozen=True)
class Unusable:
    """A file that should hold a certificate, and does not."""

    file: Path
    why: str

    def __str__(self) -> str:
        """For people."""
        return f"{self.file}: {self.why}"


def look(file: Path, now_s: float) -> Certificate | Unusable:
    """The first certificate in this file."""
    try:
        found = x509.load_pem_x509_certificate(file.read_bytes())
    except OSError as error:
        return Unusable(file, error.strerror or str(error))
    except ValueError:
        return Unusable(file, "not a certificate in PEM form")
    now = datetime.fromtimestamp(now_s, UTC)
    key = found.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Certificate(file, found.not_valid_before_utc, found.not_valid_after_utc, now, key)


def public_key(file: Path) -> bytes | Unusable:
    """The public half of the private key in this file."""
    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
    except OSError as error:
        return Unusable(file, error.strerror or str(error))
    except (ValueError, TypeError):
        return Unusable(file, "not a private key in PEM form, without a password")
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
