"""What functions ask of AWS, as their handlers really ask it: every botocore call, as the permission it needs.

The account is moto's, made from the synthesised template: its tables under their logical names, its queues, one thing.
A function's environment is the template's too, so that a handler is wired as it will be, from the settings to the call.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from botocore.exceptions import EndpointConnectionError

from functions.adapters import items
from functions.adapters.table import to_dynamo
from functions.domain.accounts import AccountRecord
from functions.domain.records import CardRecord, ChargerRecord, EvseRecord, MeterSample, SessionRecord
from tests.infra.templates import PSEUDO, Synthesised
from tests.support import builders
from tests.support.api_events import LambdaContext
from tests.support.clock import FakeClock

ACCOUNT = f"{PSEUDO['AWS::Region']}:{PSEUDO['AWS::AccountId']}"
IN_TRANSACTION = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
"""What a part of TransactWriteItems asks of IAM (DynamoDB guide, "IAM and transactions")."""

Need = tuple[str, str]
"""An action and the resource that it is for, as a policy names them."""


def needs(service: str, operation: str, params: dict[str, Any]) -> set[Need]:
    """What IAM asks of one call.

    Raises:
        LookupError: a call that nobody has thought of; say below which resources it is for.
    """
    if (service, operation) == ("dynamodb", "TransactWriteItems"):
        parts = [next(iter(part.items())) for part in params["TransactItems"]]
        return {(f"dynamodb:{IN_TRANSACTION[kind]}", _table(part)) for kind, part in parts}
    resources = RESOURCES.get((service, operation)) or RESOURCES.get((service, "*"))
    if resources is None:
        raise LookupError(f"nobody has said which resources {service} {operation} is for: {params}")
    return {(f"{service.removesuffix('-data')}:{operation}", resource) for resource in resources(params)}


def grants(may: Need, need: Need) -> bool:
    """Whether what a policy allows covers what a call needs."""
    return may[0] == need[0] and fnmatchcase(need[1], may[1])


def _table(params: dict[str, Any]) -> str:
    index = f"/index/{params['IndexName']}" if "IndexName" in params else ""
    return f"<{params['TableName']}.Arn>{index}"


def _iot(kind: str, name: str) -> str:
    return f"arn:aws:iot:{ACCOUNT}:{kind}/{name}"


RESOURCES: dict[tuple[str, str], Callable[[dict[str, Any]], list[str]]] = {
    ("dynamodb", "BatchGetItem"): lambda it: [f"<{table}.Arn>" for table in it["RequestItems"]],
    ("dynamodb", "*"): lambda it: [_table(it)],
    ("events", "PutEvents"): lambda it: [f"<{entry['EventBusName']}.Arn>" for entry in it["Entries"]],
    ("sqs", "*"): lambda it: [f"<{it['QueueUrl'].rpartition('/')[2]}.Arn>"],
    ("iot-data", "Publish"): lambda it: [_iot("topic", it["topic"])],
    ("iot-data", "UpdateThingShadow"): lambda it: [_iot("thing", f"{it['thingName']}/{it['shadowName']}")],
    ("iot", "ListThingPrincipals"): lambda it: [_iot("thing", it["thingName"])],
    ("iot", "DescribeCertificate"): lambda it: [_iot("cert", it["certificateId"])],
    ("iot", "UpdateCertificate"): lambda it: [_iot("cert", it["certificateId"])],
    ("iot", "DetachThingPrincipal"): lambda it: [
        _iot("thing", it["thingName"]),
        _iot("cert", it["principal"].rpartition("/")[2]),
    ],
    ("cognito-idp", "AdminDeleteUser"): lambda it: [f"<{it['UserPoolId']}.Arn>"],
}
"""What a call is for, by service and operation; `*` is for the others of a service.

