"""What the cloud does for a board's identity: issues a certificate, and lets itself be shown that it works."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from contract.provisioning import ATTEMPT_PARAMETER, CREATE_TOPIC, PROVISION_TOPIC, SERIAL_PARAMETER
from contract.topics import shadow_topic
from device_agent.identity import Pair
from device_agent.paho_link import Broker
from device_agent.provisioning.conversation import Conversation, conversation
from device_agent.provisioning.errors import CloudTrouble, SerialRefused

FORBIDDEN, NOT_FOUND = 403, 404


@dataclass(frozen=True, slots=True)
class Board:
    """Who asks: the board by its label, and with a claim its attempt."""

    serial_number: str
    attempt: str = ""


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate, put to use for a charger."""

    certificate: bytes
    charger_id: str


class Cloud(Protocol):
    """The cloud, as far as certificates go."""

    def issue(self, client_id: str, pair: Pair, request: str, board: Board) -> Issued:
        """A certificate on a signing request, put to use for the board's charger.

        Raises:
            ProvisioningError: there is none; which one says why.
        """
        ...

    def prove(self, charger_id: str, pair: Pair) -> None:
        """Show that a certificate works: connect as the charger and ask for a shadow.

        Raises:
            ProvisioningError: it does not, or not now.
        """
        ...


@dataclass(frozen=True, slots=True)
class AwsCloud:
    """`Cloud` by the MQTT API of AWS IoT. Source: developer guide, "Fleet provisioning MQTT API"."""

    broker: Broker
    evse_id: int
    """The EVSE whose shadow is asked for as a proof; any of this charger's."""

    def issue(self, client_id: str, pair: Pair, request: str, board: Board) -> Issued:
        """See `Cloud.issue`."""
        with conversation(client_id, self.broker.showing(pair)) as talk:
            created = _accepted(talk, CREATE_TOPIC, {"certificateSigningRequest": request})
            parameters = {SERIAL_PARAMETER: board.serial_number}
            if board.attempt:
                parameters[ATTEMPT_PARAMETER] = board.attempt
            token = _text(created, "certificateOwnershipToken")
            provisioned = _accepted(
                talk, PROVISION_TOPIC, {"certificateOwnershipToken": token, "parameters": parameters}
            )
        return Issued(_text(created, "certificatePem").encode("ascii"), _text(provisioned, "thingName"))

    def prove(self, charger_id: str, pair: Pair) -> None:
        """See `Cloud.prove`. A charger that has never reported has no shadow: that answer proves it as well."""
        with conversation(charger_id, self.broker.showing(pair)) as talk:
            accepted, answer = talk.ask(shadow_topic(charger_id, self.evse_id, "get"), None)
        if not accepted and answer.get("code") != NOT_FOUND:
            raise CloudTrouble(f"The cloud refused to show the charger's shadow: {answer.get('message')}")


def _accepted(talk: Conversation, topic: str, question: dict[str, Any]) -> dict[str, Any]:
    accepted, answer = talk.ask(topic, question)
    if accepted:
        return answer
    code, why = str(answer.get("errorCode", "")), str(answer.get("errorMessage", ""))
    if topic == PROVISION_TOPIC and (answer.get("statusCode") == FORBIDDEN or code == "AccessDenied"):
        raise SerialRefused("The cloud does not want this board to be a charger.")
    raise CloudTrouble(f"The cloud could not do it ({code}: {why}). Try again in some minutes.")


def _text(document: dict[str, Any], name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str) or not value.isascii():
        raise CloudTrouble(f"The cloud's answer has no usable {name}.")
    return value
