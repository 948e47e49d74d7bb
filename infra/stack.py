"""The whole cloud side as one stack, in the order of the picture in docs/architecture.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import CfnOutput, Stack

from infra.alarms import Alarms
from infra.bundling import function_code
from infra.dashboard import Dashboard
from infra.device_link import DeviceLink
from infra.domain_events import DomainEvents
from infra.functions import Functions
from infra.http_api import HttpApi
from infra.identity import Drivers
from infra.operators_topic import OperatorsTopic
from infra.provisioning import Provisioning
from infra.sweeper import Sweeper
from infra.tables import Tables
from infra.watch import watch
from infra.web import Web

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_
    from constructs import Construct

    from infra.environments import Environment


class PolarisStack(Stack):
    """Everything one deployment needs; it shares nothing with another."""

    def __init__(
        self, scope: Construct, *, environment: Environment, code: lambda_.Code | None = None, **kwargs: Any
    ) -> None:
        """Assemble the parts. `code` replaces the functions' archive, for templates that nobody runs."""
        super().__init__(
            scope,
            f"Polaris-{environment.name}",
            description="Polaris charging sessions: API, functions, tables, chargers' link",
            termination_protection=environment.keeps_data,
            tags={"project": "polaris", "environment": environment.name},
            **kwargs,
        )
        operators = OperatorsTopic(self, "Operators", environment=environment)
        tables = Tables(self, "Tables", environment=environment)
        drivers = Drivers(self, "Drivers", environment=environment)
        link = DeviceLink(self, "DeviceLink", environment=environment)
        sweeper = Sweeper(self, "Sweeper", environment=environment)
        events = DomainEvents(self, "DomainEvents", environment=environment)
        functions = Functions(
            self,
            "Functions",
            environment=environment,
            code=code or function_code(environment.bundle),
            tables=tables,
            drivers=drivers,
            link=link,
            sweeper=sweeper,
            events=events,
        )
        sweeper.of(functions.by_name["session_sweeper"])
        events.of(functions.by_name["domain_events"], tables=tables, operators=operators)
        http = HttpApi(self, "HttpApi", environment=environment, drivers=drivers, functions=functions.to_call)
        provisioning = Provisioning(self, "Provisioning", link=link, hook=functions.by_name["provisioning_hook"])
        outputs = {
            "ApiUrl": http.api.api_endpoint,
            "UserPoolId": drivers.pool.user_pool_id,
            "UserPoolClientId": drivers.client.user_pool_client_id,
            "ChargersTableName": tables.chargers.table_name,
            "SessionsTableName": tables.sessions.table_name,
            "CardsTableName": tables.cards.table_name,
            "AccountsTableName": tables.accounts.table_name,
            "SerialsTableName": tables.serials.table_name,
            "DevicePolicyName": link.policy.ref,
            "ClaimPolicyName": provisioning.claim_policy.ref,
            "ThingTypeName": link.thing_type.ref,
            "ReportsQueueUrl": link.reports.queue.queue_url,
            "ReportsDeadLetterQueueUrl": link.reports.dead_letters.queue_url,
            "PresenceQueueUrl": link.presence.queue.queue_url,
            "PresenceDeadLetterQueueUrl": link.presence.dead_letters.queue_url,
            "OperatorsClientId": drivers.operators_client.user_pool_client_id,
            "AuthorisationsDeadLetterQueueUrl": link.authorisations.dead_letters.queue_url,
            "OperatorsTopicArn": operators.topic.topic_arn,
            "EventBusName": events.bus.event_bus_name,
        }
        if not environment.local:
            # One machine has no CloudFront: there local.web_server is in its place.
            sign_in_url = drivers.add_sign_in_page(environment)
            web = Web(self, "Web", environment=environment, api=http.api, sign_in_url=sign_in_url)
            drivers.send_back_to(web.url)
            outputs |= {
                "SignInUrl": sign_in_url,
                "WebUrl": web.url,
                "WebBucketName": web.bucket.bucket_name,
                "WebDistributionId": web.distribution.distribution_id,
            }
            # Nobody sleeps beside one machine, and its emulator knows no metric math (ADR 0022).
            alarms = Alarms(self, "Alarms", environment=environment, topic=operators.topic)
            watch(alarms, environment=environment, api=http.api, functions=functions.by_name)
            Dashboard(self, "Dashboard", environment=environment, api=http.api, functions=functions.by_name)
        for name, value in outputs.items():
            CfnOutput(self, name, value=value)
