"""What end-to-end tests need of the local stack: fresh chargers, and what its functions did."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from local.client import DriverApi, sign_in
from local.fleet import Address
from local.seed import AC_22_KW, OWNER, Hardware, Site
from local.waiting import wait_for
from tests.local.aws_calls import AwsCalls
from tests.local.cuttable import Cuttable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from local.plant import Plant
    from local.processes import Child
    from local.runfile import RunFile
    from local.stack import Stack

WITHIN_S = 30.0
LOOK_EVERY_S = 0.1  # each look at the API runs a function, which takes the processor from what is waited for


@dataclass
class FreshCharger:
    """One charger of one test: its own thing, certificate, hardware process and agent process."""

    stack: Stack
    site: Site
    plant: Plant
    plant_process: Child
    config: Path
    agent: Child
    charge_point: Child | None
    """What speaks OCPP between agent and hardware, if the test wanted that."""
    proxy: Cuttable | None
    """The link to the broker, if the test wanted one it can cut."""

    @property
    def charger_id(self) -> str:
        return self.site.charger_id

    @property
    def journal(self) -> Path:
        """The agent's database; look at it only while no agent runs."""
        return self.config.with_name("journal.sqlite3")

    def do(self, op: str, evse: int = 1, **fields: Any) -> dict[str, Any]:
        """An operation of the simulated hardware; device_agent/drivers/simulated/server.py lists them."""
        return self.plant.ask(self.charger_id, evse, op, **fields)

    def describe(self, evse: int = 1) -> dict[str, Any]:
        """Sensors, `true_wh`, `contactor_opens`, `contactor_closes`, `faults`, `held`, `log`."""
        return self.plant.describe(self.charger_id, evse)

    def fault(self, name: str, *, on: bool = True, evse: int = 1) -> None:
        self.do("set_fault", evse, name=name, on=on)

    def hold(self, when: str, evse: int = 1) -> None:
        """Freeze the next start or stop `before` or `after` it is carried out; `off` lets it go."""
        self.do("hold", evse, on=when)

    def await_held(self, *ops: str, evse: int = 1) -> None:
        """Wait until the hardware holds these commands; none: until it has dropped those of a dead agent."""
        wait_for(lambda: self.describe(evse)["held"] == list(ops), f"the hardware holds {ops}", within_s=WITHIN_S)

    def cut_link(self) -> None:
        """Cut the link to the broker, and wait until the agent knows; the cloud takes longer to believe it."""
        assert self.proxy
        noticed = self._links_lost()
        self.proxy.cut()
        wait_for(lambda: self._links_lost() > noticed, "the agent notices the cut", within_s=WITHIN_S)

    def _links_lost(self) -> int:
        return self.agent.log.read_text(errors="replace").count("link down")

    def kill_agent(self) -> None:
        """SIGKILL, as a power cut would; the hardware goes on."""
        self.stack.processes.kill(self.agent)

    def end_agent(self) -> None:
        """SIGTERM, and wait until it is gone."""
        self.stack.processes.end(self.agent)

    def start_agent(self, *, wait: bool = True) -> None:
        """Start the agent again; with `wait`, return once it has reported EVSE 1."""
        before = self.shadow_version() if wait else 0
        self.agent = self.stack.fleet.start_agent(self.charger_id, self.config)
        if wait:
            wait_for(lambda: self.shadow_version() > before, f"{self.charger_id} reports again", within_s=WITHIN_S)

    def kill_charge_point(self) -> None:
        """SIGKILL, as a power cut would; the hardware stays as it is."""
        assert self.charge_point
        self.stack.processes.kill(self.charge_point)

    def start_charge_point(self) -> None:
        """Start it again; it takes up what it remembers."""
        self.charge_point = self.stack.fleet.start_charge_point(self.site, self.config, self.plant)

    def shadow(self, evse: int = 1) -> dict[str, Any]:
        """The whole document of one EVSE's shadow."""
        payload = self._shadows.get_thing_shadow(thingName=self.charger_id, shadowName=f"evse-{evse}")["payload"]
        document: dict[str, Any] = json.loads(payload.read())
        return document

    def driver_ok(self, evse: int = 1) -> bool:
        """Whether the agent says that its hardware answers."""
        return bool(self.shadow(evse)["state"]["reported"]["agent"][0]["driverOk"])

    def shadow_version(self, evse: int = 1) -> int:
        return int(self.shadow(evse)["version"])

    def desire(self, intent: Mapping[str, Any], evse: int = 1) -> None:
        """Write an intent past the API, as an old, repeated or foreign one would come."""
        self.desire_raw({"v": 1, "intent": [intent]}, evse)

    def desire_raw(self, desired: Any, evse: int = 1) -> None:
        """Write any `desired` section."""
        document = json.dumps({"state": {"desired": desired}}).encode()
        self._shadows.update_thing_shadow(
            thingName=self.charger_id, shadowName=f"evse-{evse}", payload=document
        )  # fmt: skip

    def discard(self) -> None:
        for child in filter(None, (self.agent, self.charge_point, self.plant_process)):
            self.stack.processes.kill(child)
        if self.proxy:
            self.proxy.close()

    @property
    def _shadows(self) -> Any:
        return self.stack.emulator.client("iot-data")


@dataclass(frozen=True)
class DeadLetter:
    """A document nobody could use, as the topic rule forwarded it, and what was wrong with it."""

    body: dict[str, Any]
    why: str


