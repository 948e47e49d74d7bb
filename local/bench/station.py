"""One charger and the cloud in one process, counted: the real agent, the real handlers, and moto for AWS.

The account is made from the synthesised template, handlers are wired by their environment there, and one clock drives
both sides, so that hours pass in seconds. Between the two stands what the topic rules and queues do.
"""

from __future__ import annotations

import importlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import boto3
from moto import mock_aws

from contract.topics import SHADOW_PREFIX, shadow_name
from device_agent.memory_link import MemoryCloud
from functions import bootstrap, bootstrap_events
from functions.adapters import clients
from local.bench.capacity import Meter, Table
from local.bench.discard import Discard
from local.bench.template import synthesise
from tests.infra.recorded_calls import Account
from tests.infra.stream_filter import wakes
from tests.infra.templates import PSEUDO
from tests.support import builders
from tests.support.api_events import LambdaContext, sqs_event
from tests.support.both_sides import SharedClock
from tests.support.charger_bench import CHARGER, Bench

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_DEFAULT_REGION": PSEUDO["AWS::Region"],
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
    "AWS_EC2_METADATA_DISABLED": "true",
}


Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]

WIRED_BY: dict[str, Callable[[], object]] = {
    "start_session": bootstrap.starting,
    "stop_session": bootstrap.stopping,
    "sessions_api": bootstrap.reading,
    "chargers_api": bootstrap.browsing,
    "cards_api": bootstrap.card_keeping,
    "sharing_api": bootstrap.lending,
    "account_api": bootstrap.leaving,
    "operator_api": bootstrap.operating,
    "session_sweeper": bootstrap_events.sweeping,
    "charger_reports": bootstrap_events.reporting,
    "charger_presence": bootstrap_events.presence,
    "authorise_card": bootstrap_events.card_authorisation,
    "domain_events": bootstrap_events.telling,
}
"""What puts a function together."""


class CountedCloud(MemoryCloud):
    """The broker; counts what a charger sends and is sent."""

    received: Counter[str]
    sent = 0

    def take(self, topic: str, payload: bytes) -> None:
        """See `MemoryCloud.take`."""
        kind = topic.rpartition("/")[2] if "/shadow/" in topic else "ingest"
        self.received[kind] += 1
        super().take(topic, payload)

    def send(self, topic: str, payload: bytes) -> None:
        """See `MemoryCloud.send`."""
        self.sent += 1
        super().send(topic, payload)


