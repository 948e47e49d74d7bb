"""The charger's own identity on disk: two slots, each a private key with its certificate, and which one is current.

Shape: `a/key.pem`, `a/cert.pem`, the same in `b/`, and the file `current` that holds `a` or `b`. A new identity comes
into being in `next/` and takes the place of the slot that is not current, by a rename; then `current` is replaced. At
every moment in between, a power cut leaves an identity that the cloud knows, and `tidy` finishes what was begun.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

Slot = Literal["a", "b"]

SLOTS: tuple[Slot, Slot] = ("a", "b")
KEY, CERTIFICATE = "key.pem", "cert.pem"
_NEXT, _CURRENT, _ATTEMPT = "next", "current", "attempt"


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its private key, as files."""

    certificate: Path
    private_key: Path


class Credentials(Protocol):
    """What a link shows the broker. Called by the link's own thread only."""

    def present(self) -> Pair:
        """What to show at the next attempt."""
        ...

    def accepted(self) -> None:
        """The broker let us in with that."""
        ...

    def refused(self) -> None:
        """The broker was reached and did not let us in with that."""
        ...

    def wants_the_line(self) -> bool:
        """Whether the connection should end soon, for something that needs the charger's client id to itself."""
        ...

    def between_connections(self) -> None:
        """Nothing is connected: time for that. It takes seconds at most."""
        ...


@dataclass(frozen=True, slots=True)
class Fixed:
    """One pair for ever, provided by other means than ours."""

    pair: Pair

    def present(self) -> Pair:
        """See `Credentials`."""
        return self.pair

    def accepted(self) -> None:
        """See `Credentials`."""

    def refused(self) -> None:
        """See `Credentials`."""

    def wants_the_line(self) -> bool:
        """See `Credentials`."""
        return False

    def between_connections(self) -> None:
        """See `Credentials`."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The identity kept in a directory that only the agent may read."""

    directory: Path

    def current(self) -> Slot | None:
        """The slot whose certificate has been proven; None on a board that is not provisioned, or not by this user."""
        try:
            named = (self.directory / _CURRENT).read_text(encoding="ascii").strip()
        except (FileNotFoundError, PermissionError, UnicodeDecodeError):
            return None
        return slot if (slot := _slot(named)) is not None and self.filled(slot) else None

    def pair(self, slot: Slot) -> Pair:
        """The files of a slot."""
        return Pair(self.directory / slot / CERTIFICATE, self.directory / slot / KEY)

    def filled(self, slot: Slot) -> bool:
        """Whether a slot has both files, for this user. The certificate comes last, so it is whole if it is there."""
        pair = self.pair(slot)
        return os.access(pair.certificate, os.R_OK) and os.access(pair.private_key, os.R_OK)

    @property
    def provisioned(self) -> bool:
        """Whether there is anything to show the broker."""
        return any(self.filled(slot) for slot in SLOTS)

    def draft(self) -> Path:
        """An empty place for a new key; nobody but the owner can look into it."""
        place = self.directory / _NEXT
        shutil.rmtree(place, ignore_errors=True)
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        place.mkdir(mode=0o700)
        return place

    def adopt(self, certificate: bytes) -> Slot:
        """Put the drafted key and its certificate into the slot that is not current.

        Returns:
            That slot. It is not current yet: see `use`.
        """
        _write(self.directory / _NEXT / CERTIFICATE, certificate)
        return self._move_in()

    def use(self, slot: Slot) -> None:
        """Make a slot current, at once and for good."""
        _write(self.directory / _CURRENT, f"{slot}\n".encode())

    def discard(self, slot: Slot) -> None:
        """Forget what a slot holds."""
        shutil.rmtree(self.directory / slot, ignore_errors=True)

    def tidy(self) -> None:
        """Finish what a power cut interrupted: a certificate that came is kept, a key that has none is not."""
        place = self.directory / _NEXT
        if (place / CERTIFICATE).is_file() and (place / KEY).is_file():
            self._move_in()
        else:
            shutil.rmtree(place, ignore_errors=True)

    def attempt(self, new: Callable[[], str]) -> str:
        """The text that shows the cloud that it is this board that tries again; made once."""
        path = self.directory / _ATTEMPT
        try:
            return path.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            made = new()
            _write(path, made.encode())
            return made

    def forget_attempt(self) -> None:
        """The attempt has succeeded; another one would be another board's."""
        (self.directory / _ATTEMPT).unlink(missing_ok=True)

    def _move_in(self) -> Slot:
        slot: Slot = other(self.current() or "b")
        shutil.rmtree(self.directory / slot, ignore_errors=True)
        (self.directory / _NEXT).rename(self.directory / slot)
        _sync(self.directory)
        return slot


def other(slot: Slot) -> Slot:
    """The slot beside this one."""
    return "b" if slot == "a" else "a"


def _slot(name: str) -> Slot | None:
    return "a" if name == "a" else "b" if name == "b" else None


def _write(path: Path, content: bytes) -> None:
    """Have a file whole or not at all, readable by its owner only."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    write_secret(draft, content)
    draft.replace(path)
    _sync(path.parent)


def write_secret(path: Path, content: bytes) -> None:
    """Write a new file that nobody else can read, not even for a moment, and have it on the disk."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(directory: Path) -> None:
    """Have the directory's entries on the disk: a rename is only then there after a power cut."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
