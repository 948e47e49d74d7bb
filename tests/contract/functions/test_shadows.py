"""The ports `Shadows`, `Watchers` and `DeadLetters`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from contract.intents import Desired, Intent
from contract.vocabulary import Act, RequestedBy
from functions.adapters.iot import IotShadows, IotWatchers
from functions.adapters.memory import MemoryDeadLetters, MemoryShadows, MemoryWatchers
from functions.adapters.sqs import SqsDeadLetters
from functions.domain.errors import ContractViolation, TemporaryError
from functions.domain.ports import DeadLetters, Shadows
from tests.contract.functions.conftest import REGION, Aws
from tests.support import builders
from tests.support.builders import CHARGER, NOON_S

START = Intent.read(builders.start_wire())
STOP = Intent.read(builders.stop_wire())
KEEP = Intent(
    id="01JC0000000000000000000001",
    act=Act.KEEP,
    session_id=builders.SESSION,
    issued_at=NOON_S,
    by=RequestedBy.OWNER,
)


@dataclass
class ShadowWorld:
    """The port, and what a charger would find."""

    shadows: Shadows
    aws: Aws | None = None

    def desired(self, evse_id: int = 1) -> dict[str, Any]:
        if self.aws is None:
            assert isinstance(self.shadows, MemoryShadows)
            intent = [it for charger, evse, it in self.shadows.sent if (charger, evse) == (CHARGER, evse_id)][-1]
            return Desired(intent=(intent,)).to_wire()
        return dict(self.state(evse_id)["desired"])

    def state(self, evse_id: int = 1) -> dict[str, Any]:
        assert self.aws is not None
        answer = self.aws.iot_data.get_thing_shadow(thingName=CHARGER, shadowName=f"evse-{evse_id}")
        return dict(json.loads(answer["payload"].read())["state"])


@pytest.fixture(params=["memory", "iot-data"])
def shadow_world(request: pytest.FixtureRequest) -> ShadowWorld:
    if request.param == "memory":
        return ShadowWorld(MemoryShadows())
    aws: Aws = request.getfixturevalue("aws")
    return ShadowWorld(IotShadows(aws.iot_data), aws)


@pytest.mark.parametrize("intent", [START, STOP, KEEP], ids=["start", "stop", "keep"])
def test_a_charger_finds_the_intent_as_it_was_meant(shadow_world: ShadowWorld, intent: Intent) -> None:
    shadow_world.shadows.send(CHARGER, 1, intent)
    assert Desired.read(shadow_world.desired()).intent == (intent,)


def test_the_next_intent_takes_the_place_of_the_last_and_leaves_no_key_of_it(shadow_world: ShadowWorld) -> None:
    for intent in (START, STOP):
        shadow_world.shadows.send(CHARGER, 1, intent)
    assert shadow_world.desired() == {"v": 1, "intent": [builders.stop_wire()]}


def test_each_evse_has_its_own(shadow_world: ShadowWorld) -> None:
    shadow_world.shadows.send(CHARGER, 1, START)
    shadow_world.shadows.send(CHARGER, 2, STOP)
    assert shadow_world.desired(1)["intent"][0]["act"] == "start"
    assert shadow_world.desired(2)["intent"][0]["act"] == "stop"


@pytest.mark.parametrize("shadow_world", ["iot-data"], indirect=True)
def test_what_the_charger_reported_is_left_alone(shadow_world: ShadowWorld) -> None:
    assert shadow_world.aws is not None
    reported = builders.reported()
    document = json.dumps({"state": {"reported": reported}})
    shadow_world.aws.iot_data.update_thing_shadow(thingName=CHARGER, shadowName="evse-1", payload=document)
    shadow_world.shadows.send(CHARGER, 1, STOP)
    assert shadow_world.state()["reported"] == reported


def test_a_thing_nobody_made_is_a_fault_of_ours(aws: Aws) -> None:
    with pytest.raises(ContractViolation) as error:
        IotShadows(aws.iot_data).send("PX-9999", 1, STOP)
    assert error.value.code == "internal"


class Client:
    """An IoT data client whose calls all fail, or are kept."""

    def __init__(self, code: str = "") -> None:
        self.code = code
        self.published: list[dict[str, Any]] = []

    def update_thing_shadow(self, **_: object) -> None:
        raise ClientError({"Error": {"Code": self.code}}, "UpdateThingShadow")

    def publish(self, **message: Any) -> None:
        if self.code:
            raise ClientError({"Error": {"Code": self.code}}, "Publish")
        self.published.append(message)


@pytest.mark.parametrize(
    "code", ["ThrottlingException", "ServiceUnavailableException", "InternalFailureException", "503"]
)
def test_a_service_that_is_down_is_a_temporary_error(code: str) -> None:
    with pytest.raises(TemporaryError):
        IotShadows(Client(code)).send(CHARGER, 1, STOP)  # type: ignore[arg-type]  # the one method the port uses
    with pytest.raises(TemporaryError):
        IotWatchers(Client(code)).hint(CHARGER, 1, NOON_S)  # type: ignore[arg-type]  # as above


def test_a_hint_is_published_once_on_the_evses_own_topic() -> None:
    client, memory = Client(), MemoryWatchers()
    for watchers in (IotWatchers(client), memory):  # type: ignore[arg-type]  # the one method the port uses
        watchers.hint(CHARGER, 2, NOON_S)
    ((charger_id, evse_id, until_s),) = memory.hints
    (message,) = client.published
    assert message["topic"] == f"polaris/v1/{charger_id}/{evse_id}/watch"
    assert json.loads(message["payload"]) == {"until": until_s}
    assert message["qos"] == 0


@dataclass
class LetterWorld:
    """The port, and what a person would find."""

    letters: DeadLetters
    aws: Aws | None = None

    def found(self) -> tuple[str, str]:
        if self.aws is None:
            assert isinstance(self.letters, MemoryDeadLetters)
            return self.letters.letters[-1]
        (message,) = self.aws.sqs.receive_message(QueueUrl=self.aws.queue_url, MessageAttributeNames=["All"])[
            "Messages"
        ]
        return message["Body"], message["MessageAttributes"]["why"]["StringValue"]


@pytest.fixture(params=["memory", "sqs"])
def letter_world(request: pytest.FixtureRequest) -> LetterWorld:
    if request.param == "memory":
        return LetterWorld(MemoryDeadLetters())
    aws: Aws = request.getfixturevalue("aws")
    return LetterWorld(SqsDeadLetters(aws.sqs, aws.queue_url), aws)


def test_a_dead_letter_is_kept_whole_with_its_reason(letter_world: LetterWorld) -> None:
    letter_world.letters.put('{"kind": "gossip \u00e4"}', why="invalid_document: kind")
    assert letter_world.found() == ('{"kind": "gossip \u00e4"}', "invalid_document: kind")


@pytest.mark.parametrize("why", ["", "x" * 5000, "a\x00b\x1b[31m", "line\nline", "\ud800"])
def test_a_reason_that_sqs_would_refuse_does_not_keep_the_letter_from_being_kept(
    letter_world: LetterWorld, why: str
) -> None:
    letter_world.letters.put("body", why=why)
    body, kept = letter_world.found()
    assert body == "body"
    if letter_world.aws is not None:
        assert kept
        assert kept.isprintable()
        assert len(kept) <= 240


def test_a_queue_that_is_not_there_is_a_fault_of_ours(aws: Aws) -> None:
    with pytest.raises(ContractViolation):
        SqsDeadLetters(aws.sqs, f"https://sqs.{REGION}.amazonaws.com/123456789012/gone").put("x", why="y")
