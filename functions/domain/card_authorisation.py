"""A charger asks about a card that somebody holds to it; the answer has to be quick, or nobody needs it."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from contract.authorisation import AuthorisationRequest
from contract.wire import EVENT_MAX_BYTES, ChargerId
from functions.domain.accounts import Accounts, why_not_begin
from functions.domain.cards import answer_to
from functions.domain.errors import ContractViolation
from functions.domain.patience import Patience
from functions.domain.ports import Answers, Cards, Chargers, Clock
from functions.domain.records import CardRecord

TOO_LATE = "too_late"
"""What `CardAuthorisation.take` says of a question that nobody waits for any more."""


class RequestDocument(BaseModel):
    """One question, as the topic rule forwards it: the payload untouched, in base64, whatever it was."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)

    charger_id: ChargerId
    payload: Annotated[str, Field(max_length=2 * EVENT_MAX_BYTES)]


@dataclass(frozen=True, slots=True)
class CardAuthorisation:
    """Answers chargers that ask about a card."""

    cards: Cards
    accounts: Accounts
    chargers: Chargers
    answers: Answers
    clock: Clock
    patience: Patience
    cache_s: int
    """How long a charger may go by "accepted" while it cannot ask."""

    def take(self, body: str, *, received_at_ms: int) -> str:
        """Answer one message of the queue, to the charger whose certificate vouches for the topic it came by.

        Returns:
            The card's status, for the log; `TOO_LATE` for a question so old that its driver has walked on.

        Raises:
            ContractViolation: nobody can use this message, now or later; keep it for a person to look at.
            TemporaryError: try the same message again later.
        """
        try:
            document = RequestDocument.model_validate_json(body)
            request = AuthorisationRequest.read(json.loads(base64.b64decode(document.payload, validate=True)))
        except ValidationError as error:
            problem = error.errors(include_input=False, include_url=False)[0]
            place = ".".join(str(part) for part in problem["loc"])
            raise ContractViolation("invalid_document", f"{place}: {problem['msg']}") from error
        except (binascii.Error, ValueError, RecursionError) as error:  # not base64; not UTF-8, not JSON, too deep
            raise ContractViolation("invalid_document", str(error)[:200]) from error
        if self.clock() - received_at_ms > self.patience.card_answer_s * 1000:
            return TOO_LATE
        card = self.cards.get(request.id_token_hash)
        may_begin = card is None or self._may_begin(card, document.charger_id)
        answer = answer_to(request, card, may_begin=may_begin, cache_s=self.cache_s)
        self.answers.tell(document.charger_id, answer)
        return answer.status.value

    def _may_begin(self, card: CardRecord, charger_id: str) -> bool:
        """Whether this card's owner may begin a session at this charger.

        With a session of theirs on it, they may in any case: the card may be there to end that, which is never refused.
        """
        charger = self.chargers.get(charger_id)
        if charger is not None and any(evse.current_owner == card.owner for evse in charger.evses):
            return True
        in_service = charger is None or charger.charger.in_service
        return in_service and not why_not_begin(self.accounts.get(card.owner))
