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

RENUMBERED_MS = 30 * 60_000
"""AWS IoT numbers a client's connections upwards, and begins again at 0 after about an hour without one; its times may
be two minutes off (developer guide, lifecycle events). So within half an hour the numbers say which connection is the
newer one, and beyond it the times do: neither can be wrong there."""


class LifecycleEvent(BaseModel):
    """A connection made or lost. Source: AWS IoT developer guide, lifecycle events. `at` in epoch milliseconds."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)

    client_id: Annotated[str, Field(min_length=1, max_length=256)]
    """Of any client of the account, so it need not look like a charger's id."""
    event_type: Literal["connected", "disconnected"]
    at: int
    session_identifier: str
    version_number: int
    """The same for the making and the loss of one connection."""


def with_lifecycle(charger: ChargerRecord, event: LifecycleEvent) -> ChargerRecord:
    """The charger after a lifecycle event.

    Only the newest connection counts, and once lost it stays lost. So the late loss of an old connection leaves the
    new one alone, and late news of an old one, or of one that is lost by now, cannot resurrect a charger.
    """
    made = event.event_type == "connected"
    if (charger.presence_session, charger.presence_version) == (event.session_identifier, event.version_number):
        if made or charger.connected is False:
            return charger
        return replace(charger, connected=False, presence_at_ms=max(event.at, charger.presence_at_ms or 0))
    if not _of_newer_connection(charger, event):
        return charger
    return replace(
        charger,
        connected=made,
        presence_at_ms=event.at,
        presence_session=event.session_identifier,
        presence_version=event.version_number,
    )


def _of_newer_connection(charger: ChargerRecord, event: LifecycleEvent) -> bool:
    """Whether the event is of a connection made after the one on record."""
    if charger.presence_at_ms is None:
        return True
    later_ms = event.at - charger.presence_at_ms
    if abs(later_ms) > RENUMBERED_MS:
        return later_ms > 0
    known = charger.presence_version
    return event.version_number > known if known is not None else later_ms >= 0


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