@dataclass
class LocalStack:
    """The running stack, and what tests do with it."""

    stack: Stack
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _tokens: dict[str, str] = field(default_factory=dict)

    @property
    def run(self) -> RunFile:
        return self.stack.run

    def token(self, email: str = OWNER) -> str:
        """This driver's access token, the same throughout."""
        if email not in self._tokens:
            self._tokens[email] = sign_in(self.run, self.run.driver(email))
        return self._tokens[email]

    def api(self, email: str = OWNER) -> DriverApi:
        """A connection of one driver's app; httpx clients are not for sharing between threads that race."""
        return DriverApi(self.run, self.token(email))

    def anonymous_api(self, token: str | None = None) -> DriverApi:
        """A caller with any token, or none."""
        return DriverApi(self.run, token)

    def client(self, service: str) -> Any:
        """A boto3 client of the emulator, as its root user."""
        return self.stack.emulator.client(service)

    def session_items(self, session_id: str) -> list[dict[str, Any]]:
        """A session's items as they are in the table, in DynamoDB's own JSON."""
        found: list[dict[str, Any]] = self.client("dynamodb").query(
            TableName=self.run.tables.sessions,
            KeyConditionExpression="session_id = :id",
            ExpressionAttributeValues={":id": {"S": session_id}},
            ConsistentRead=True,
        )["Items"]
        return found

    def dead_letters(self, charger: FreshCharger, queue: str = "reports") -> list[DeadLetter]:
        """What lies in a dead-letter queue (by its name in `Queues`) of this charger; looking empties the queue."""
        url = getattr(self.run.queues, f"{queue}_dead_letter")
        sqs, letters = self.client("sqs"), []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]).get(
            "Messages"
        ):
            for message in messages:
                why = message.get("MessageAttributes", {}).get("why", {}).get("StringValue", "")
                letters.append(DeadLetter(json.loads(message["Body"]), why))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [letter for letter in letters if letter.body.get("chargerId") == charger.charger_id]

    def function_log(self, function: str) -> list[str]:
        """What a function (`stop_session`) has logged, oldest first."""
        logs = self.client("logs")
        names = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
        return [
            event["message"]
            for name in names
            if function.replace("_", "") in name.lower()
            for event in logs.filter_log_events(logGroupName=name)["events"]
        ]

    @contextmanager
    def counted_calls(self) -> Iterator[AwsCalls]:
        """Count what the functions ask of AWS meanwhile; the numbers are there when it is over."""
        calls, trail = AwsCalls(), self.client("cloudtrail")
        before = {event["EventId"] for event in self._recorded(trail)}
        self._record(on=True)
        try:
            yield calls
        finally:
            self._record(on=False)
        names = self._functions_by_key()
        for event in self._recorded(trail):
            name = names.get(event.get("AccessKeyId") or event["Username"])
            if name and event["EventId"] not in before:
                calls.by_function.setdefault(name, Counter())[event["EventName"]] += 1

    def fresh_charger(
        self,
        evses: int = 1,
        *,
        accepts_cards: bool = False,
        through_proxy: bool = False,
        startable: bool = True,
        hardware: Hardware = Hardware.SIMULATED,
    ) -> FreshCharger:
        """A charger that nobody has used, a car plugged in at every EVSE.

        With `startable`, it returns once the API would let a driver start at each; else once the processes run.
        """
        stack, fleet = self.stack, self.stack.fleet
        charger_id = f"PX-T{next(self._numbers):04d}"
        outlets = (AC_22_KW,) * evses
        name, street = f"Test {charger_id}", "Test Street 1"
        site = Site(charger_id, name, street, "53.5", "10.0", outlets, accepts_cards, hardware=hardware)
        files = stack.seeder.add_charger(site, fleet.folder(charger_id))
        plant, plant_process = fleet.start_plant(f"plant-{charger_id}", [site])
        proxy = Cuttable(stack.emulator.mqtt_port) if through_proxy else None
        config = fleet.write_config(site, files, plant, Address("localhost", proxy.port) if proxy else None)
        agent = fleet.start_agent(charger_id, config)
        behind = hardware is not Hardware.SIMULATED
        charge_point = fleet.start_charge_point(site, config, plant) if behind else None
        charger = FreshCharger(stack, site, plant, plant_process, config, agent, charge_point, proxy)
        try:
            if startable:
                self._await_startable(charger)
        except BaseException:
            charger.discard()
            raise
        return charger

    def _await_startable(self, charger: FreshCharger) -> None:
        self.stack.fleet.await_agent(charger.agent, charger.site)
        with self.api() as api:

            def startable() -> bool:
                shown = api.charger(charger.charger_id).expect(200)
                ready = all(evse["canStart"] and evse["cable"] == "plugged" for evse in shown["evses"])
                return bool(shown["connected"]) and ready

            wait_for(startable, f"{charger.charger_id} is startable", within_s=WITHIN_S, every_s=LOOK_EVERY_S)

    def _record(self, *, on: bool) -> None:
        setting = {"cloudtrail._recording_enabled": str(on).lower()}
        httpx.post(f"{self.run.endpoint_url}/_ministack/config", json=setting, trust_env=False).raise_for_status()

    def _recorded(self, trail: Any) -> list[dict[str, Any]]:
        pages = trail.get_paginator("lookup_events").paginate()
        return [event for page in pages for event in page["Events"]]

    def _functions_by_key(self) -> dict[str, str]:
        """The access key of each function's role session: the emulator derives it from the function and its role."""
        functions = self.client("lambda").list_functions()["Functions"]
        return {_session_key(function["FunctionArn"], function["Role"]): _name(function) for function in functions}


def _session_key(function_arn: str, role_arn: str) -> str:
    return f"ASIA{hashlib.sha256(f'{function_arn}:{role_arn}'.encode()).hexdigest()[:16].upper()}"


def _name(function: Mapping[str, Any]) -> str:
    """`functions.stop_session.handler.handler` is `stop_session`."""
    return str(function["Handler"]).split(".")[1]
