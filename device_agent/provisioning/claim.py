"""A board's first certificate: asked for with the claim certificate, proven, and then used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from contract.provisioning import claim_client_id
from device_agent.identity import KEY, SLOTS, Identity, Pair, Slot
from device_agent.provisioning.cloud import Board, Cloud
from device_agent.provisioning.errors import (
    CertificateRefused,
    CloudTrouble,
    ProvisioningError,
    SerialRefused,
    WrongCharger,
)

TRIES_AT_MOST = 4
AGAIN_AFTER_S = 3.0
"""AWS IoT may take some seconds to know a new certificate everywhere, and its hook to wake up."""

Done = TypeVar("Done")


@dataclass(frozen=True, slots=True)
class Claim:
    """What a board is to become, and what it shows for it."""

    charger_id: str
    serial_number: str
    pair: Pair


@dataclass(frozen=True, slots=True)
class Tools:
    """What provisioning takes from outside."""

    cloud: Cloud
    make_request: Callable[[Path, str], str]
    """Makes a key into a file and gives the signing request for a name."""
    new_attempt: Callable[[], str]
    sleep: Callable[[float], None]


def provision(identity: Identity, claim: Claim, tools: Tools, *, force: bool = False) -> bool:
    """Give the board its identity. It can be interrupted at any moment and started again.

    Args:
        identity: where the identity is kept.
        claim: what the board is to become.
        tools: what it takes from outside.
        force: ask for a new certificate although there is one that works.

    Returns:
        Whether anything was done: a board that has its identity keeps it.

    Raises:
        ProvisioningError: it did not work, and what to do. The identity in use before is still in use.
        OSError: the files cannot be written.
    """
    identity.tidy()
    current = identity.current()
    if current is not None and not force:
        return False
    unproven = None if current else _unproven(identity, claim, tools)
    if unproven is not None:
        slot = unproven
    else:
        slot = _patiently(tools, lambda: _ask(identity, claim, tools), (CloudTrouble,))
        pair = identity.pair(slot)
        _patiently(tools, lambda: tools.cloud.prove(claim.charger_id, pair), (CertificateRefused, CloudTrouble))
    identity.use(slot)
    identity.forget_attempt()
    return True


def _unproven(identity: Identity, claim: Claim, tools: Tools) -> Slot | None:
    """The slot of a certificate that came before something broke off, if it works."""
    for slot in SLOTS:
        if identity.filled(slot):
            try:
                tools.cloud.prove(claim.charger_id, identity.pair(slot))
            except CertificateRefused:
                continue
            return slot
    return None


def _ask(identity: Identity, claim: Claim, tools: Tools) -> Slot:
    attempt = identity.attempt(tools.new_attempt)
    request = tools.make_request(identity.draft() / KEY, claim.serial_number)
    board = Board(claim.serial_number, attempt)
    try:
        issued = tools.cloud.issue(claim_client_id(claim.serial_number), claim.pair, request, board)
    except CertificateRefused as error:
        raise CertificateRefused(
            f"{error} This is the claim certificate: it is missing, damaged, or no longer valid. Get the current one"
            " from the operator (identity.claim_certificate, identity.claim_private_key)."
        ) from error
    except SerialRefused as error:
        raise SerialRefused(
            f"The cloud refused serial number {claim.serial_number}: it is not on the operator's list, or a board has"
            " claimed it already. Compare it with the label on the board (identity.serial_number); if it is right, ask"
            " the operator to arm it, then try again."
        ) from error
    if issued.charger_id != claim.charger_id:
        raise WrongCharger(
            f"For the cloud, serial number {claim.serial_number} is charger {issued.charger_id}, and the settings say"
            f" charger_id = {claim.charger_id!r}. Correct what is wrong and try again within a quarter of an hour;"
            " after that the operator has to arm the serial number again."
        )
    return identity.adopt(issued.certificate)


def _patiently(tools: Tools, work: Callable[[], Done], passing: tuple[type[ProvisioningError], ...]) -> Done:
    """Do something that may fail for a moment: a few times, with pauses."""
    for _ in range(TRIES_AT_MOST - 1):
        try:
            return work()
        except passing:
            tools.sleep(AGAIN_AFTER_S)
    return work()
