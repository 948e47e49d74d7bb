"""Which board becomes which charger: the rule behind the pre-provisioning hook.

A serial number is on the list once an operator has put it there (*armed*), and is used up by the first board that
claims it. The same board may claim again for a while, because the answer may have been lost on the way; another one
may not, whenever it comes. A charger that has a certificate renews it with that, under its own client id.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel, to_pascal

from contract.provisioning import (
    CHARGER_PARAMETER,
    CLAIM_PREFIX,
    Attempt,
    SerialNumber,
    claim_client_id,
    may_name_a_charger,
)
from functions.domain.change import change
from functions.domain.ports import Clock

CLAIM_AGAIN_MS = 15 * 60_000
"""How long a board may repeat its claim: a quarter of an hour covers a mobile network that went away and an installer
who starts the command again, and is soon over for whoever copied the board's files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialRecord:
    """A board that may become a charger. `attempt` is the SHA-256 of what the board that claimed it said."""

    serial_number: str
    charger_id: str
    armed_at_ms: int
    claimed_at_ms: int | None = None
    attempt: str = ""
    renewed_at_ms: int | None = None
    """When its charger was last allowed to renew the certificate."""
    revision: int = 0

    @property
    def claimed(self) -> bool:
        """Whether a board has used it since it was armed last. Arming it again lets the next board in."""
        return self.claimed_at_ms is not None and self.claimed_at_ms >= self.armed_at_ms

    def held_by(self, attempt: str, now_ms: int) -> bool:
        """Whether the claim is that board's, and still young."""
        return self.claimed and self.attempt == attempt and now_ms - (self.claimed_at_ms or 0) <= CLAIM_AGAIN_MS


class Serials(Protocol):
    """The list of boards."""

    def get(self, serial_number: str) -> SerialRecord | None:
        """The board with this number, read consistently."""

    def replace(self, old: SerialRecord, new: SerialRecord) -> bool:
        """Write what differs, if nobody has written since `old` was read; False if somebody has."""


class Certificates(Protocol):
    """The certificates that may speak for a charger."""

    def of(self, charger_id: str) -> list[str]:
        """Their ids; none if there is no such charger yet."""

    def made_at_ms(self, certificate_id: str) -> int:
        """When it was issued, in epoch milliseconds."""

    def retire(self, charger_id: str, certificate_id: str) -> None:
        """Make a certificate useless for good. Doing it again is harmless."""


class _Parameters(BaseModel):
    model_config = ConfigDict(alias_generator=to_pascal, populate_by_name=True, extra="ignore", frozen=True)
    serial_number: SerialNumber
    attempt: Attempt | Literal[""] = ""


class HookRequest(BaseModel):
    """What AWS IoT asks the hook. Source: developer guide, "Pre-provisioning hooks".

    `client_id` and `claim_certificate_id` are of the connection that asks, vouched for by AWS IoT; only `parameters`
    are the board's own words.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)
    claim_certificate_id: str = Field(min_length=1)
    certificate_id: str = Field(min_length=1)
    client_id: str
    parameters: _Parameters


class Why(StrEnum):
    """What became of a request, for the log and the metrics; the board hears only yes or no."""

    CLAIMED = "claimed"
    RENEWED = "renewed"
    INVALID = "invalid_request"
    UNKNOWN_SERIAL = "unknown_serial"
    ALREADY_CLAIMED = "already_claimed"
    OTHER_CLIENT = "other_client"
    """The client id is neither the serial number's claim nor its charger."""
    FOREIGN_CERTIFICATE = "foreign_certificate"
    """A renewal over a certificate that is not of this charger."""
    BAD_CHARGER_ID = "bad_charger_id"
    """The list names a charger that cannot be one: an operator has to mend the entry."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether the template may be applied, and to which charger."""

    why: Why
    serial_number: str = ""
    charger_id: str = ""
    retired: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether the board gets its certificate."""
        return self.why in (Why.CLAIMED, Why.RENEWED)

    def to_answer(self) -> dict[str, Any]:
        """The hook's answer to AWS IoT. The override replaces what the board may have said about its name."""
        if not self.allowed:
            return {"allowProvisioning": False}
        return {"allowProvisioning": True, "parameterOverrides": {CHARGER_PARAMETER: self.charger_id}}


