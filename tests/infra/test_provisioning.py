from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.infra.templates import allowed

if TYPE_CHECKING:
    from tests.infra.templates import Synthesised

IOT = "arn:aws:iot:eu-central-1:123456789012:"
CREATE = "$aws/certificates/create-from-csr/json"
PROVISION = "$aws/provisioning-templates/polaris-charger/provision/json"
ANSWERS = [f"{topic}/{answer}" for topic in (CREATE, PROVISION) for answer in ("accepted", "rejected")]
EXCHANGE = (
    {("iot:Publish", f"{IOT}topic/{topic}") for topic in (CREATE, PROVISION)}
    | {("iot:Receive", f"{IOT}topic/{topic}") for topic in ANSWERS}
    | {("iot:Subscribe", f"{IOT}topicfilter/{topic}") for topic in ANSWERS}
)


def template(synthesised: Synthesised) -> dict[str, Any]:
    return synthesised.one("AWS::IoT::ProvisioningTemplate")


def body(synthesised: Synthesised) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(template(synthesised)["TemplateBody"])
    return parsed


def test_a_claim_certificate_may_ask_for_a_certificate_and_do_nothing_else(dev: Synthesised) -> None:
    policy = dev.one("AWS::IoT::Policy", "ClaimPolicy")
    assert policy["PolicyName"] == "polaris-claim"
    assert allowed(policy["PolicyDocument"]) == EXCHANGE | {("iot:Connect", f"{IOT}client/provision-*")}


def test_a_charger_may_renew_over_its_own_connection_by_a_policy_beside_the_device_policy(dev: Synthesised) -> None:
    policy = dev.one("AWS::IoT::Policy", "RenewalPolicy")
    assert policy["PolicyName"] == "polaris-charger-renewal"
    assert allowed(policy["PolicyDocument"]) == EXCHANGE


def test_the_template_makes_the_thing_that_the_hook_names_and_puts_the_certificate_to_use(dev: Synthesised) -> None:
    assert (template(dev)["TemplateName"], template(dev)["Enabled"]) == ("polaris-charger", True)
    resources = body(dev)["Resources"]
    assert resources["thing"]["Properties"] == {"ThingName": {"Ref": "ChargerId"}, "ThingTypeName": "polaris-charger"}
    assert resources["thing"]["OverrideSettings"] == {"ThingTypeName": "DO_NOTHING"}
    assert resources["certificate"]["Properties"] == {
        "CertificateId": {"Ref": "AWS::IoT::Certificate::Id"},
        "Status": "Active",
    }
    policies = {each["Properties"]["PolicyName"] for each in resources.values() if each["Type"] == "AWS::IoT::Policy"}
    assert policies == {dev.one("AWS::IoT::Policy", name)["PolicyName"] for name in ("LinkPolicy", "RenewalPolicy")}


def test_the_name_of_the_thing_has_no_default_so_that_without_the_hook_there_is_none(dev: Synthesised) -> None:
    declared = body(dev)["Parameters"]
    assert declared.pop("Attempt") == {"Type": "String", "Default": ""}
    assert declared == {key: {"Type": "String"} for key in ("SerialNumber", "ChargerId", "AWS::IoT::Certificate::Id")}


def test_the_hook_is_asked_by_this_template_of_this_account_and_by_nobody_else(dev: Synthesised) -> None:
    hook = "<Functionsprovisioninghook"
    assert template(dev)["PreProvisioningHook"] == {
        "PayloadVersion": "2020-04-01",
        "TargetArn": f"{hook}Function.Arn>",
    }
    asks = [
        body
        for body in dev.of_type("AWS::Lambda::Permission").values()
        if body["FunctionName"] == f"{hook}Function.Arn>"
    ]
    assert asks == [
        {
            "Action": "lambda:InvokeFunction",
            "FunctionName": f"{hook}Function.Arn>",
            "Principal": "iot.amazonaws.com",
            "SourceAccount": "123456789012",
            "SourceArn": f"{IOT}provisioningtemplate/polaris-charger",
        }
    ]


def test_the_template_is_made_after_what_it_names_and_after_the_leave_to_ask_the_hook(dev: Synthesised) -> None:
    made_before = set(dev.resources["ProvisioningTemplate"]["DependsOn"])
    for needed in ("DeviceLinkPolicy", "DeviceLinkThingType", "ProvisioningRenewalPolicy", "Asked"):
        assert any(needed in name for name in made_before), needed


def test_the_role_that_applies_the_template_can_do_that_and_nothing_else(dev: Synthesised) -> None:
    role = dev.one("AWS::IAM::Role", "ProvisioningRole")
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "iot.amazonaws.com"}
    assert trust["Condition"] == {"StringEqualsIfExists": {"aws:SourceAccount": "123456789012"}}
    (policy,) = role["Policies"]
    thing, certificate = f"{IOT}thing/*", f"{IOT}cert/*"
    assert allowed(policy["PolicyDocument"]) == {
        ("iot:DescribeThing", thing),
        ("iot:CreateThing", thing),
        ("iot:AttachThingPrincipal", thing),
        ("iot:AttachThingPrincipal", certificate),
        ("iot:DescribeCertificate", certificate),
        ("iot:UpdateCertificate", certificate),
        ("iot:AttachPolicy", certificate),
        ("iot:DescribeThingType", f"{IOT}thingtype/polaris-charger"),
        ("iot:GetPolicy", f"{IOT}policy/polaris-charger"),
        ("iot:GetPolicy", f"{IOT}policy/polaris-charger-renewal"),
    }


def test_a_serial_number_is_on_the_list_once(dev: Synthesised) -> None:
    table = dev.one("AWS::DynamoDB::GlobalTable", "Serials")
    assert table["KeySchema"] == [{"AttributeName": "serial_number", "KeyType": "HASH"}]
    assert dev.outputs["SerialsTableName"]["Value"] == "<TablesSerials>"
    assert dev.outputs["ClaimPolicyName"]["Value"] == "<ProvisioningClaimPolicy>"


@pytest.mark.parametrize("name", ["ClaimPolicy", "RenewalPolicy"])
def test_no_board_may_listen_to_what_others_ask(dev: Synthesised, name: str) -> None:
    heard = {
        resource.partition("/")[2]
        for action, resource in allowed(dev.one("AWS::IoT::Policy", name)["PolicyDocument"])
        if action in ("iot:Subscribe", "iot:Receive")
    }
    assert heard == set(ANSWERS)
    assert not any(wildcard in topic for topic in heard for wildcard in "*+#")


@pytest.mark.parametrize("name", ["ClaimPolicy", "RenewalPolicy"])
def test_the_policies_of_boards_fit_the_service_in_a_region_with_a_long_name(dev: Synthesised, name: str) -> None:
    document = json.dumps(dev.one("AWS::IoT::Policy", name)["PolicyDocument"], separators=(",", ":"))
    assert len(document.replace("eu-central-1", "ap-southeast-1")) <= 2048
