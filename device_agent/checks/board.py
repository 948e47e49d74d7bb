"""Certificates, keys, storage and the journal."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from device_agent import certificates, journal_reader
from device_agent.certificates import Unusable
from device_agent.checks import Finding, Level, broken, doubtful, fine
from device_agent.identity import Identity, Pair, other
from device_agent.journal_schema import UnreadableError
from device_agent.provisioning.life import DAY_S, Life
from device_agent.settings import OcppSettings, Settings

RENEW_DAYS = 30
"""With less left the renewal, which begins at two thirds of the life, has failed for weeks."""

RENEWAL_TAKES_S = 14 * DAY_S
"""A renewal is tried every day; one that has not worked for two weeks needs somebody."""

ROOM_NEEDED_BYTES = 20 << 20
"""What a journal, its log and two that were set aside may take."""

ROOM_WANTED_BYTES = 200 << 20
"""With less, somebody else on this board is filling the disk."""

PROVISION = "run `sudo -u charger-agent charger-agent provision`"
"""As the agent's user: what root makes, the agent cannot read."""

MINE = "is this the agent's user? If so: sudo chown -R charger-agent: {}"
"""For what cannot be read."""

EVENTS_WAITING = 500
"""So many have not gathered in a day: the cloud has not been reached for longer."""


def identity(settings: Settings, now_s: float) -> Iterator[Finding]:
    """The charger's own certificate; if the board renews it, both slots."""
    if settings.identity is None:
        yield from certificate("certificate", settings.pair, now_s)
        return
    kept = Identity(settings.identity.directory)
    using = kept.current()
    if using is None:
        yield _unprovisioned(kept.directory)
        return
    yield from certificate(f"certificate {using}", kept.pair(using), now_s)
    yield from renewal(kept.pair(using).certificate, settings.identity.certificate_days, now_s)
    if kept.filled(other(using)):
        for finding in certificate(f"spare {other(using)}", kept.pair(other(using)), now_s):
            yield replace(finding, level=Level.WARN) if finding.level is Level.FAIL else finding
    if settings.identity.claim_private_key.exists():
        yield private("claim's key", settings.identity.claim_private_key)


def _unprovisioned(directory: Path) -> Finding:
    try:
        next(directory.iterdir(), None)
    except PermissionError as error:
        return broken("certificate", f"{directory}: {error.strerror}", MINE.format(directory))
    except OSError:
        pass  # provisioning makes it
    return broken("certificate", f"{directory} holds none that was proven", PROVISION)


def renewal(file: Path, days: int, now_s: float) -> Iterator[Finding]:
    """Whether the certificate is renewed when it should be."""
    found = certificates.look(file, now_s)
    if isinstance(found, Unusable):
        return
    due_s = Life(found.valid_from.timestamp(), found.valid_until.timestamp()).renew_at_s(days)
    day = time.strftime("%Y-%m-%d", time.gmtime(due_s))
    if now_s > due_s + RENEWAL_TAKES_S:
        yield doubtful("renewal", f"due since {day}", "journalctl -u charger-agent -g renew says why it does not work")
    else:
        yield fine("renewal", f"by itself, from {day} on")


def certificate(subject: str, pair: Pair, now_s: float) -> Iterator[Finding]:
    """A certificate and its key."""
    file, key = pair.certificate, pair.private_key
    found, public = certificates.look(file, now_s), certificates.public_key(key)
    if isinstance(found, Unusable):
        yield broken(subject, str(found), f"{PROVISION}, or put the file there")
    elif not found.valid:
        yield broken(subject, f"{file}: {found}", "check this board's clock first; then have a new certificate issued")
    elif found.days_left < RENEW_DAYS:
        yield doubtful(subject, f"{file}: {found}", "its renewal must have failed: read the log, check the connection")
    else:
        yield fine(subject, f"{file}: {found}")
    if isinstance(public, Unusable):
        yield broken(f"{subject}'s key", str(public), f"{PROVISION}, or put the file there")
        return
    if not isinstance(found, Unusable) and public != found.public_key:
        yield broken(f"{subject}'s key", f"{key} is the key of another certificate", "put the pair there that belongs")
    yield private(f"{subject}'s key", key)