def with_claim(record: SerialRecord, attempt: str, now_ms: int) -> SerialRecord:
    """The record after a claim; unchanged if it is claimed already, by whomever."""
    return record if record.claimed else replace(record, claimed_at_ms=max(now_ms, record.armed_at_ms), attempt=attempt)


@dataclass(frozen=True, slots=True)
class Provisioning:
    """Decides about requests for a charger's certificate."""

    serials: Serials
    certificates: Certificates
    clock: Clock

    def decide(self, event: object) -> Decision:
        """Allow or refuse; allowing uses the serial number up and leaves at most the asking certificate good.

        With the new one that AWS activates after this, a charger has at most two.

        Raises:
            TemporaryError: the list or the certificates are out of reach. The board tries again.
        """
        try:
            request = HookRequest.model_validate(event)
        except ValidationError:
            return Decision(Why.INVALID)
        serial_number, client_id = request.parameters.serial_number, request.client_id
        if client_id == claim_client_id(serial_number):
            why, charger_id = self._claim(request)
        elif client_id.startswith(CLAIM_PREFIX):
            why, charger_id = Why.OTHER_CLIENT, ""
        else:
            why, charger_id = self._renew(request)
        decision = Decision(why, serial_number, charger_id)
        return replace(decision, retired=self._retire_others(charger_id, request)) if decision.allowed else decision

    def _claim(self, request: HookRequest) -> tuple[Why, str]:
        serial_number, said = request.parameters.serial_number, request.parameters.attempt
        if not said:
            return Why.INVALID, ""
        attempt, now_ms = hashlib.sha256(said.encode()).hexdigest(), self.clock()
        found = self.serials.get(serial_number)
        if found is not None and not may_name_a_charger(found.charger_id):
            return Why.BAD_CHARGER_ID, ""
        record = change(
            lambda: self.serials.get(serial_number),
            self.serials.replace,
            lambda record: with_claim(record, attempt, now_ms),
        )
        if record is None:
            return Why.UNKNOWN_SERIAL, ""
        return (Why.CLAIMED, record.charger_id) if record.held_by(attempt, now_ms) else (Why.ALREADY_CLAIMED, "")

    def _renew(self, request: HookRequest) -> tuple[Why, str]:
        record = self.serials.get(request.parameters.serial_number)
        if record is None:
            return Why.UNKNOWN_SERIAL, ""
        if record.charger_id != request.client_id:
            return Why.OTHER_CLIENT, ""
        if request.claim_certificate_id not in self.certificates.of(record.charger_id):
            return Why.FOREIGN_CERTIFICATE, ""
        now_ms = self.clock()
        change(
            lambda: self.serials.get(record.serial_number),
            self.serials.replace,
            lambda current: replace(current, renewed_at_ms=now_ms),
        )
        return Why.RENEWED, record.charger_id

    def _retire_others(self, charger_id: str, request: HookRequest) -> tuple[str, ...]:
        """A charger has one board: what else still speaks for it was replaced, or its answer was lost on the way.

        Only older ones: a board that had no answer in time asks again for another one, and this call may be the first
        question, still at work. It must not take away what the second one has brought.
        """
        keep = {request.claim_certificate_id, request.certificate_id}
        others = tuple(each for each in self.certificates.of(charger_id) if each not in keep)
        if others:
            new_ms = self.certificates.made_at_ms(request.certificate_id)
            others = tuple(each for each in others if self.certificates.made_at_ms(each) < new_ms)
        for certificate_id in others:
            self.certificates.retire(charger_id, certificate_id)
        return others
