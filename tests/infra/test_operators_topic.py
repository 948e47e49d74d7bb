from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.infra.templates import allowed

if TYPE_CHECKING:
    from tests.infra.templates import Synthesised

CLOUDWATCH = "cloudwatch.amazonaws.com"


def granted(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The statements of a policy that let a service in, by service."""
    principals = [(it["Principal"], it) for it in document["Statement"] if isinstance(it["Principal"], dict)]
    return {principal["Service"]: it for principal, it in principals if "Service" in principal}


def test_there_is_one_topic_for_operators_and_it_says_where_it_is(dev: Synthesised) -> None:
    assert list(dev.of_type("AWS::SNS::Topic")) == ["OperatorsTopic"]
    assert dev.outputs["OperatorsTopicArn"]["Value"] == "<OperatorsTopic>"


def test_alarms_of_this_account_may_publish_to_operators_and_use_the_topics_key(dev: Synthesised) -> None:
    publish = granted(dev.one("AWS::SNS::TopicPolicy")["PolicyDocument"])[CLOUDWATCH]
    assert (publish["Action"], publish["Resource"]) == ("sns:Publish", "<OperatorsTopic>")
    assert publish["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:*"},
    }
    use = granted(dev.one("AWS::KMS::Key", "Operators")["KeyPolicy"])[CLOUDWATCH]
    assert use["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]


def test_rules_of_the_bus_publish_with_a_role_that_can_do_nothing_else(dev: Synthesised) -> None:
    role = dev.one("AWS::IAM::Role", "DomainEventsPublisher")
    (policy,) = role["Policies"]
    assert allowed(policy["PolicyDocument"]) == {
        ("sns:Publish", "<OperatorsTopic>"),
        ("kms:Decrypt", "<OperatorsKey.Arn>"),
        ("kms:GenerateDataKey", "<OperatorsKey.Arn>"),
    }
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "events.amazonaws.com"}
    assert trust["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": "arn:aws:events:eu-central-1:123456789012:rule/<DomainEventsBus>/*"},
    }


def test_nobody_else_may_publish_to_operators_and_nobody_without_tls(dev: Synthesised) -> None:
    document = dev.one("AWS::SNS::TopicPolicy")["PolicyDocument"]
    assert set(granted(document)) == {CLOUDWATCH}
    (others,) = [it for it in document["Statement"] if "Service" not in it["Principal"]]
    assert (others["Effect"], others["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_what_operators_are_told_is_encrypted_with_a_key_that_rotates(dev: Synthesised) -> None:
    assert dev.one("AWS::SNS::Topic")["KmsMasterKeyId"] == "<OperatorsKey.Arn>"
    assert dev.one("AWS::KMS::Key", "Operators")["EnableKeyRotation"] is True


def test_alarms_are_mailed_to_whom_the_deployment_names_and_to_nobody_else(
    dev: Synthesised, awake: Synthesised
) -> None:
    def mailed(stack: Synthesised) -> list[str]:
        every = stack.of_type("AWS::SNS::Subscription").values()
        return [body["Endpoint"] for body in every if body["Protocol"] == "email"]

    assert mailed(dev) == []
    assert mailed(awake) == ["night@example.com"]
