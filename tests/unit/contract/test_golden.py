"""Documents of every released version are read and written again unchanged, for ever. Never edit one: add one."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from contract.authorisation import AuthorisationAnswer, AuthorisationRequest
from contract.events import SessionEvent
from contract.intents import Desired, WatchHint
from contract.reports import Reported
from contract.schemas import schema_texts
from contract.vocabulary import Act, CardStatus, EventType
from contract.wire import EVENT_MAX_BYTES, SHADOW_WRITE_MAX_BYTES, Wire

V1 = Path(__file__).parent / "golden" / "v1"
MODELS: dict[str, tuple[type[Wire], str]] = {
    "desired": (Desired, "shadow-desired.v1"),
    "reported": (Reported, "shadow-reported.v1"),
    "event": (SessionEvent, "session-event.v1"),
    "authorise": (AuthorisationRequest, "authorisation-request.v1"),
    "authorised": (AuthorisationAnswer, "authorisation-answer.v1"),
    "watch": (WatchHint, "watch-hint.v1"),
}
GOLDEN = sorted(V1.glob("*.json"))


@pytest.mark.parametrize("path", GOLDEN, ids=[path.stem for path in GOLDEN])
def test_a_golden_document_is_read_and_written_again_unchanged(path: Path) -> None:
    document = json.loads(path.read_text())
    model, _ = MODELS[path.stem.split("-")[0]]
    assert model.read(document).to_wire() == document


@pytest.mark.parametrize("path", GOLDEN, ids=[path.stem for path in GOLDEN])
def test_a_golden_document_fits_its_published_schema(path: Path) -> None:
    _, schema = MODELS[path.stem.split("-")[0]]
    jsonschema.validate(json.loads(path.read_text()), json.loads(schema_texts()[f"{schema}.json"]))


@pytest.mark.parametrize("path", GOLDEN, ids=[path.stem for path in GOLDEN])
def test_a_golden_document_stays_far_below_the_limits(path: Path) -> None:
    size = len(json.dumps(json.loads(path.read_text())))
    assert size <= (EVENT_MAX_BYTES if path.stem.startswith("event") else SHADOW_WRITE_MAX_BYTES)


def test_there_is_a_golden_document_of_everything_the_version_knows() -> None:
    names = {path.stem for path in GOLDEN}
    assert {f"desired-{act.value}" for act in Act} <= names
    assert {f"event-{kind.value}" for kind in EventType} <= names
    assert {f"authorised-{status.value}" for status in CardStatus} <= names
    assert {name.split("-")[0] for name in names} == set(MODELS)