@dataclass
class Station:
    """A charger with two EVSEs, and the cloud that it belongs to."""

    account: Account
    bench: Bench
    cloud: CountedCloud
    meter: Meter
    invoked: Counter[str] = field(default_factory=Counter)
    documents: Counter[str] = field(default_factory=Counter)
    """What the topic rules have put on queues, by kind."""
    log: Discard = field(default_factory=Discard)
    answered_bytes: int = 0
    """Bodies of answers of the API."""
    bus_events: int = 0
    """Domain events put on the bus."""
    _handlers: dict[str, Handler] = field(default_factory=dict)
    _taken: list[int] = field(default_factory=lambda: [0, 0])
    _desired: list[dict[str, Any]] = field(default_factory=list)
    _previous: dict[int, dict[str, Any]] = field(default_factory=dict)

    def begin(self) -> None:
        """Count from here on."""
        self.meter.reset()
        for counter in (self.invoked, self.documents, self.cloud.received):
            counter.clear()
        self.cloud.sent = self.log.written = self.answered_bytes = self.bus_events = 0

    def memory_gb(self, function: str) -> float:
        """What a function is given."""
        return float(self.account.template.function(function)["MemorySize"]) / 1024

    def call(self, function: str, event: dict[str, Any]) -> dict[str, Any]:
        """Invoke a function as Lambda does; what it has sent to the charger arrives."""
        answer = self.invoke(function, event)
        self.answered_bytes += len(answer.get("body", "").encode())
        self._tell()
        self._carry_down()
        return answer

    def invoke(self, function: str, event: dict[str, Any]) -> dict[str, Any]:
        """Invoke a function, and no more."""
        answer: dict[str, Any] = self.run(function, event)
        return answer

    def run(self, function: str, event: dict[str, Any]) -> Any:
        """The same of one whose answer nobody waits for."""
        self.invoked[function] += 1
        with redirect_stdout(self.log):
            return self._handler(function)(event, LambdaContext())

    def _handler(self, function: str) -> Handler:
        """A function's handler, wired by its own environment."""
        if function not in self._handlers:
            os.environ |= self.account.environment(function)
            module = importlib.import_module(f"functions.{function}.handler")
            WIRED_BY[function]()
            self._handlers[function] = module.handler
        return self._handlers[function]

    def lose(self) -> None:
        """What the cloud has sent meanwhile does not arrive."""
        self._desired.clear()

    def let_pass(self, seconds: float, step_s: float = 1.0) -> None:
        """Time goes by; what the charger tells arrives at once, each message as a batch of its own."""
        for _ in range(max(1, round(seconds / step_s))):
            self.bench.pass_s(step_s, step_s=step_s)
            self.carry()

    def carry(self) -> None:
        """What the charger has told goes through rules, queue and function."""
        while messages := self._told():
            for message in messages:
                batch = sqs_event(message)
                batch["Records"][0]["attributes"]["SentTimestamp"] = str(self.account.clock())
                failed = self.call("charger_reports", batch)["batchItemFailures"]
                if failed:
                    raise RuntimeError(f"not taken: {message}")

    def _tell(self) -> None:
        """What the stream of the sessions says goes through its filter to the function, each change by itself."""
        changes, self.meter.streamed = self.meter.streamed, []
        for number, (before, after) in enumerate(changes):
            images = {name: image for name, image in (("OldImage", before), ("NewImage", after)) if image}
            keys = {name: (after or before)[name] for name in ("session_id", "item")}
            record = {"eventName": "MODIFY", "dynamodb": {"Keys": keys, "SequenceNumber": str(number), **images}}
            if not wakes(self.account.template, record):
                continue
            if self.invoke("domain_events", {"Records": [record]})["batchItemFailures"]:
                raise RuntimeError(f"not told: {record}")

    def put(self, **event: Any) -> None:
        """A function puts events on the bus (the same event of botocore)."""
        self.bus_events += len(event["params"]["Entries"])

    def heard(self, **event: Any) -> None:
        """A function calls the IoT data plane (botocore's event `provide-client-params`)."""
        params, model = event["params"], event["model"]
        if model.name == "UpdateThingShadow":
            evse_id = int(params["shadowName"].removeprefix(SHADOW_PREFIX))
            self._desired.append({"evse": evse_id, "state": json.loads(params["payload"])["state"]["desired"]})
        elif model.name == "Publish":
            self._desired.append({"topic": params["topic"], "payload": params["payload"]})

    def _carry_down(self) -> None:
        for sent in self._desired:
            if "topic" in sent:
                self.cloud.send(sent["topic"], sent["payload"])
            else:
                self.documents["shadow"] += 1  # of the cloud's own write, which the function takes for an echo
                self.cloud.desire(CHARGER, sent["evse"], sent["state"]["intent"][0])
        self._desired.clear()
        self.bench.agent.catch_up()

    def _told(self) -> list[str]:
        events = self.cloud.published[self._taken[0] :]
        updates = self.cloud.updates[self._taken[1] :]
        self._taken = [len(self.cloud.published), len(self.cloud.updates)]
        self.documents.update(event=len(events), shadow=len(updates))
        at_ms = {"receivedAtMs": self.account.clock()}
        messages = [
            json.dumps(json.loads(builders.event_message(it, evse_id=_evse(topic))) | at_ms) for topic, it in events
        ]
        for update in updates:
            document = update["state"]["reported"]
            evse_id = next(it for it in self.bench.hardware.evses if self.cloud.reported(CHARGER, it) == document)
            before = self._previous.get(evse_id, {})
            self._previous[evse_id] = document
            messages.append(
                builders.shadow_message(
                    document,
                    shadow=shadow_name(evse_id),
                    version=self.cloud.version(CHARGER, evse_id),
                    at=int(self.account.clock() / 1000),
                    previousN=before.get("n"),
                    previousBoot=before.get("boot"),
                )
            )
        return messages


def _evse(topic: str) -> str:
    return topic.split("/")[-2]


@contextmanager
def station(*, metered: bool = True) -> Iterator[Station]:
    """A charger that is connected and has reported, and its empty cloud; the meter takes time of its own."""
    with TemporaryDirectory() as folder, patch.dict(os.environ, ENVIRONMENT), mock_aws():
        os.environ.pop("AWS_ENDPOINT_URL", None)
        template = synthesise(Path(folder))
        session = boto3.Session()
        bench = Bench(Path(folder))
        account = Account(
            template,
            session.client("dynamodb"),
            session.client("iot"),
            session.client("sqs"),
            session.client("events"),
            clock=SharedClock(bench=bench.clock),
        )
        account.create()
        tables = {name: Table.of(body) for name, body in template.of_type("AWS::DynamoDB::GlobalTable").items()}
        cloud = bench.cloud = CountedCloud(lambda: bench.clock.epoch_s)
        cloud.received = Counter()
        made = Station(account, bench, cloud, Meter(account.dynamodb, tables))
        _forget_wiring()
        with patch.object(bootstrap, "now_ms", account.clock):
            if metered:
                made.meter.listen(clients.session())
            clients.session().register("provide-client-params.iot-data.*", made.heard)
            clients.session().register("provide-client-params.eventbridge.PutEvents", made.put)
            account.keep(
                builders.charger(evse_count=2),
                *(builders.evse(evse_id=it, shadow_version=None) for it in bench.hardware.evses),
            )
            bench.turn_on()
            made.let_pass(5)
            try:
                yield made
            finally:
                _forget_wiring()
                bench.lose_power()


def _forget_wiring() -> None:
    for made in (clients.session, *vars(bootstrap).values(), *vars(bootstrap_events).values()):
        if hasattr(made, "cache_clear"):
            made.cache_clear()
