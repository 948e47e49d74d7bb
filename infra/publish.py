"""Puts the driver's page into a deployed stack's bucket: `python -m infra.publish --env dev`, after `cdk deploy`.

With the credentials of whoever deploys, so that no function with rights to the bucket stays behind in the account
(docs/adr/0009). `--empty` takes everything out again, which is what `cdk destroy` needs first.
"""

from __future__ import annotations

import argparse
import json
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from infra.page import CONTENT_TYPES, INDEX, NEVER_STORED, REVALIDATE, ROOT, page_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

SETTINGS = "config.json"
DELETIONS_PER_CALL = 1000


@dataclass(frozen=True)
class Upload:
    """One object of the bucket."""

    key: str
    body: bytes
    content_type: str
    cache_control: str


@dataclass(frozen=True)
class Plan:
    """What to do to a bucket, in this order: a browser that comes in between finds a page whose parts are there."""

    uploads: tuple[Upload, ...]
    deletions: tuple[str, ...]


def plan(root: Path, outputs: Mapping[str, str], present: Iterable[str]) -> Plan:
    """Every file and the settings; the page itself last; what is no longer of the page goes."""
    files = [
        Upload(path.relative_to(root).as_posix(), path.read_bytes(), CONTENT_TYPES[path.suffix], REVALIDATE)
        for path in page_files(root)
    ]
    settings = Upload(SETTINGS, json.dumps(settings_of(outputs)).encode(), "application/json", NEVER_STORED)
    uploads = sorted([settings, *files], key=lambda upload: upload.key == INDEX)
    return Plan(tuple(uploads), tuple(sorted(set(present) - {upload.key for upload in uploads})))


def settings_of(outputs: Mapping[str, str]) -> dict[str, Any]:
    """What the page asks for first: where and as whom to sign in."""
    return {
        "auth": {
            "kind": "cognito",
            "authority": outputs["SignInUrl"],
            "clientId": outputs["UserPoolClientId"],
            "redirectUri": outputs["WebUrl"],
        }
    }


def publish(session: boto3.Session, stack: str, root: Path = ROOT) -> Plan:
    """Make the bucket hold the page, and CloudFront forget what it keeps of it."""
    outputs = _outputs(session, stack)
    bucket, s3 = outputs["WebBucketName"], _client(session, "s3")
    carried_out = plan(root, outputs, _keys(s3, bucket))
    for upload in carried_out.uploads:
        s3.put_object(
            Bucket=bucket,
            Key=upload.key,
            Body=upload.body,
            ContentType=upload.content_type,
            CacheControl=upload.cache_control,
        )
    _delete(s3, bucket, carried_out.deletions)
    _client(session, "cloudfront").create_invalidation(
        DistributionId=outputs["WebDistributionId"],
        InvalidationBatch={"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": str(uuid.uuid4())},
    )
    return carried_out


def empty(session: boto3.Session, stack: str) -> Sequence[str]:
    """Take everything out of the bucket; what was in it."""
    bucket, s3 = _outputs(session, stack)["WebBucketName"], _client(session, "s3")
    keys = _keys(s3, bucket)
    _delete(s3, bucket, keys)
    return keys


def _outputs(session: boto3.Session, stack: str) -> dict[str, str]:
    [described] = _client(session, "cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}


def _keys(s3: Any, bucket: str) -> list[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return [item["Key"] for page in pages for item in page.get("Contents", ())]


def _delete(s3: Any, bucket: str, keys: Sequence[str]) -> None:
    for start in range(0, len(keys), DELETIONS_PER_CALL):
        some = [{"Key": key} for key in keys[start : start + DELETIONS_PER_CALL]]
        if errors := s3.delete_objects(Bucket=bucket, Delete={"Objects": some, "Quiet": True}).get("Errors"):
            raise RuntimeError(f"not deleted from {bucket}: {errors}")


def _client(session: boto3.Session, service: str) -> Any:
    return session.client(service)  # type: ignore[call-overload]  # typed for the functions' services only


def main(arguments: Sequence[str] | None = None) -> int:
    """Publish, or empty, the page of one deployment."""
    parser = argparse.ArgumentParser(prog="python -m infra.publish", description=__doc__)
    parser.add_argument("--env", choices=("dev", "prod"), default="dev", help="which deployment (default dev)")
    parser.add_argument("--empty", action="store_true", help="take everything out, before `cdk destroy`")
    options = parser.parse_args(arguments)
    session, stack = boto3.Session(), f"Polaris-{options.env}"
    if options.empty:
        sys.stdout.write(f"{stack}: {len(empty(session, stack))} objects taken out\n")
        return 0
    done = publish(session, stack)
    page_url = next(json.loads(upload.body)["auth"]["redirectUri"] for upload in done.uploads if upload.key == SETTINGS)
    sys.stdout.write(f"{stack}: {len(done.uploads)} files published, {len(done.deletions)} taken out: {page_url}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
