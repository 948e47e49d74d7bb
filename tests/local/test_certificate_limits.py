"""What certificates may not do, tried over real MQTT: the claim certificate, and a charger's own."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from contract.provisioning import CREATE_TOPIC, PROVISION_TOPIC
from contract.topics import shadow_topic
from device_agent.identity import Identity, Pair
from device_agent.provisioning import papers
from device_agent.provisioning.cloud import Board as Asking
from device_agent.provisioning.conversation import Conversation
from device_agent.provisioning.errors import CertificateRefused, CloudTrouble, SerialRefused
from local.seed import Board, Site
from tests.local.boards import Boards, hears, is_thrown_out
from tests.local.support import LocalStack

ANOTHER = "PX-0004"
SILENCE_S = 1.0

LISTENING = [
    "#",
    "$aws/#",
    "$aws/things/+/shadow/name/+/update/accepted",
    "$aws/things/+/shadow/name/evse-1/update/documents",
    shadow_topic(ANOTHER, 1, "update/delta"),
    shadow_topic(ANOTHER, 1, "get/accepted"),
    "$aws/events/presence/connected/+",
    "polaris/v1/+/1/watch",
    CREATE_TOPIC,
    PROVISION_TOPIC,
    f"{CREATE_TOPIC}/+",
    f"{PROVISION_TOPIC}/#",
    "$aws/provisioning-templates/another/provision/json/accepted",
]
SPEAKING = [
    shadow_topic(ANOTHER, 1, "update"),
    shadow_topic(ANOTHER, 1, "get"),
    shadow_topic(ANOTHER, 1, "delete"),
    f"$aws/rules/polaris_session_events/polaris/v1/{ANOTHER}/1/events",
    "$aws/rules/polaris_presence/x",
    f"polaris/v1/{ANOTHER}/1/watch",
    "$aws/certificates/create/json",
    "$aws/provisioning-templates/another/provision/json",
    f"{CREATE_TOPIC}/accepted",
]


@pytest.fixture(scope="module")
def own(stack: LocalStack) -> tuple[Site, Board, Identity]:
    """A charger whose agent does not run, so that a test may speak in its place."""
    return Boards(stack).provisioned()


@pytest.fixture
def boards(stack: LocalStack) -> Boards:
    return Boards(stack)


@pytest.fixture(params=["claim", "charger"])
def talk(request: pytest.FixtureRequest, boards: Boards, own: tuple[Site, Board, Identity]) -> Iterator[Conversation]:
    """A connection with the claim certificate, and one with a charger's own."""
    site, board, identity = own
    if request.param == "claim":
        line = boards.line("provision-SN-NOBODY", board.claim)
    else:
        line = boards.line(site.charger_id, identity.pair("a"))
    with line as talk:
        yield talk


@pytest.mark.parametrize("topic", LISTENING)
def test_nobody_may_listen_to_others(talk: Conversation, topic: str) -> None:
    assert is_thrown_out(talk, lambda talk: talk.client.subscribe(topic, 1))


@pytest.mark.parametrize("topic", SPEAKING)
def test_nobody_may_speak_for_others(talk: Conversation, topic: str) -> None:
    assert is_thrown_out(talk, lambda talk: talk.client.publish(topic, b"{}", qos=1))


def test_the_claim_certificate_may_not_touch_the_shadow_of_any_charger(
    boards: Boards, own: tuple[Site, Board, Identity]
) -> None:
    site, board, _ = own
    topic = shadow_topic(site.charger_id, 1, "update")
    with boards.line("provision-SN-NOBODY", board.claim) as talk:
        assert is_thrown_out(talk, lambda talk: talk.client.publish(topic, b"{}", qos=1))


@pytest.mark.parametrize("client_id", [ANOTHER, "PX-NONE", "anything", "provision"])
def test_the_claim_certificate_connects_as_a_claim_only(
    boards: Boards, own: tuple[Site, Board, Identity], client_id: str
) -> None:
    with pytest.raises(CertificateRefused), boards.line(client_id, own[1].claim):
        pass


@pytest.mark.parametrize("client_id", [ANOTHER, "provision-SN-4711", "anything"])
def test_a_charger_connects_under_its_own_name_only(
    boards: Boards, own: tuple[Site, Board, Identity], client_id: str
) -> None:
    with pytest.raises(CertificateRefused), boards.line(client_id, own[2].pair("a")):
        pass


