"""The JSON Schemas of the wire documents, generated from the models. `make schema` writes them to contract/schema/."""

from __future__ import annotations

import json

from contract.authorisation import AuthorisationAnswer, AuthorisationRequest
from contract.events import SessionEvent
from contract.intents import Desired, WatchHint
from contract.reports import Reported
from contract.wire import Wire

DOCUMENTS: dict[str, type[Wire]] = {
    "shadow-desired.v1": Desired,
    "shadow-reported.v1": Reported,
    "session-event.v1": SessionEvent,
    "watch-hint.v1": WatchHint,
    "authorisation-request.v1": AuthorisationRequest,
    "authorisation-answer.v1": AuthorisationAnswer,
}


def schema_texts() -> dict[str, str]:
    """The text of every schema, by file name."""
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return {
        f"{name}.json": json.dumps({**dialect, **model.model_json_schema(by_alias=True)}, indent=2) + "\n"
        for name, model in DOCUMENTS.items()
    }
