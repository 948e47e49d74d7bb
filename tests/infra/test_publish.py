from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from infra import publish as publishing
from infra.publish import DELETIONS_PER_CALL, empty, plan, publish

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.infra.templates import Synthesised

OUTPUTS = {
    "SignInUrl": "https://polaris-dev-123456789012.auth.eu-central-1.amazoncognito.com",
    "UserPoolClientId": "client",
    "WebUrl": "https://d111111abcdef8.cloudfront.net/",
    "WebBucketName": "page",
    "WebDistributionId": "D1",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "js").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html>")
    (tmp_path / "js" / "main.js").write_text("export {};")
    (tmp_path / "zebra.svg").write_text("<svg/>")
    (tmp_path / "notes.md").write_text("not of the page")
    return tmp_path


@pytest.fixture
def forgotten(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """An account with an empty bucket and a stack with these outputs; what CloudFront is asked to forget."""
    asked: list[dict[str, Any]] = []

    class CloudFront:
        def create_invalidation(self, **request: Any) -> None:
            asked.append(request)

    class CloudFormation:
        def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
            assert StackName == "Polaris-dev"
            outputs = [{"OutputKey": name, "OutputValue": value} for name, value in OUTPUTS.items()]
            return {"Stacks": [{"Outputs": outputs}]}

    def client(session: boto3.Session, service: str) -> Any:
        stand_ins = {"cloudfront": CloudFront, "cloudformation": CloudFormation}
        return stand_ins[service]() if service in stand_ins else session.client("s3")

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setattr(publishing, "_client", client)
    with mock_aws():
        bucket().create_bucket(Bucket="page", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        yield asked


def session() -> boto3.Session:
    return boto3.Session(region_name="eu-central-1")


def bucket() -> Any:
    return session().client("s3")


def keys() -> set[str]:
    return {item["Key"] for item in bucket().list_objects_v2(Bucket="page").get("Contents", [])}


def test_the_page_itself_comes_last_so_that_its_parts_are_there_when_it_is(root: Path) -> None:
    uploads = plan(root, OUTPUTS, []).uploads
    assert [upload.key for upload in uploads] == ["config.json", "js/main.js", "zebra.svg", "index.html"]


def test_what_is_no_longer_of_the_page_goes_and_nothing_else(root: Path) -> None:
    assert plan(root, OUTPUTS, ["index.html", "js/old.js", "config.json"]).deletions == ("js/old.js",)


def test_the_settings_say_where_to_sign_in_and_where_to_come_back_to(root: Path) -> None:
    settings = plan(root, OUTPUTS, []).uploads[0]
    assert json.loads(settings.body) == {
        "auth": {
            "kind": "cognito",
            "authority": OUTPUTS["SignInUrl"],
            "clientId": "client",
            "redirectUri": OUTPUTS["WebUrl"],
        }
    }
    assert (settings.content_type, settings.cache_control) == ("application/json", "no-store")


def test_a_page_is_published_with_types_that_browsers_accept_and_cloudfront_forgets_the_old_one(
    root: Path, forgotten: list[dict[str, Any]]
) -> None:
    bucket().put_object(Bucket="page", Key="js/old.js", Body=b"")
    publish(session(), "Polaris-dev", root)
    assert keys() == {"config.json", "index.html", "js/main.js", "zebra.svg"}
    module = bucket().get_object(Bucket="page", Key="js/main.js")
    assert (module["ContentType"], module["CacheControl"]) == ("text/javascript; charset=utf-8", "no-cache")
    assert module["Body"].read() == b"export {};"
    [asked] = forgotten
    assert asked["DistributionId"] == "D1"
    assert asked["InvalidationBatch"]["Paths"] == {"Quantity": 1, "Items": ["/*"]}


def test_a_bucket_is_emptied_however_much_is_in_it(
    forgotten: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert DELETIONS_PER_CALL == 1000, "what S3 takes in one call"
    monkeypatch.setattr(publishing, "DELETIONS_PER_CALL", 2)
    for number in range(5):
        bucket().put_object(Bucket="page", Key=f"{number}.js", Body=b"")
    assert len(empty(session(), "Polaris-dev")) == 5
    assert keys() == set()
    assert empty(session(), "Polaris-dev") == []
    assert forgotten == []


def test_the_stack_gives_every_output_that_publishing_needs(dev: Synthesised) -> None:
    assert dev.outputs.keys() >= OUTPUTS.keys()
