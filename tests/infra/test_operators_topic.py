from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.infra.templates import Synthesised

ARN = "arn:aws:{}:eu-central-1:123456789012:{}"
PUBLISHERS = {
    "events.amazonaws.com": ARN.format("events", "rule/*"),
    "cloudwatch.amazonaws.com": ARN.format("cloudwatch", "alarm:*"),
}


def granted(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The statements of a policy that let a service in, by service."""
    principals = [(it["Principal"], it) for it in document["Statement"] if isinstance(it["Principal"], dict)]
    return {principal["Service"]: it for principal, it in principals if "Service" in principal}


def test_there_is_one_topic_for_operators_and_it_says_where_it_is(dev: Synthesised) -> None:
    assert list(dev.of_type("AWS::SNS::Topic")) == ["OperatorsTopic"]
    assert dev.outputs["OperatorsTopicArn"]["Value"] == "<OperatorsTopic>"


@pytest.mark.parametrize("service", PUBLISHERS)
def test_rules_and_alarms_of_this_account_may_publish_to_operators_and_use_the_topics_key(
    dev: Synthesised, service: str
) -> None:
    condition = {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": PUBLISHERS[service]},
    }
    publish = granted(dev.one("AWS::SNS::TopicPolicy")["PolicyDocument"])[service]
    assert (publish["Action"], publish["Resource"]) == ("sns:Publish", "<OperatorsTopic>")
    assert publish["Condition"] == condition
    use = granted(dev.one("AWS::KMS::Key", "Operators")["KeyPolicy"])[service]
    assert use["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    assert use["Condition"] == condition


def test_nobody_else_may_publish_to_operators_and_nobody_without_tls(dev: Synthesised) -> None:
    document = dev.one("AWS::SNS::TopicPolicy")["PolicyDocument"]
    assert set(granted(document)) == set(PUBLISHERS)
    (others,) = [it for it in document["Statement"] if "Service" not in it["Principal"]]
    assert (others["Effect"], others["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_what_operators_are_told_is_encrypted_with_a_key_that_rotates(dev: Synthesised) -> None:
    assert dev.one("AWS::SNS::Topic")["KmsMasterKeyId"] == "<OperatorsKey.Arn>"
    assert dev.one("AWS::KMS::Key", "Operators")["EnableKeyRotation"] is True


def test_alarms_are_mailed_to_whom_the_deployment_names_and_to_nobody_else(
    synthesise: Callable[[Mapping[str, str]], Synthesised], dev: Synthesised
) -> None:
    def mailed(stack: Synthesised) -> list[str]:
        every = stack.of_type("AWS::SNS::Subscription").values()
        return [body["Endpoint"] for body in every if body["Protocol"] == "email"]

    assert mailed(dev) == []
    assert mailed(synthesise({"operatorsEmail": "night@example.com"})) == ["night@example.com"]
