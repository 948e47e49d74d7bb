"""The functions: one role and one log group each, one archive for all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra import permissions
from infra.alarms import METRICS_NAMESPACE
from infra.bundling import Target, python_minor
from infra.dead_letters import as_setting, dead_letters
from infra.nag import accept

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_sqs as sqs

    from infra.device_link import DeviceLink
    from infra.environments import Environment
    from infra.inbox import Inbox
    from infra.sweeper import Sweeper
    from infra.tables import Tables

ACK_TIMEOUT_S = 15
"""Patience with a charger that has not answered a stop, in seconds: past it the stop reads as overdue."""

START_TTL_S = 60
"""How long a start may take to reach the charger, in seconds: past it the driver has walked away."""

CARD_CACHE_S = 72 * 3600
"""How long a charger that cannot ask goes by "accepted", in seconds: a long weekend without a link. As long does a card
that was reported lost still charge at such a charger."""

SILENT_AFTER_S = 24 * 3600
"""Without a word of a session for this long, in seconds, it is held to be over: see the function's settings."""

BATCH_SIZE = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spec:
    """One function as its table row: what it may do, what it is told, how much it gets."""

    name: str
    grant: permissions.Grant
    settings: Mapping[str, str]
    timeout_s: int = 10
    memory_mb: int = 512
    """More memory is more CPU: what a driver waits for starts twice as fast on 1024 MB."""
    reads: Inbox | None = field(default=None)
    dead_letters: sqs.IQueue | None = None
    """Where an event goes that it failed on, if nobody waits for its answer."""


