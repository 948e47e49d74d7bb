"""Cursors of the API: positions of a list, opaque to the app and bound to whose list it is."""

from __future__ import annotations

import base64
import binascii
import hashlib

from functions.domain.errors import CallerError

CURSOR_MAX_CHARS = 256
_TAG_BYTES = 9
"""Length of the binding of a position to its list. It keeps a cursor of another query, or an altered one, from being
taken for one of this list; what protects other people's sessions is that every query names the owner of the token."""


def seal(scope: str, position: str | None) -> str | None:
    """The cursor that continues the list `scope` behind a position; None at its end."""
    if position is None:
        return None
    return base64.urlsafe_b64encode(_tag(scope, position) + position.encode()).decode().rstrip("=")


def unseal(scope: str, cursor: str | None) -> str | None:
    """The position in a cursor.

    Raises:
        CallerError: invalid_request; the cursor is of another person's list, of another query, altered or made up.
    """
    if cursor is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        position = raw[_TAG_BYTES:].decode("ascii")
    except (binascii.Error, ValueError) as error:
        raise CallerError("invalid_request", "cursor: not one of this list.") from error
    if raw[:_TAG_BYTES] != _tag(scope, position) or cursor != seal(scope, position):
        raise CallerError("invalid_request", "cursor: not one of this list.")
    return position


def _tag(scope: str, position: str) -> bytes:
    return hashlib.sha256(f"{scope}\n{position}".encode()).digest()[:_TAG_BYTES]
