"""The right to stop one session and nothing else, as its driver lends it to another account (ADR 0019)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

NAME_CHARS = 32
"""128 bits in hex: no two accounts share a name, and none is found by trying."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRight:
    """One lending. At most one is in force in a session: it is offered by a code, then held by whoever used it."""

    right_id: str
    offered_at_ms: int
    offer_ends_at_ms: int
    code_hash: str
    """SHA-256 of the code's secret part: the code itself is with those two people only."""
    holder: str = ""
    """The name that its holder's account has in this session, see `guest_name`; empty until somebody used the code."""
    taken_at_ms: int | None = None
    revoked_at_ms: int | None = None


def guest_name(session_id: str, account: str) -> str:
    """What an account is called in somebody else's session: nothing about the account can be told from it.

    It differs from session to session, so that nobody learns what else the same guest stops, and so that nothing has to
    be searched for when the guest's account is deleted.
    """
    return hashlib.sha256(f"guest:{session_id}\n{account}".encode()).hexdigest()[:NAME_CHARS]


def secret_hash(secret: str) -> str:
    """What is kept of a code."""
    return hashlib.sha256(secret.encode()).hexdigest()