class Functions(Construct):
    """Every function of the cloud side, by the name of its folder under `functions/`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        code: lambda_.Code,
        tables: Tables,
        link: DeviceLink,
        sweeper: Sweeper,
    ) -> None:
        super().__init__(scope, construct_id)
        self._environment = environment
        self._code = code
        self.by_name = {spec.name: self._function(spec) for spec in self._specs(tables, link, sweeper)}

    def _specs(self, tables: Tables, link: DeviceLink, sweeper: Sweeper) -> list[_Spec]:
        both = {"CHARGERS_TABLE": tables.chargers.table_name, "SESSIONS_TABLE": tables.sessions.table_name}
        cards = {"CARDS_TABLE": tables.cards.table_name}
        accounts = {"ACCOUNTS_TABLE": tables.accounts.table_name}
        patience = {"ACK_TIMEOUT_S": str(ACK_TIMEOUT_S)}
        endpoint = self._environment.iot_data_endpoint
        shadows = {"IOT_DATA_ENDPOINT": endpoint} if endpoint else {}
        letters = dead_letters(link, sweeper)
        return [
            _Spec(name="chargers_api", grant=permissions.read_chargers(tables), settings=both | patience),
            _Spec(
                name="sessions_api",
                grant=permissions.read_sessions(tables, self),
                settings=both | patience | shadows,
            ),
            _Spec(
                name="start_session",
                grant=permissions.start_sessions(tables, self, self._environment),
                settings=both | accounts | patience | shadows | {"START_TTL_S": str(START_TTL_S)},
                memory_mb=1024,
            ),
            _Spec(
                name="stop_session",
                grant=permissions.stop_sessions(tables, self, self._environment),
                settings=both | patience | shadows,
                # `Prefer: wait` holds the answer for up to 10 s.
                timeout_s=15,
                memory_mb=1024,
            ),
            _Spec(name="sharing_api", grant=permissions.lend_stop_rights(tables), settings=both | patience),
            _Spec(
                name="cards_api",
                grant=permissions.keep_cards(tables, self, self._environment),
                settings=both | cards | accounts | patience | shadows,
            ),
            _Spec(
                name="authorise_card",
                grant=permissions.authorise_cards(tables, self, link.authorisations),
                settings=cards
                | accounts
                | shadows
                | {
                    "DEAD_LETTER_QUEUE_URL": link.authorisations.dead_letters.queue_url,
                    "CARD_CACHE_S": str(CARD_CACHE_S),
                },
                # Somebody holds a card to a charger and waits.
                memory_mb=1024,
                reads=link.authorisations,
            ),
            _Spec(
                name="charger_reports",
                grant=permissions.apply_reports(tables, link.reports),
                settings=both | cards | {"DEAD_LETTER_QUEUE_URL": link.reports.dead_letters.queue_url},
                reads=link.reports,
            ),
            _Spec(
                name="charger_presence",
                grant=permissions.apply_presence(tables, link.presence),
                settings={
                    "CHARGERS_TABLE": tables.chargers.table_name,
                    "DEAD_LETTER_QUEUE_URL": link.presence.dead_letters.queue_url,
                },
                reads=link.presence,
            ),
            _Spec(
                name="session_sweeper",
                grant=permissions.sweep_sessions(tables, self, self._environment, sweeper.dead_letters),
                settings=both | shadows | {"SILENT_AFTER_S": str(SILENT_AFTER_S)},
                # It begins nothing after 40 s; what it has begun then takes seconds.
                timeout_s=60,
                dead_letters=sweeper.dead_letters,
            ),
            _Spec(
                name="operator_api",
                grant=permissions.operate(tables, self, self._environment, letters),
                settings=both
                | accounts
                | patience
                | shadows
                | {"AUDIT_TABLE": tables.audit.table_name, "DEAD_LETTER_QUEUES": as_setting(letters)},
                # A redrive of a hundred letters is three hundred calls.
                timeout_s=25,
            ),
            _Spec(
                name="provisioning_hook",
                grant=permissions.provision_boards(tables, self),
                settings={"SERIALS_TABLE": tables.serials.table_name},
                # AWS IoT gives up after 5 s; a function that goes on is awake for the board's next try.
                memory_mb=1024,
            ),
        ]

    def _function(self, spec: _Spec) -> lambda_.Function:
        part = Construct(self, spec.name)
        log_group = logs.LogGroup(
            part, "Log", retention=self._environment.log_retention, removal_policy=self._environment.removal
        )
        function = lambda_.Function(
            part,
            "Function",
            description=f"Polaris {self._environment.name}: {spec.name}",
            runtime=lambda_.Runtime(f"python{python_minor()}", lambda_.RuntimeFamily.PYTHON, supports_inline_code=True),
            architecture=Target.of(self._environment.bundle).architecture,
            code=self._code,
            handler=f"functions.{spec.name}.handler.handler",
            environment={
                "POWERTOOLS_SERVICE_NAME": spec.name,
                "POWERTOOLS_METRICS_NAMESPACE": METRICS_NAMESPACE,
                "POWERTOOLS_LOG_LEVEL": "INFO",
                **spec.settings,
            },
            timeout=Duration.seconds(spec.timeout_s),
            memory_size=spec.memory_mb,
            log_group=log_group,
            dead_letter_queue=spec.dead_letters,
            # No second try of what comes by itself again.
            retry_attempts=None if spec.dead_letters is None else 0,
            tracing=lambda_.Tracing.ACTIVE,
            role=_role(part, spec, log_group).without_policy_updates(),
        )
        accept(
            part,
            "The byte code in the archive is made by this minor, which is the one that can be run and compiled here.",
            "AwsSolutions-L1",
            "Serverless-LambdaLatestVersion",
        )
        if spec.dead_letters is None:
            waited = "Nothing invokes it asynchronously: a caller waits for its answer, or its queue keeps what failed."
            accept(part, waited, "Serverless-LambdaDLQ")
        else:
            kept = "What it failed on is kept in its dead letters."
            accept(part, kept, "Serverless-LambdaAsyncFailureDestination")
        if spec.reads is not None:
            for queue in spec.reads.queues:
                mapping = lambda_.EventSourceMapping(
                    part,
                    "Inbox" if queue is spec.reads.queue else "Held",
                    target=function,
                    event_source_arn=queue.queue_arn,
                    batch_size=BATCH_SIZE,
                    report_batch_item_failures=True,
                )
                accept(
                    mapping,
                    "A queue is its own destination: what keeps failing moves to its dead letters.",
                    "Serverless-LambdaEventSourceMappingDestination",
                )
        return function


def _role(part: Construct, spec: _Spec, log_group: logs.ILogGroup) -> iam.Role:
    role = iam.Role(
        part,
        "Role",
        description=f"What {spec.name} may do, and nothing else.",
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        # Inline, so that role and permissions come and go together: no moment in which a function lacks its own.
        inline_policies={
            "own-log-and-trace": iam.PolicyDocument(
                statements=[
                    iam.PolicyStatement(
                        actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[log_group.log_group_arn]
                    ),
                    iam.PolicyStatement(actions=["xray:PutTraceSegments", "xray:PutTelemetryRecords"], resources=["*"]),
                ]
            ),
            "work": iam.PolicyDocument(statements=list(spec.grant.statements)),
        },
    )
    accept(
        role,
        "X-Ray knows no resources: its write actions take `*` only. Wildcards of other services are listed one by one.",
        "AwsSolutions-IAM5[Resource::*]",
        "Serverless-LambdaStarPermissions",
    )
    for resource, reason in spec.grant.wildcards.items():
        arn = f"arn:<AWS::Partition>:iot:<AWS::Region>:<AWS::AccountId>:{resource}"
        accept(role, reason, f"AwsSolutions-IAM5[Resource::{arn}]")
    return role
