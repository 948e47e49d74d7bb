"""What is kept is encrypted, moved by TLS only, and recoverable; nothing is a secret, and no secret is in here."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.infra.templates import several

if TYPE_CHECKING:
    from tests.infra.templates import Synthesised

ROOT = Path(__file__).resolve().parents[2]
PERSONS = {"TablesCards", "TablesAccounts", "TablesAudit"}
SECRET = re.compile(r"secret|passw|token|credential|private|api_?key", re.IGNORECASE)
WRITTEN_OUT = re.compile(
    r"-----BEGIN (?:RSA |EC )?PRIVATE KEY-----\\?\n?[A-Za-z0-9+/]{40}"  # a key in PEM
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"  # an access key of AWS
    r"|\beyJ[\w-]{20,}\.eyJ[\w-]{20,}\.[\w-]{20,}"  # a signed token
    r"|\bgh[pousr]_[A-Za-z0-9]{36}\b"  # a token of GitHub
)
"""What a secret looks like when somebody has written it down."""


def denies_plain_text(policy: dict[str, Any], resource: str) -> bool:
    """Whether a resource policy refuses everybody who does not come by TLS."""
    return any(
        statement["Effect"] == "Deny"
        and statement["Principal"] in ({"AWS": "*"}, "*")
        and statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
        and resource in several(statement["Resource"])
        for statement in policy["Statement"]
    )


def policies(template: Synthesised, kind: str, names: str) -> dict[str, dict[str, Any]]:
    """Resource policies, by the resource that they are on."""
    return {
        name.strip("<>"): body["PolicyDocument"]
        for body in template.of_type(kind).values()
        for name in several(body[names])
    }


def test_queues_topics_and_buckets_refuse_whoever_does_not_come_by_tls(prod: Synthesised) -> None:
    queues = policies(prod, "AWS::SQS::QueuePolicy", "Queues")
    buckets = policies(prod, "AWS::S3::BucketPolicy", "Bucket")
    topics = policies(prod, "AWS::SNS::TopicPolicy", "Topics")
    for name in prod.of_type("AWS::SQS::Queue"):
        assert denies_plain_text(queues[name], f"<{name}.Arn>"), name
    for name in prod.of_type("AWS::S3::Bucket"):
        assert denies_plain_text(buckets[name], f"<{name}.Arn>/*"), name
    for name in prod.of_type("AWS::SNS::Topic"):
        assert denies_plain_text(topics[name], f"<{name}>"), name


def test_what_says_who_somebody_is_has_a_key_of_ours_in_prod_and_a_stop_hangs_on_none(
    prod: Synthesised, dev: Synthesised
) -> None:
    keys = {}
    for name, table in prod.of_type("AWS::DynamoDB::GlobalTable").items():
        (replica,) = table["Replicas"]
        keys[name] = replica.get("SSESpecification", {}).get("KMSMasterKeyId")
    assert {name for name, key in keys.items() if key} == PERSONS
    assert {keys[name] for name in PERSONS} == {"<TablesPersonsKey.Arn>"}
    stop = {
        resource.split("/index/")[0] for action, resource in prod.permissions("stop_session") if "dynamodb" in action
    }
    assert not stop & {f"<{name}.Arn>" for name in PERSONS}
    assert not [name for name in dev.of_type("AWS::KMS::Key") if "Persons" in name]


def test_the_key_of_personal_data_turns_over_is_not_lost_with_the_stack_and_is_used_through_dynamodb_only(
    prod: Synthesised,
) -> None:
    key = prod.one("AWS::KMS::Key", "PersonsKey")
    assert (key["EnableKeyRotation"], key["PendingWindowInDays"]) == (True, 30)
    assert prod.resources["TablesPersonsKey"]["DeletionPolicy"] == "Retain"
    [anybody] = [it for it in key["KeyPolicy"]["Statement"] if it["Principal"] == {"AWS": "*"}]
    assert anybody["Condition"] == {
        "StringEquals": {"kms:CallerAccount": "123456789012", "kms:ViaService": "dynamodb.eu-central-1.amazonaws.com"}
    }


def test_queues_are_encrypted(prod: Synthesised) -> None:
    for name, queue in prod.of_type("AWS::SQS::Queue").items():
        assert queue.get("SqsManagedSseEnabled") is True or "KmsMasterKeyId" in queue, name


def test_no_function_is_told_a_secret_and_the_stack_asks_for_and_tells_none(prod: Synthesised) -> None:
    for name, function in prod.of_type("AWS::Lambda::Function").items():
        told = set(function["Environment"]["Variables"])
        assert not {variable for variable in told if SECRET.search(variable)}, name
    template = json.loads(prod.path.read_text())
    assert set(template.get("Parameters", {})) <= {"BootstrapVersion"}
    assert not {name for name in prod.outputs if SECRET.search(name)}
    kinds = {body["Type"] for body in prod.resources.values()}
    assert not {kind for kind in kinds if kind.startswith(("AWS::SecretsManager::", "AWS::SSM::"))}
    for client in prod.of_type("AWS::Cognito::UserPoolClient").values():
        assert not client.get("GenerateSecret")


def test_no_secret_is_written_down_in_this_repository() -> None:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a checkout: there is no list of its files")
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S603
    found = [
        name
        for name in listed.stdout.split("\0")
        if name and (ROOT / name).is_file() and WRITTEN_OUT.search((ROOT / name).read_text(errors="ignore"))
    ]
    assert not found


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN PRIVATE KEY-----\n" + "M" * 64,
        "-----BEGIN EC PRIVATE KEY-----\\n" + "M" * 64,
        "AKI" + "A" + "0" * 16,
        "ey" + "J" + "a" * 30 + ".ey" + "J" + "b" * 30 + "." + "c" * 43,
        "gh" + "p_" + "a" * 36,
    ],
)
def test_a_secret_that_is_written_down_is_found(text: str) -> None:
    assert WRITTEN_OUT.search(f'key = "{text}"')
