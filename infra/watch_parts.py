"""What is watched of every part of its kind, so that whoever adds one has its alarms with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from infra.alarms import Alarms, Severity

if TYPE_CHECKING:
    from constructs import IConstruct

FIVE_MINUTES = Duration.minutes(5)

HOT_FUNCTIONS = frozenset({"stop_session", "charger_reports"})
"""What a stop goes through: if these fail, no car stops, or nobody is told."""

HOT_QUEUES = frozenset({"charger-reports"})
"""What drivers wait for goes through it."""

SOME_ERRORS = 2
"""Errors of a hot function in five minutes that wake nobody: what is sent again is one error, an outage is many."""

NEAR_TIMEOUT = 0.8
"""The share of its time that a function may take: beyond it, the next slow answer of AWS is a timeout."""

WAITED_S = 300
"""The age of the oldest message in seconds, past which a reader does not keep up: it reads within a second."""

KEPT_UNREAD = 5 / 7
"""The share of its life after which a dead letter is about to be lost unread: four days before the end of fourteen."""

DEFAULT_RETENTION_S = 4 * 24 * 3600
"""What SQS keeps a message for where nothing else is said, in seconds."""

ALL_TABLES = 'FROM SCHEMA("AWS/DynamoDB", Operation, TableName)'

STREAM_LAG_MS = 60_000
"""How far behind a reader of a stream may be, in milliseconds: what it tells is a minute late at the most."""


def watch_parts(alarms: Alarms, stack: Stack) -> None:
    """Give every function, queue and reader of a stream that the stack has by now its alarms, and the tables theirs."""
    functions: dict[str, lambda_.Function] = {}
    for part in stack.node.find_all():
        if isinstance(part, lambda_.Function):
            functions[part.node.path] = part
            _watch_function(alarms, part)
        elif isinstance(part, sqs.Queue):
            _watch_queue(alarms, part)
    for part in stack.node.find_all():
        if isinstance(part, lambda_.CfnEventSourceMapping) and part.starting_position is not None:
            _watch_stream(alarms, _reader(functions, part))
    _watch_tables(alarms)


def _watch_function(alarms: Alarms, function: lambda_.Function) -> None:
    name, hot = _name(function), _name(function) in HOT_FUNCTIONS
    resource = function.node.default_child
    timeout_s = (resource.timeout if isinstance(resource, lambda_.CfnFunction) else None) or 3
    alarms.ring(
        "FunctionErrors",
        Severity.PAGE if hot else Severity.TICKET,
        f"{name} ends with errors that nobody foresaw.",
        function.metric_errors(period=FIVE_MINUTES, statistic="Sum"),
        above=SOME_ERRORS if hot else 0,
        of=name,
    )
    alarms.ring(
        "FunctionThrottled",
        Severity.PAGE if hot else Severity.TICKET,
        f"Lambda turns calls of {name} away: too many at once.",
        function.metric_throttles(period=FIVE_MINUTES, statistic="Sum"),
        above=SOME_ERRORS if hot else 0,
        of=name,
    )
    alarms.ring(
        "FunctionNearTimeout",
        Severity.TICKET,
        f"{name} takes almost all of its {timeout_s:.0f} s.",
        function.metric_duration(period=FIVE_MINUTES, statistic="Maximum"),
        above=timeout_s * 1000 * NEAR_TIMEOUT,
        periods=3,
        of=name,
    )


def _watch_queue(alarms: Alarms, queue: sqs.Queue) -> None:
    resource = queue.node.default_child
    if not isinstance(resource, sqs.CfnQueue):
        raise TypeError("a queue is not a CfnQueue any more")
    name = resource.queue_name or queue.node.path.rpartition("/")[0].replace("/", "-")
    oldest = queue.metric_approximate_age_of_oldest_message(period=FIVE_MINUTES, statistic="Maximum")
    if queue.dead_letter_queue is not None:
        alarms.ring(
            "MessagesWait",
            Severity.PAGE if name in HOT_QUEUES else Severity.TICKET,
            f"Messages wait in {name}: its reader does not keep up.",
            oldest,
            above=WAITED_S,
            of=name,
        )
        return
    alarms.ring(
        "DeadLetters",
        Severity.TICKET,
        f"Something could not be processed and lies in {name}.",
        queue.metric_approximate_number_of_messages_visible(period=Duration.minutes(1), statistic="Maximum"),
        above=0,
        of=name,
    )
    alarms.ring(
        "DeadLettersExpire",
        Severity.TICKET,
        f"A dead letter in {name} is about to be lost unread.",
        oldest,
        above=int((resource.message_retention_period or DEFAULT_RETENTION_S) * KEPT_UNREAD),
        of=name,
    )


def _watch_stream(alarms: Alarms, function: lambda_.Function) -> None:
    alarms.ring(
        "StreamLags",
        Severity.TICKET,
        f"{_name(function)} is behind the stream that it reads.",
        function.metric("IteratorAge", period=FIVE_MINUTES, statistic="Maximum"),
        above=STREAM_LAG_MS,
        of=_name(function),
    )


def _watch_tables(alarms: Alarms) -> None:
    """Of all tables at once: a deployment has its account's region to itself, and the graph says which it is."""
    for entry, metric, meaning in (
        ("TablesThrottled", "ThrottledRequests", "DynamoDB turns requests away: too many for one key or one table."),
        ("TablesFail", "SystemErrors", "DynamoDB answers with errors of its own."),
    ):
        query = cloudwatch.MathExpression(
            expression=f"SELECT SUM({metric}) {ALL_TABLES}",
            label=metric,
            period=FIVE_MINUTES,
        )
        alarms.ring(entry, Severity.TICKET, meaning, query, above=0)


def _reader(functions: dict[str, lambda_.Function], mapping: lambda_.CfnEventSourceMapping) -> lambda_.Function:
    """The function that a mapping calls."""
    stack = Stack.of(mapping)
    wanted = stack.resolve(mapping.function_name)
    return next(it for it in functions.values() if stack.resolve(it.function_name) == wanted)


def _name(function: lambda_.Function) -> str:
    """The folder of a function: the name of the part that it is the `Function` of (infra/functions.py)."""
    parent: IConstruct | None = function.node.scope
    return parent.node.id if parent is not None else function.node.id
