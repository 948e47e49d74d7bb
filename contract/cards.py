"""Cards and other id tokens: how both sides name one without passing it on."""

from __future__ import annotations

import hashlib


def id_token_hash(id_token: str) -> str:
    """SHA-256 of an id token, as 64 hex digits.

    Chargers write the same card as `04:A2:2b`, `04a22b` or `04A22B`: separators and case do not count. The hash keeps
    card numbers out of topics, logs and tables; against somebody who tries all numbers it is no secret.
    """
    plain = "".join(letter for letter in id_token.upper() if letter.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()


NO_CARD = id_token_hash("")
"""What a session carries that began at the charger without any card: a card that nobody can have, so that the cloud
puts the session on record as it does those of unknown cards, with no owner."""
