"""What the cloud wants of one EVSE: the shadow's `desired`, which only the cloud writes."""

from __future__ import annotations

import json
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator

from contract.authorisation import Group
from contract.vocabulary import Act
from contract.wire import EpochSeconds, Ulid, Wire

INTENT_MAX_BYTES = 512
"""An intent is copied whole into `reported`; a larger one would push that write over its 1 KB."""


Asker = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,16}$")]
"""A word of `RequestedBy`, or one that a newer cloud has and this release does not: the charger only keeps it, so that
no stop is refused for who has asked for it."""


class Intent(Wire):
    """One wish of the cloud, bound to one session on one EVSE.

    Source: docs/architecture.md, "The contract". An intent names its session, so it can never touch the next one.
    """

    id: Ulid
    act: Act
    session_id: Ulid
    issued_at: EpochSeconds
    by: Asker
    expires_at: EpochSeconds | None = None
    """Only a start expires: past this the charger refuses it. A stop stays true until it is done."""
    group: Group | None = None
    """Of a start: whose session it is, so that their cards can end it at the charger."""

    @model_validator(mode="after")
    def _what_belongs_to_a_start(self) -> Self:
        if (self.act is Act.START) != (self.expires_at is not None):
            raise ValueError("expiresAt belongs to a start, and to nothing else")
        if self.act is not Act.START and self.group is not None:
            raise ValueError("group belongs to a start, and to nothing else")
        return self


class Desired(Wire):
    """The whole `desired` section of one EVSE's shadow.

    The intent sits in a one-element list because the shadow service replaces lists whole and merges objects:
    in a list no key of an older intent can survive.
    """

    v: Literal[1] = 1
    intent: tuple[Intent] = Field(min_length=1, max_length=1)


class UnreadableIntent(Wire):
    """An intent this release cannot read, of which at least the id is known, so that it can be refused once."""

    id: Ulid


def read_desired(document: object) -> Intent | UnreadableIntent | None:
    """The intent in a shadow's `desired` section as it came from the wire.

    Returns:
        The intent; or its bare id if it is of another version or shape, so that the agent can answer it instead of
        looping over it; or None if there is nothing one could answer.
    """
    if not isinstance(document, dict):
        return None
    try:
        if len(json.dumps(document)) <= INTENT_MAX_BYTES:
            return Desired.read(document).intent[0]
    except ValidationError:
        pass
    try:
        entries = document["intent"]
        return UnreadableIntent.read({"id": entries[0]["id"]})
    except (KeyError, IndexError, TypeError, ValidationError):
        return None


class WatchHint(Wire):
    """A hint, not state: sample this EVSE's meter often until then; somebody looks, or a target is near."""

    until: EpochSeconds
