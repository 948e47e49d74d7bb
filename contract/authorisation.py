"""May this card charge? The charger asks, the cloud answers: plain messages, for nobody waits longer than seconds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from contract.vocabulary import CardStatus
from contract.wire import EpochSeconds, Ulid, Wire

IdTokenHash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""What `contract.cards.id_token_hash` makes of a card's number."""

Group = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{1,20}$")]
"""One person's name on chargers, made by the cloud: cards of one group may end each other's sessions.
20 characters at most (OCPP 1.6, parentIdTag)."""


class AuthorisationRequest(Wire):
    """The charger asks about a card that somebody holds to it."""

    v: Literal[1] = 1
    id: Ulid
    """Names this question; the answer repeats it."""
    id_token_hash: IdTokenHash
    at: EpochSeconds


class AuthorisationAnswer(Wire):
    """What the cloud says of the card."""

    v: Literal[1] = 1
    id: Ulid
    id_token_hash: IdTokenHash
    status: CardStatus
    group: Group | None = None
    """Only for an accepted card."""
    cache_s: Annotated[int, Field(ge=0, le=2_592_000)] = 0
    """How long the charger may go by this answer while it cannot ask."""
