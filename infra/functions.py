"""The functions: one role and one log group each, one archive for all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.bundling import Target, python_minor
from infra.function_table import function_table
from infra.metrics import METRICS_NAMESPACE
from infra.nag import accept

if TYPE_CHECKING:
    from infra.device_link import DeviceLink
    from infra.domain_events import DomainEvents
    from infra.environments import Environment
    from infra.function_table import Spec
    from infra.identity import Drivers
    from infra.sweeper import Sweeper
    from infra.tables import Tables

BATCH_SIZE = 10


class Functions(Construct):
    """Every function of the cloud side, by the name of its folder under `functions/`."""

    def __init__(  # noqa: PLR0913 - the parts of the stack that functions touch
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        code: lambda_.Code,
        tables: Tables,
        drivers: Drivers,
        link: DeviceLink,
        sweeper: Sweeper,
        events: DomainEvents,
    ) -> None:
        super().__init__(scope, construct_id)
        self._environment = environment
        self._code = code
        specs = function_table(self, environment, tables, drivers, link, sweeper, events)
        self.by_name = {spec.name: self._function(spec) for spec in specs}
        self.to_call = {spec.name: _kept_warm(self.by_name[spec.name], spec.warm) for spec in specs}
        """What whoever calls a function by name calls: the function, or the version of it that is kept warm."""

    def _function(self, spec: Spec) -> lambda_.Function:
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
                # There are none; pydantic would look for them in every installed package, at a cold start.
                "PYDANTIC_DISABLE_PLUGINS": "__all__",
                **spec.settings,
            },
            timeout=Duration.seconds(spec.timeout_s),
            memory_size=spec.memory_mb,
            log_group=log_group,
            reserved_concurrent_executions=spec.concurrency,
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


def _kept_warm(function: lambda_.Function, count: int) -> lambda_.IFunction:
    if not count:
        return function
    return lambda_.Alias(
        function,
        "Warm",
        alias_name="warm",
        version=function.current_version,
        provisioned_concurrent_executions=count,
    )


def _role(part: Construct, spec: Spec, log_group: logs.ILogGroup) -> iam.Role:
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
