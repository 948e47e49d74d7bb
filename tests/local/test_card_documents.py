"""Cards, over the whole stack and with a charger's own certificate: questions, answers, sessions begun at the charger.

The charger is a connection that says what an agent would; tests with real charge points are in `test_cards`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from ulid import ULID

from contract.cards import id_token_hash
from contract.topics import authorise_topic, authorised_topic, events_topic
from local.client import DriverApi
from local.seed import CARDS, NEIGHBOUR, OWNER
from local.waiting import wait_for
from tests.local.scenes import awaited, ended, evse_of, session_of
from tests.local.support import WITHIN_S, FreshCharger, LocalStack
from tests.local.voice import Voice, as_charger

FreshChargers = Callable[..., FreshCharger]

UNKNOWN_CARD = "0400000000"


@pytest.fixture
def charger(fresh_charger: FreshChargers) -> FreshCharger:
    """A charger whose agent is away, so that the test can speak for it."""
    charger = fresh_charger(accepts_cards=True)
    charger.end_agent()
    return charger


def ask(voice: Voice, charger: FreshCharger, card: str) -> dict[str, Any]:
    """Ask about a card as an agent does; the cloud's answer to this question."""
    question = {"v": 1, "id": str(ULID()), "idTokenHash": id_token_hash(card), "at": int(time.time())}
    voice.say(authorise_topic(charger.charger_id), json.dumps(question).encode())
    answer = voice.hear(authorised_topic(charger.charger_id))
    assert (answer["id"], answer["idTokenHash"]) == (question["id"], question["idTokenHash"])
    return answer


class Transaction:
    """A session that begins at the charger, and what the charger tells of it."""

    def __init__(self, voice: Voice, charger: FreshCharger, card: str) -> None:
        self.session_id = str(ULID())
        self._voice, self._topic, self._card = voice, events_topic(charger.charger_id, 1), card
        self._begun_s = int(time.time())

    def tell(self, kind: str, seq: int, **fields: Any) -> None:
        event = {
            "v": 1,
            "sessionId": self.session_id,
            "seq": seq,
            "type": kind,
            "at": self._begun_s + seq,
            "meterWh": 1000 + 100 * seq,
            "transactionId": "7",
            "idTokenHash": id_token_hash(self._card),
        }
        self._voice.say(self._topic, json.dumps(event | fields).encode())


def test_a_charger_is_told_whether_a_card_may_charge(stack: LocalStack, charger: FreshCharger) -> None:
    first, second = CARDS[OWNER]
    with as_charger(stack, charger) as voice:
        assert voice.listen(authorised_topic(charger.charger_id))
        mine, also_mine, theirs = (ask(voice, charger, card) for card in (first, second, *CARDS[NEIGHBOUR]))
        assert [answer["status"] for answer in (mine, also_mine, theirs)] == ["accepted"] * 3
        assert mine["group"] == also_mine["group"] != theirs["group"]
        assert mine["cacheS"] == 259_200
        unknown = ask(voice, charger, UNKNOWN_CARD)
        assert (unknown["status"], unknown["cacheS"], "group" in unknown) == ("unknown", 0, False)
        blocked = "0455AA55"
        item = {"id_token_hash": id_token_hash(blocked), "owner": stack.run.driver(OWNER).sub, "status": "blocked"}
        stack.client("dynamodb").put_item(
            TableName=stack.run.tables.cards, Item={name: {"S": value} for name, value in item.items()}
        )
        assert ask(voice, charger, blocked)["status"] == "blocked"


def test_a_start_from_the_app_carries_the_group_of_its_owners_cards(
    stack: LocalStack, owner: DriverApi, fresh_charger: FreshChargers
) -> None:
    charger = fresh_charger()
    session_id = owner.start(charger.charger_id, 1).expect(202)["sessionId"]
    (start,) = charger.shadow()["state"]["desired"]["intent"]
    owner.stop(session_id)
    charger.end_agent()
    with as_charger(stack, charger) as voice:
        voice.listen(authorised_topic(charger.charger_id))
        assert start["group"] == ask(voice, charger, CARDS[OWNER][0])["group"]


