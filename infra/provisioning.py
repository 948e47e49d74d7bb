"""How a board becomes a charger: the provisioning template, its hook, and what the certificates on the way may do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_iot as iot
from constructs import Construct

from contract.provisioning import (
    ATTEMPT_PARAMETER,
    CHARGER_PARAMETER,
    CLAIM_PREFIX,
    CREATE_TOPIC,
    PROVISION_TOPIC,
    SERIAL_PARAMETER,
    TEMPLATE,
)
from infra.device_link import DEVICE_POLICY, THING_TYPE
from infra.nag import accept

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_lambda as lambda_

    from infra.device_link import DeviceLink

CLAIM_POLICY = "polaris-claim"
RENEWAL_POLICY = "polaris-charger-renewal"

HOOK_PAYLOAD_VERSION = "2020-04-01"
"""The only one there is (API reference, CreateProvisioningTemplate)."""

_ANSWERS = ("accepted", "rejected")
_CERTIFICATE_ID = "AWS::IoT::Certificate::Id"


class Provisioning(Construct):
    """Template with its hook and its role, claim policy, renewal policy."""

    def __init__(self, scope: Construct, construct_id: str, *, link: DeviceLink, hook: lambda_.Function) -> None:
        super().__init__(scope, construct_id)
        stack = Stack.of(self)
        self.claim_policy = iot.CfnPolicy(
            self, "ClaimPolicy", policy_name=CLAIM_POLICY, policy_document=claim_policy(stack)
        )
        renewal = iot.CfnPolicy(
            self, "RenewalPolicy", policy_name=RENEWAL_POLICY, policy_document=_document(*_exchange(stack))
        )
        hook.add_permission(
            "Asked",
            principal=iam.ServicePrincipal("iot.amazonaws.com"),
            source_arn=_arn(stack, "provisioningtemplate", TEMPLATE),
            source_account=stack.account,
        )
        template = iot.CfnProvisioningTemplate(
            self,
            "Template",
            template_name=TEMPLATE,
            description="A board that the hook knows becomes the charger that the hook names.",
            enabled=True,
            provisioning_role_arn=self._role().role_arn,
            template_body=json.dumps(template_body()),
            pre_provisioning_hook=iot.CfnProvisioningTemplate.ProvisioningHookProperty(
                payload_version=HOOK_PAYLOAD_VERSION, target_arn=hook.function_arn
            ),
        )
        # The body names these, and AWS IoT tries whether it may ask the hook; nothing of that shows as a reference.
        template.node.add_dependency(hook, link.thing_type, link.policy, renewal)

    def _role(self) -> iam.Role:
        stack = Stack.of(self)
        things, certificates = _arn(stack, "thing", "*"), _arn(stack, "cert", "*")
        policies = [_arn(stack, "policy", name) for name in (DEVICE_POLICY, RENEWAL_POLICY)]
        role = iam.Role(
            self,
            "Role",
            description="With this, AWS IoT applies the provisioning template.",
            # Whether AWS IoT names the account here is not documented; where it does, it has to be ours.
            assumed_by=iam.ServicePrincipal("iot.amazonaws.com").with_conditions(
                {"StringEqualsIfExists": {"aws:SourceAccount": stack.account}}
            ),
            inline_policies={
                "apply-the-template": iam.PolicyDocument(
                    statements=[
                        _allow(["DescribeThing", "CreateThing"], things),
                        _allow(["DescribeThingType"], _arn(stack, "thingtype", THING_TYPE)),
                        _allow(["DescribeCertificate", "UpdateCertificate", "AttachPolicy"], certificates),
                        _allow(["AttachThingPrincipal"], things, certificates),
                        _allow(["GetPolicy"], *policies),
                    ]
                )
            },
        )
        for resource in ("thing/*", "cert/*"):
            arn = f"arn:<AWS::Partition>:iot:<AWS::Region>:<AWS::AccountId>:{resource}"
            accept(
                role,
                "The hook says which thing it is, and the certificate has just been made: nobody knows them before.",
                f"AwsSolutions-IAM5[Resource::{arn}]",
            )
        return role


def template_body() -> dict[str, object]:
    """What AWS makes for a board: the thing if there is none, the certificate put to use, the policies on it."""
    parameters = (SERIAL_PARAMETER, CHARGER_PARAMETER, _CERTIFICATE_ID)
    return {
        # A renewal names no attempt. The others have no default: without them nothing is to be made.
        "Parameters": {name: {"Type": "String"} for name in parameters}
        | {ATTEMPT_PARAMETER: {"Type": "String", "Default": ""}},
        "Resources": {
            "thing": {
                "Type": "AWS::IoT::Thing",
                "Properties": {"ThingName": {"Ref": CHARGER_PARAMETER}, "ThingTypeName": THING_TYPE},
                # A charger whose board is swapped, or whose certificate is renewed, exists already.
                "OverrideSettings": {"ThingTypeName": "DO_NOTHING"},
            },
            "certificate": {
                "Type": "AWS::IoT::Certificate",
                "Properties": {"CertificateId": {"Ref": _CERTIFICATE_ID}, "Status": "Active"},
            },
            "speak": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyName": DEVICE_POLICY}},
            "renew": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyName": RENEWAL_POLICY}},
        },
    }


def claim_policy(stack: Stack) -> dict[str, object]:
    """What the claim certificate may do, which every board out of the factory has: ask for one of its own."""
    connect: dict[str, object] = {
        "Effect": "Allow",
        "Action": "iot:Connect",
        "Resource": _arn(stack, "client", f"{CLAIM_PREFIX}*"),
    }
    return _document(connect, *_exchange(stack))


def _exchange(stack: Stack) -> list[dict[str, object]]:
    """The two questions and their answers. Not a `*`: it would let one board listen to what others ask."""
    asked = (CREATE_TOPIC, PROVISION_TOPIC)
    heard = [f"{topic}/{answer}" for topic in asked for answer in _ANSWERS]
    return [
        {"Effect": "Allow", "Action": "iot:Publish", "Resource": _arns(stack, "topic", asked)},
        {"Effect": "Allow", "Action": "iot:Receive", "Resource": _arns(stack, "topic", heard)},
        {"Effect": "Allow", "Action": "iot:Subscribe", "Resource": _arns(stack, "topicfilter", heard)},
    ]


def _document(*statements: dict[str, object]) -> dict[str, object]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _allow(iot_actions: Sequence[str], *resources: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=[f"iot:{action}" for action in iot_actions], resources=list(resources))


def _arns(stack: Stack, kind: str, names: Sequence[str]) -> list[str]:
    return [_arn(stack, kind, name) for name in names]


def _arn(stack: Stack, kind: str, name: str) -> str:
    return stack.format_arn(service="iot", resource=kind, resource_name=name, arn_format=ArnFormat.SLASH_RESOURCE_NAME)
