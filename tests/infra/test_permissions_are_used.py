"""Each function may do what its handler asks of AWS, and nothing that it does not ask: both from the same calls."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from functions import bootstrap, bootstrap_events
from functions.adapters import clients as made_by_functions
from tests.infra.function_scenarios import SCENARIOS
from tests.infra.recorded_calls import Account, Need, grants, leads_to, needs
from tests.infra.templates import PSEUDO, Synthesised, several

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted(path.parent.name for path in (ROOT / "functions").glob("*/handler.py"))

BY_LAMBDA_ITSELF = {
    "logs:CreateLogStream": "Lambda writes what the function prints, with the function's role.",
    "logs:PutLogEvents": "As above.",
    "xray:PutTraceSegments": "Lambda records active tracing with the function's role.",
    "xray:PutTelemetryRecords": "As above.",
}
POLLING = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
"""Lambda polls a function's queues with the function's role (Lambda guide, "Using Lambda with Amazon SQS")."""
READING_A_STREAM = (
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
)
"""As Lambda polls a stream (Lambda guide, "Using Lambda with DynamoDB")."""


@pytest.fixture(scope="module")
def clients() -> Iterator[dict[str, Any]]:
    """An account as moto plays it, by clients of our own, to which nobody listens."""
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        for name, value in {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": PSEUDO["AWS::Region"],
            "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
            "AWS_EC2_METADATA_DISABLED": "true",
        }.items():
            environment.setenv(name, value)
        environment.delenv("AWS_ENDPOINT_URL", raising=False)
        session = boto3.Session()
        yield {name: session.client(name) for name in ("dynamodb", "iot", "sqs", "events")}


@pytest.fixture
def aws(clients: dict[str, Any], prod: Synthesised, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    account = Account(prod, **clients)
    monkeypatch.setattr(bootstrap, "now_ms", account.clock)
    account.create()
    _forget_wiring()
    made_by_functions.session().register("provide-client-params.*.*", account.heard)
    yield account
    _forget_wiring()
    account.delete()


def _forget_wiring() -> None:
    for made in (*vars(bootstrap).values(), *vars(bootstrap_events).values(), *vars(made_by_functions).values()):
        if hasattr(made, "cache_clear"):
            made.cache_clear()


def test_every_function_has_its_scenario() -> None:
    assert sorted(SCENARIOS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_function_may_do_what_its_handler_asks_and_nothing_that_it_does_not(
    aws: Account, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in aws.environment(name).items():
        monkeypatch.setenv(variable, value)
    SCENARIOS[name](aws)
    assert aws.needed
    asked_for = {route for route in aws.routes(name) if any(leads_to(route, request) for request in aws.driven)}
    assert asked_for == aws.routes(name), "a route that no scenario drives"
    may = aws.template.permissions(name)
    refused = {need for need in aws.needed if not any(grants(it, need) for it in may)}
    assert not refused, "the handler asks for what it may not do"
    unused = {it for it in may - _for_lambda(aws.template, name) if not any(grants(it, need) for need in aws.needed)}
    assert not unused, "it may do what no scenario shows it to need"


def _for_lambda(template: Synthesised, name: str) -> set[Need]:
    """What the service does with the function's role: log, trace, poll its queues, keep what it failed on."""
    function = f"<Functions{name.replace('_', '')}Function>"
    mappings = template.of_type("AWS::Lambda::EventSourceMapping").values()
    polled = {body["EventSourceArn"] for body in mappings if body["FunctionName"] == function}
    streams = {arn for arn in polled if "Stream" in arn}
    kept = several(template.function(name).get("DeadLetterConfig", {}).get("TargetArn", []))
    reading = {(action, stream) for stream in streams for action in READING_A_STREAM}
    own = (
        reading
        | {(action, queue) for queue in polled - streams for action in POLLING}
        | {("sqs:SendMessage", queue) for queue in kept}
    )
    return own | {it for it in template.permissions(name) if it[0] in BY_LAMBDA_ITSELF}


def test_a_permission_covers_a_call_only_where_action_and_resource_do() -> None:
    (need,) = needs("iot-data", "UpdateThingShadow", {"thingName": "PX-0001", "shadowName": "evse-1"})
    things = f"arn:aws:iot:{PSEUDO['AWS::Region']}:{PSEUDO['AWS::AccountId']}:thing"
    assert grants(("iot:UpdateThingShadow", f"{things}/*/evse-*"), need)
    assert not grants(("iot:UpdateThingShadow", f"{things}/PX-0002/*"), need)
    assert not grants(("iot:GetThingShadow", f"{things}/*"), need)


def test_a_transaction_needs_what_each_of_its_parts_needs() -> None:
    parts = [{"Put": {"TableName": "A"}}, {"Update": {"TableName": "B"}}, {"ConditionCheck": {"TableName": "B"}}]
    assert needs("dynamodb", "TransactWriteItems", {"TransactItems": parts}) == {
        ("dynamodb:PutItem", "<A.Arn>"),
        ("dynamodb:UpdateItem", "<B.Arn>"),
        ("dynamodb:ConditionCheckItem", "<B.Arn>"),
    }


def test_a_call_that_nobody_has_thought_of_is_told() -> None:
    with pytest.raises(LookupError, match="s3 PutObject"):
        needs("s3", "PutObject", {})
