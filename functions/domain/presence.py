"""Whether a charger is connected, from lifecycle events that may come twice and in any order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from functions.domain.change import change
from functions.domain.errors import ContractViolation
from functions.domain.ports import Chargers
from functions.domain.records import ChargerRecord


class LifecycleEvent(BaseModel):
    """A connection made or lost. Source: AWS IoT developer guide, lifecycle events. `at` in epoch milliseconds."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)

    client_id: Annotated[str, Field(min_length=1, max_length=256)]
    """Of any client of the account, so it need not look like a charger's id."""
    event_type: Literal["connected", "disconnected"]
    at: int
    session_identifier: str


def with_lifecycle(charger: ChargerRecord, event: LifecycleEvent) -> ChargerRecord:
    """The charger after a lifecycle event.

    A loss counts only for the connection it names: when a charger reconnects, the loss of the old connection often
    comes after the news of the new one. A connection counts only if it is newer than what is known, so that a late
    `connected` cannot resurrect a charger.
    """
    known_ms = charger.presence_at_ms
    same_connection = charger.presence_session == event.session_identifier
    if event.event_type == "connected":
        # A charger that reconnects loses its old connection in the same millisecond.
        if known_ms is not None and (event.at < known_ms or (event.at == known_ms and same_connection)):
            return charger
        return replace(charger, connected=True, presence_at_ms=event.at, presence_session=event.session_identifier)
    if charger.connected and not same_connection:
        return charger
    if charger.connected is False and (same_connection or event.at <= (known_ms or 0)):
        return charger
    return replace(
        charger,
        connected=False,
        presence_at_ms=max(event.at, known_ms or 0),
        presence_session=event.session_identifier,
    )


@dataclass(frozen=True, slots=True)
class Presence:
    """Takes in lifecycle events."""

    chargers: Chargers

    def take(self, body: str) -> str:
        """Apply one lifecycle event.

        Returns:
            Its type, for the log; "not_a_charger" for other clients of the account.

        Raises:
            ContractViolation: not a lifecycle event.
        """
        try:
            event = LifecycleEvent.model_validate_json(body)
        except ValidationError as error:
            raise ContractViolation("invalid_document", str(error.errors(include_input=False)[0]["msg"])) from error
        changed = change(
            lambda: self.chargers.record(event.client_id),
            self.chargers.replace_charger,
            lambda charger: with_lifecycle(charger, event),
        )
        return event.event_type if changed else "not_a_charger"