def private(subject: str, file: Path) -> Finding:
    """Whether a file that holds a secret is kept secret."""
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
    except OSError as error:
        return broken(subject, f"{file}: {error.strerror}", "put the file there, or correct the settings")
    if mode & stat.S_IRWXO:
        return broken(subject, f"{file} can be read by everybody (mode {mode:04o})", f"chmod 600 {file}")
    if mode & stat.S_IWGRP:
        return doubtful(subject, f"{file} can be written by its group (mode {mode:04o})", f"chmod 640 {file}")
    return fine(subject, f"{file} is kept secret (mode {mode:04o})")


def authority(settings: Settings, now_s: float) -> Finding:
    """The certificate by which the broker is known."""
    found = certificates.look(settings.link.ca, now_s)
    if isinstance(found, Unusable):
        return broken("authority", str(found), "put the broker's root certificate where link.ca says")
    if not found.valid:
        return broken("authority", f"{found.file}: {found}", "check this board's clock; then get the current one")
    return fine("authority", f"{found.file}: {found}")


def charger_tls(settings: Settings, now_s: float) -> Iterator[Finding]:
    """What the board shows its charger, if they speak TLS."""
    driver = settings.driver
    if isinstance(driver, OcppSettings) and driver.certificate and driver.private_key:
        yield from certificate("charger's TLS", Pair(driver.certificate, driver.private_key), now_s)


def secrets(settings: Settings, config: Path) -> Iterator[Finding]:
    """Passwords in files."""
    if isinstance(settings.driver, OcppSettings):
        if settings.driver.open_to_all:
            advice = "set driver.password_file, and the same password in the charger"
            yield doubtful("password", f"whoever reaches {settings.driver.host} can pose as the charger", advice)
        if settings.driver.password is not None:
            yield private("password", config)
        if settings.driver.password_file is not None:
            yield private("password", settings.driver.password_file)
            with contextlib.suppress(OSError):
                if not settings.driver.password_file.read_bytes().strip():
                    yield broken("password", f"{settings.driver.password_file} is empty", "write the charger's into it")


def storage(settings: Settings) -> Iterator[Finding]:
    """The folder that the journal is in."""
    folder = settings.journal.path.parent
    if not folder.is_dir():
        yield broken("storage", f"{folder} is not there", "journal.path must be in a folder that survives a power cut")
        return
    if not os.access(folder, os.W_OK | os.X_OK):
        yield broken("storage", f"{folder} cannot be written by this user", f"chown charger-agent: {folder}")
    free = shutil.disk_usage(folder).free
    text = f"{free >> 20} MB free in {folder}"
    if free < ROOM_NEEDED_BYTES:
        yield broken("storage", text, "delete what fills it: journalctl --vacuum-size=50M is a good beginning")
    elif free < ROOM_WANTED_BYTES:
        yield doubtful("storage", text, "see what fills it: du -xh --max-depth=2 /var | sort -h | tail")
    else:
        yield fine("storage", text)


def journal(settings: Settings) -> Iterator[Finding]:
    """What the agent remembers."""
    path = settings.journal.path
    try:
        contents = journal_reader.read(path)
    except FileNotFoundError:
        yield doubtful("journal", f"{path} is not there yet", "the agent makes it when it runs for the first time")
        return
    except PermissionError as error:
        yield broken("journal", f"{path}: {error.strerror}", MINE.format(path))
        return
    except (OSError, UnreadableError) as error:
        yield broken("journal", f"{path}: {error}", "restart the agent: it sets a damaged journal aside and goes on")
        return
    waiting, sessions = len(contents.outbox), len(contents.sessions)
    text = f"{path} is sound; {sessions} sessions, {waiting} events wait for the cloud"
    if waiting > EVENTS_WAITING:
        yield doubtful("journal", text, "the cloud has not been reached for long: see what is said of the connection")
    else:
        yield fine("journal", text)
    aside = sorted(each.name for each in path.parent.glob(f"{path.name}.unreadable-*[0-9]"))
    if aside:
        advice = "the storage may be failing; send the files to support, then delete them"
        yield doubtful("journal", f"{len(aside)} damaged before: {', '.join(aside)}", advice)
