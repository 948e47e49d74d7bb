"""What the cloud does by itself, and what it tells others of it, on the deployed stack."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema
import pytest

from functions.domain.event_documents import event_schema_texts
from local.client import DriverApi
from local.waiting import wait_for
from tests.local.scenes import FAST, awaited, charging, ended, session_of, stages, stop_of
from tests.local.support import WITHIN_S, FreshCharger, LocalStack

FreshChargers = Callable[..., FreshCharger]
TARGET_WH = 5000


class Subscriber:
    """A queue, and what has come into it so far."""

    def __init__(self, stack: LocalStack, name: str) -> None:
        self._sqs = stack.client("sqs")
        self.url = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])["Attributes"]
        self.arn: str = attributes["QueueArn"]
        let_in = {
            "Effect": "Allow",
            "Principal": {"Service": ["events.amazonaws.com", "sns.amazonaws.com"]},
            "Action": "sqs:SendMessage",
            "Resource": self.arn,
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [let_in]})
        self._sqs.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": policy})
        self._bodies: list[str] = []

    def heard(self) -> list[str]:
        """Every message so far."""
        while True:
            messages = self._sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages", [])
            if not messages:
                return self._bodies
            for message in messages:
                self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
                self._bodies.append(message["Body"])

    def close(self) -> None:
        self._sqs.delete_queue(QueueUrl=self.url)


@pytest.fixture
def on_the_bus(stack: LocalStack) -> Iterator[Subscriber]:
    """Somebody who subscribes to every domain event, as docs/domain-events.md says."""
    events, subscriber = stack.client("events"), Subscriber(stack, "a-subscriber")
    (bus,) = [it["Name"] for it in events.list_event_buses()["EventBuses"] if it["Name"].startswith("polaris-")]
    rule = {"Name": "a-subscriber", "EventBusName": bus}
    events.put_rule(**rule, EventPattern=json.dumps({"source": ["polaris.sessions"]}))
    events.put_targets(Rule=rule["Name"], EventBusName=bus, Targets=[{"Id": "queue", "Arn": subscriber.arn}])
    yield subscriber
    events.remove_targets(Rule=rule["Name"], EventBusName=bus, Ids=["queue"])
    events.delete_rule(**rule)
    subscriber.close()


@pytest.fixture
def on_duty(stack: LocalStack) -> Iterator[Subscriber]:
    """Somebody who listens to the operators' topic."""
    sns, subscriber = stack.client("sns"), Subscriber(stack, "on-duty")
    (topic,) = [it["TopicArn"] for it in sns.list_topics()["Topics"] if "Operators" in it["TopicArn"]]
    arn = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=subscriber.arn)["SubscriptionArn"]
    yield subscriber
    sns.unsubscribe(SubscriptionArn=arn)
    subscriber.close()


def told_of(subscriber: Subscriber, session_id: str) -> dict[str, dict[str, Any]]:
    """The domain events of a session by kind, each checked against its published schema."""
    found = {}
    for body in subscriber.heard():
        event = json.loads(body)
        if event["detail"]["sessionId"] == session_id:
            kind = event["detail-type"]
            jsonschema.validate(event["detail"], json.loads(event_schema_texts()[f"{kind}.v1.json"]))
            found[kind] = event["detail"]
    return found


def test_a_session_stops_by_itself_at_its_target_and_subscribers_hear_of_its_beginning_and_end(
    stack: LocalStack, owner: DriverApi, fresh_charger: FreshChargers, on_the_bus: Subscriber
) -> None:
    charger = fresh_charger()
    charger.plant.set_clock_rate(FAST)
    started = owner.start(charger.charger_id, 1, stop_at={"energyWh": TARGET_WH}).expect(202)
    session_id = started["sessionId"]
    assert started["stopAt"] == {"energyWh": TARGET_WH, "durationS": None}

    session = ended(owner, session_id)

    assert session["energyWh"] >= TARGET_WH
    assert (session["end"]["stoppedBy"], session["end"]["why"]) == ("automatic", "target_energy")
    assert session["receipt"]["why"] == "target_energy"
    assert charger.describe()["contactor_closed"] is False
    awaited(lambda: stop_of(owner, session_id), "the stop is acknowledged", status="done", by="automatic")
    assert stages(owner, session_id).count("stop_requested") == 1

    wait_for(
        lambda: {"session.started", "session.stopped"} <= set(told_of(on_the_bus, session_id)),
        "both events arrive",
        within_s=WITHIN_S,
    )
    told = told_of(on_the_bus, session_id)
    assert set(told) == {"session.started", "session.stopped"}
    sub = next(driver.sub for driver in stack.run.drivers if driver.sub == told["session.started"]["owner"])
    assert told["session.stopped"] == {
        "v": 1,
        "eventId": f"{session_id}:stopped:reported",
        "at": told["session.stopped"]["at"],
        "sessionId": session_id,
        "chargerId": charger.charger_id,
        "evseId": 1,
        "owner": sub,
        "startedAt": told["session.started"]["at"],
        "energyWh": session["energyWh"],
        "reason": "Remote",
        "method": "reported",
        "stoppedBy": "automatic",
        "rule": "target_energy",
    }


def test_a_stop_that_fails_is_told_to_subscribers_and_to_whoever_is_on_duty(
    owner: DriverApi, fresh_charger: FreshChargers, on_the_bus: Subscriber, on_duty: Subscriber
) -> None:
    charger = fresh_charger()
    session_id = charging(owner, charger)
    charger.fault("refuses_to_open")
    owner.stop(session_id)
    failed = awaited(lambda: stop_of(owner, session_id), "the stop fails", status="failed")

    wait_for(lambda: "stop.failed" in told_of(on_the_bus, session_id), "it is told", within_s=WITHIN_S)
    event = told_of(on_the_bus, session_id)["stop.failed"]
    assert event["eventId"] == f"{session_id}:stop_failed:{failed['intentId']}"
    assert (event["outcome"], event["reason"], event["requestedBy"]) == ("failed", "refused_by_charger", "owner")

    wait_for(lambda: any(session_id in body for body in on_duty.heard()), "somebody is told", within_s=WITHIN_S)
    (mail,) = [json.loads(body)["Message"] for body in on_duty.heard() if session_id in body]
    assert mail.startswith(("Polaris: stop.failed.", '"Polaris: stop.failed.'))
    assert event["owner"] not in mail
    assert session_of(owner, session_id)["status"] == "active"
    charger.fault("refuses_to_open", on=False)
    owner.stop(session_id, wait_s=5).expect(200)