Source: service authorization reference, "Actions, resources, and condition keys".
"""


@dataclass
class Account:
    """What the template has made, the calls that were recorded, and the requests that were driven."""

    template: Synthesised
    dynamodb: Any
    iot: Any
    sqs: Any
    events: Any
    clock: FakeClock = field(default_factory=FakeClock)
    needed: set[Need] = field(default_factory=set)
    driven: list[str] = field(default_factory=list)
    out_of_reach: str = ""
    """An operation that cannot be reached at the moment; asking for it counts all the same."""
    meanwhile: dict[str, Callable[[], None]] = field(default_factory=dict)
    """What somebody else does just before an operation, once."""

    def create(self) -> None:
        """Tables, queues and buses of the template, empty, and a charger's thing."""
        self.iot.create_thing(thingName=builders.CHARGER)
        for name, table in self.template.of_type("AWS::DynamoDB::GlobalTable").items():
            declared = {key: table[key] for key in ("KeySchema", "AttributeDefinitions", "BillingMode")}
            indexes = table.get("GlobalSecondaryIndexes")
            self.dynamodb.create_table(
                TableName=name, **declared, **({"GlobalSecondaryIndexes": indexes} if indexes else {})
            )
        for name in self.template.of_type("AWS::SQS::Queue"):
            self.sqs.create_queue(QueueName=name)
        for name in self.template.of_type("AWS::Events::EventBus"):
            self.events.create_event_bus(Name=name)

    def delete(self) -> None:
        self.iot.delete_thing(thingName=builders.CHARGER)
        for name in self.template.of_type("AWS::DynamoDB::GlobalTable"):
            self.dynamodb.delete_table(TableName=name)
        for name in self.template.of_type("AWS::SQS::Queue"):
            self.sqs.delete_queue(QueueUrl=self.sqs.get_queue_url(QueueName=name)["QueueUrl"])
        for name in self.template.of_type("AWS::Events::EventBus"):
            self.events.delete_event_bus(Name=name)

    def environment(self, function: str) -> dict[str, str]:
        """The function's environment, with the names that tables and queues have here."""
        variables = self.template.function(function)["Environment"]["Variables"]
        return {key: self._physical(value) for key, value in variables.items()}

    def _physical(self, value: str) -> str:
        if value.startswith("{"):  # several of them, in a document
            return re.sub(r"<\w+>", lambda named: self._physical(named.group()), value)
        name = value.strip("<>")
        if name in self.template.of_type("AWS::Cognito::UserPool"):
            return name  # moto makes the names of pools: nobody is in this one
        if name in self.template.of_type("AWS::SQS::Queue"):
            return str(self.sqs.get_queue_url(QueueName=name)["QueueUrl"])
        named = {
            **self.template.of_type("AWS::DynamoDB::GlobalTable"),
            **self.template.of_type("AWS::Events::EventBus"),
        }
        assert name == value or name in named, f"what is {value}?"
        return name

    def heard(self, **event: Any) -> None:
        """A botocore client is about to make a call (its event `provide-client-params`)."""
        params, model = event["params"], event["model"]
        self.needed |= needs(model.service_model.service_name, model.name, params)
        if model.name in self.meanwhile:
            self.meanwhile.pop(model.name)()
        if model.name == self.out_of_reach:
            raise EndpointConnectionError(endpoint_url=model.name)

    def ask(self, handler: Callable[..., dict[str, Any]], event: dict[str, Any], status: int) -> dict[str, Any]:
        """A request of the HTTP API."""
        self.driven.append(event["routeKey"])
        answer = handler(event, LambdaContext())
        assert answer["statusCode"] == status, answer
        return answer

    def routes(self, function: str) -> set[str]:
        """The routes that lead to a function, as `GET /v1/sessions/{sessionId}`."""
        name = f"<Functions{function.replace('_', '')}Function"
        called = {f"{name}.Arn>", f"{name}Warm>"}
        integrations = self.template.of_type("AWS::ApiGatewayV2::Integration")
        own = {f"integrations/<{name}>" for name, body in integrations.items() if body["IntegrationUri"] in called}
        routes = self.template.of_type("AWS::ApiGatewayV2::Route").values()
        return {body["RouteKey"] for body in routes if body["Target"] in own}

    def keep(
        self, *records: SessionRecord | ChargerRecord | EvseRecord | CardRecord | AccountRecord | MeterSample
    ) -> None:
        """Put records where the functions find them, unrecorded."""
        for record in records:
            match record:
                case SessionRecord():
                    self.put("TablesSessions", items.session_to_item(record))
                case MeterSample():
                    self.put("TablesSessions", items.meter_to_item(record))
                case ChargerRecord():
                    self.put("TablesChargers", items.to_item(record) | items.charger_key(record.charger_id))
                case EvseRecord():
                    key = items.evse_key(record.charger_id, record.evse_id)
                    self.put("TablesChargers", items.to_item(record) | key)
                case CardRecord():
                    self.put("TablesCards", items.to_item(record))
                case AccountRecord():
                    self.put("TablesAccounts", items.to_item(record))

    def phases(self, *session_ids: str) -> list[str]:
        """How far these sessions have come."""
        keys = [to_dynamo(items.session_key(session_id)) for session_id in session_ids]
        found = [self.dynamodb.get_item(TableName="TablesSessions", Key=key)["Item"] for key in keys]
        return [item["phase"]["S"] for item in found]

    def put(self, table: str, item: items.Item) -> None:
        self.dynamodb.put_item(TableName=table, Item=to_dynamo(item))


def leads_to(route: str, request: str) -> bool:
    """Whether a route of the API is the one that a request came by."""
    return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", route), request) is not None