def test_the_desired_state_of_another_charger_stays_as_it_is(
    stack: LocalStack, boards: Boards, own: tuple[Site, Board, Identity]
) -> None:
    shadows = stack.client("iot-data")

    def wanted() -> object:
        answer = shadows.get_thing_shadow(thingName=ANOTHER, shadowName="evse-1")["payload"].read()
        return json.loads(answer)["state"].get("desired")

    before = wanted()
    intent = b'{"state":{"desired":{"intent":[{"id":"x"}]}}}'
    with boards.line(own[0].charger_id, own[2].pair("a")) as talk:
        topic = shadow_topic(ANOTHER, 1, "update")
        assert is_thrown_out(talk, lambda talk: talk.client.publish(topic, intent, qos=1))
    assert wanted() == before


def test_a_charger_that_writes_its_own_desired_state_misleads_nobody_but_itself(
    stack: LocalStack, boards: Boards, own: tuple[Site, Board, Identity]
) -> None:
    site, _, identity = own
    intent = {"id": "01JZZZZZZZZZZZZZZZZZZZZZZZ", "act": "stop", "sessionId": "01JZZZZZZZZZZZZZZZZZZZZZZZ"}
    topic = shadow_topic(site.charger_id, 1, "update")
    with boards.line(site.charger_id, identity.pair("a")) as talk:
        accepted, _ = talk.ask(topic, {"state": {"desired": {"v": 1, "intent": [intent | {"issuedAt": 1}]}}})
    assert accepted  # a policy knows topics, not what is in a document
    with stack.api() as api:
        (evse,) = api.charger(site.charger_id).expect(200)["evses"]
        assert (evse["status"], evse["session"]) == (None, None)
        assert api.session(intent["sessionId"]).status == 404


def test_the_answer_to_one_board_is_not_heard_by_another(boards: Boards, own: tuple[Site, Board, Identity]) -> None:
    site, board, identity = own
    with (
        boards.line("provision-SN-EAR", board.claim) as ear,
        boards.line(site.charger_id, identity.pair("a")) as charger,
    ):
        for listener in (ear, charger):
            answers = [
                f"{topic}/{word}" for topic in (CREATE_TOPIC, PROVISION_TOPIC) for word in ("accepted", "rejected")
            ]
            listener.client.subscribe([(answer, 1) for answer in answers])
            assert listener.events.get(timeout=5)[0] == "granted"
        boards.provisioned()
        assert not list(hears(ear, SILENCE_S))
        assert not list(hears(charger, SILENCE_S))


def test_the_claim_certificate_alone_gets_a_certificate_that_is_good_for_nothing(
    boards: Boards, own: tuple[Site, Board, Identity], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Anybody with the claim certificate may have keys signed; without the hook's leave they open nothing."""
    folder = tmp_path_factory.mktemp("thief")
    request = papers.make_request(folder / "key.pem", own[0].charger_id)
    with boards.line("provision-SN-THIEF", own[1].claim) as talk:
        created, answer = talk.ask(CREATE_TOPIC, {"certificateSigningRequest": request})
        assert created
        token = answer["certificateOwnershipToken"]
        parameters = {"SerialNumber": "SN-THIEF", "Attempt": "0" * 32, "ChargerId": ANOTHER}
        provisioned, refusal = talk.ask(PROVISION_TOPIC, {"certificateOwnershipToken": token, "parameters": parameters})
    assert (provisioned, refusal["errorCode"]) == (False, "AccessDenied")
    (folder / "cert.pem").write_text(answer["certificatePem"])
    for client_id in (ANOTHER, "provision-SN-THIEF"):
        with pytest.raises((CertificateRefused, CloudTrouble)):
            boards.cloud.prove(client_id, Pair(folder / "cert.pem", folder / "key.pem"))


def test_a_charger_cannot_renew_as_another_one(
    stack: LocalStack, boards: Boards, own: tuple[Site, Board, Identity], tmp_path_factory: pytest.TempPathFactory
) -> None:
    request = papers.make_request(tmp_path_factory.mktemp("thief") / "key.pem", ANOTHER)
    with pytest.raises(SerialRefused):
        boards.cloud.issue(own[0].charger_id, own[2].pair("a"), request, Asking(f"SN-{ANOTHER}"))
    assert list(boards.certificates(ANOTHER).values()) == ["ACTIVE"]
    assert stack.run.charger(ANOTHER).online