def test_a_session_that_begins_with_a_card_is_its_owners_to_see_and_to_stop(
    stack: LocalStack, owner: DriverApi, neighbour: DriverApi, charger: FreshCharger
) -> None:
    with as_charger(stack, charger) as voice:
        transaction = Transaction(voice, charger, CARDS[OWNER][0])
        session_id = transaction.session_id
        transaction.tell("started", 0)
        transaction.tell("meter", 1, powerW=7200)
        wait_for(lambda: owner.session(session_id).status == 200, "the session is there", within_s=WITHIN_S)
        awaited(lambda: session_of(owner, session_id), "its meter value arrives", energyWh=100)

        shown = session_of(owner, session_id)
        assert (shown["status"], shown["startedBy"], shown["chargerId"]) == ("active", "card", charger.charger_id)
        assert shown["chargerName"] == charger.site.name
        assert session_id in [it["sessionId"] for it in owner.sessions().expect(200)["sessions"]]
        evse = awaited(lambda: evse_of(owner, charger), "it holds the EVSE", canStop=True)
        assert (evse["session"]["sessionId"], evse["canStart"]) == (session_id, False)
        (stage,) = owner.timeline(session_id).expect(200)["stages"]
        assert (stage["stage"], stage["source"], stage["detail"]) == ("started", "charger", "with_a_card")

        assert neighbour.session(session_id).status == neighbour.stop(session_id).status == 404
        assert evse_of(neighbour, charger)["session"] is None

        with stack.counted_calls() as calls:
            stopping = owner.stop(session_id).expect(202)
        assert dict(calls.of("stop_session")) == {"UpdateItem": 1, "POST.iot-data": 1}
        (stop,) = charger.shadow()["state"]["desired"]["intent"]
        assert (stop["act"], stop["sessionId"], stop["id"]) == ("stop", session_id, stopping["stop"]["intentId"])

        transaction.tell("ended", 2, reason="Remote", method="reported")
        assert ended(owner, session_id)["energyWh"] == 200
        awaited(lambda: evse_of(owner, charger), "the EVSE is free", session=None)
    assert stack.dead_letters(charger) == []


def test_a_session_of_nobodys_card_is_kept_and_shown_to_nobody(
    stack: LocalStack, owner: DriverApi, charger: FreshCharger
) -> None:
    with as_charger(stack, charger) as voice:
        transaction = Transaction(voice, charger, UNKNOWN_CARD)
        transaction.tell("meter", 1)
        transaction.tell("started", 0)

    def kept() -> bool:
        return len(stack.session_items(transaction.session_id)) == 3

    wait_for(kept, "the session and its two meter values are kept", within_s=WITHIN_S)
    assert owner.session(transaction.session_id).status == 404
    assert transaction.session_id not in [it["sessionId"] for it in owner.sessions().expect(200)["sessions"]]
    assert stack.dead_letters(charger) == []


def test_a_question_nobody_can_read_is_a_dead_letter(stack: LocalStack, charger: FreshCharger) -> None:
    with as_charger(stack, charger) as voice:
        voice.say(authorise_topic(charger.charger_id), b'{"v":1,"card":"04A22B91"}')

    (letter,) = wait_for(
        lambda: stack.dead_letters(charger, "authorisations") or None, "a dead letter", within_s=WITHIN_S
    )
    assert letter.why.startswith("invalid_document: ")
    assert "04A22B91" not in letter.why


def test_a_charger_hears_no_answer_of_another_and_asks_nothing_in_its_name(
    stack: LocalStack, charger: FreshCharger, fresh_charger: FreshChargers
) -> None:
    victim = fresh_charger(startable=False)
    with as_charger(stack, charger) as voice:
        assert not voice.listen(authorised_topic(victim.charger_id))
    with as_charger(stack, charger) as voice:
        assert not voice.listen(authorised_topic("+"))
    with as_charger(stack, charger) as voice:
        voice.try_to_say(authorise_topic(victim.charger_id), b"{}")
        assert voice.lost.wait(WITHIN_S)
    assert stack.dead_letters(victim, "authorisations") == []
