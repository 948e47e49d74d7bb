"""What the topic rules forward: the documents' shapes, and how they are read. What cannot be read is a violation."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from contract.events import SessionEvent
from contract.reports import Reported
from contract.topics import source_of_events
from contract.wire import EVENT_MAX_BYTES, ChargerId, EvseId
from functions.domain.errors import ContractViolation
from functions.domain.transitions import MAX_REORDERING_MS

DOCUMENT_MAX_BYTES = 16_384
"""Twice the shadow service's own limit of 8 KB: what is larger did not come from it."""


class _Envelope(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)
    charger_id: ChargerId


class ShadowDocument(_Envelope):
    """One accepted shadow update, as the topic rule forwards it."""

    kind: Literal["shadow"]
    shadow: Annotated[str, Field(max_length=64)]
    version: Annotated[int, Field(ge=0)]
    reported: dict[str, Any] | None = None
    previous_n: Any = None
    previous_boot: Any = None
    """What stood there before, only compared: if it was malformed, that is no fault of this document."""
    at: int | None = None
    """When the shadow service took it in, in epoch seconds."""

    def sent_ms(self, received_at_ms: int) -> int:
        """When it was sent: when it arrived, to the millisecond, unless it has been under way for longer than usual.

        A dead letter that was moved back to its queue arrives as if it were new.
        """
        long_under_way = self.at is not None and received_at_ms - self.at * 1000 > MAX_REORDERING_MS
        return self.at * 1000 if self.at is not None and long_under_way else received_at_ms


class EventDocument(_Envelope):
    """One session event, as the topic rule forwards it: the payload untouched, in base64, whatever it was."""

    kind: Literal["event"]
    evse: EvseId
    payload: Annotated[str, Field(max_length=2 * EVENT_MAX_BYTES)]


class RuleLetter(BaseModel):
    """What a topic rule leaves among the dead letters if it cannot write to its queue: the message as it was sent.

    Source: AWS IoT developer guide, "Error handling (error action)".
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)
    topic: str
    base64_original_payload: str


_DOCUMENT: TypeAdapter[ShadowDocument | EventDocument] = TypeAdapter(
    Annotated[ShadowDocument | EventDocument, Field(discriminator="kind")]
)


def document_of(body: str) -> ShadowDocument | EventDocument:
    """A message of the queue, or an event in a rule's letter that was moved back to it.

    Raises:
        ContractViolation: invalid_document.
    """
    if len(body) > DOCUMENT_MAX_BYTES:
        raise ContractViolation("invalid_document", f"The document has {len(body)} bytes.")
    try:
        return _DOCUMENT.validate_json(body)
    except ValidationError as error:
        if (event := _event_in_letter(body)) is not None:
            return event
        raise ContractViolation("invalid_document", _first_problem(error)) from error


def _event_in_letter(body: str) -> EventDocument | None:
    """The event that its rule could not forward, or None. A report needs none: the next one repeats it."""
    try:
        letter = RuleLetter.model_validate_json(body)
        charger_id, evse = source_of_events(letter.topic) or ("", "")
        return EventDocument.model_validate(
            {"kind": "event", "chargerId": charger_id, "evse": evse, "payload": letter.base64_original_payload}
        )
    except ValidationError:
        return None


def report_of(reported: dict[str, Any]) -> Reported:
    """The charger's report in a shadow.

    Raises:
        ContractViolation: invalid_report.
    """
    try:
        return Reported.read(reported)
    except ValidationError as error:
        raise ContractViolation("invalid_report", _first_problem(error)) from error


def event_of(document: EventDocument) -> SessionEvent:
    """The session event that was forwarded untouched.

    Raises:
        ContractViolation: invalid_event.
    """
    try:
        payload = base64.b64decode(document.payload, validate=True)
        event = SessionEvent.read(json.loads(payload))
    except ValidationError as error:
        raise ContractViolation("invalid_event", _first_problem(error)) from error
    except (binascii.Error, ValueError, RecursionError) as error:  # not base64; not UTF-8, not JSON, too deep
        raise ContractViolation("invalid_event", str(error)[:200]) from error
    if len(payload) > EVENT_MAX_BYTES:
        raise ContractViolation("invalid_event", f"The event has {len(payload)} bytes.")
    return event


def _first_problem(error: ValidationError) -> str:
    """The first thing wrong with a document, without its content: it may hold what must not reach a log."""
    problem = error.errors(include_input=False, include_url=False)[0]
    return f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
