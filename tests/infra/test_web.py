from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app import build_app
from infra.environments import UnknownSettingError
from infra.page import SECURITY_HEADERS, content_security_policy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.infra.templates import Synthesised

SIGN_IN = "https://<DriversPoolSignIn>.auth.eu-central-1.amazoncognito.com"
PAGE = "https://<WebDistribution.DomainName>/"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/1"


def distribution(template: Synthesised) -> dict[str, Any]:
    config: dict[str, Any] = template.one("AWS::CloudFront::Distribution")["DistributionConfig"]
    return config


def told_headers(template: Synthesised) -> dict[str, str]:
    """Every header of the policy, as a browser gets it."""
    config = template.one("AWS::CloudFront::ResponseHeadersPolicy")["ResponseHeadersPolicyConfig"]
    security = config["SecurityHeadersConfig"]
    transport = security["StrictTransportSecurity"]
    assert all(part["Override"] for part in (*security.values(), *config["CustomHeadersConfig"]["Items"]))
    custom = {item["Header"]: item["Value"] for item in config["CustomHeadersConfig"]["Items"]}
    subdomains = "; includeSubDomains" if transport["IncludeSubdomains"] else ""
    return custom | {
        "content-security-policy": security["ContentSecurityPolicy"]["ContentSecurityPolicy"],
        "referrer-policy": security["ReferrerPolicy"]["ReferrerPolicy"],
        "strict-transport-security": f"max-age={transport['AccessControlMaxAgeSec']}{subdomains}",
        "x-content-type-options": "nosniff",
        "x-frame-options": security["FrameOptions"]["FrameOption"],
    }


def test_nobody_reads_the_bucket_but_this_distribution_and_nobody_in_the_clear(dev: Synthesised) -> None:
    bucket = dev.one("AWS::S3::Bucket")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert "WebsiteConfiguration" not in bucket
    assert bucket["BucketEncryption"]
    statements = dev.one("AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
    [allowed] = [statement for statement in statements if statement["Effect"] == "Allow"]
    assert (allowed["Action"], allowed["Resource"]) == ("s3:GetObject", "<WebFiles.Arn>/*")
    assert allowed["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    source = "arn:aws:cloudfront::123456789012:distribution/<WebDistribution>"
    assert allowed["Condition"] == {"StringEquals": {"AWS:SourceArn": source}}
    denied = [statement["Condition"] for statement in statements if statement["Effect"] == "Deny"]
    assert {"Bool": {"aws:SecureTransport": "false"}} in denied
    assert {"NumericLessThan": {"s3:TlsVersion": 1.2}} in denied


def test_the_distribution_signs_what_it_asks_of_the_bucket(dev: Synthesised) -> None:
    control = dev.one("AWS::CloudFront::OriginAccessControl")["OriginAccessControlConfig"]
    assert (control["SigningBehavior"], control["SigningProtocol"]) == ("always", "sigv4")


def test_the_bare_address_is_the_page_by_tls_only(dev: Synthesised) -> None:
    config = distribution(dev)
    assert config["DefaultRootObject"] == "index.html"
    page = config["DefaultCacheBehavior"]
    assert (page["ViewerProtocolPolicy"], page["AllowedMethods"]) == ("redirect-to-https", ["GET", "HEAD"])


def test_the_api_is_behind_v1_of_the_same_origin_uncached_and_told_everything_but_the_host(dev: Synthesised) -> None:
    config = distribution(dev)
    [api] = config["CacheBehaviors"]
    assert (api["PathPattern"], api["ViewerProtocolPolicy"], api["Compress"]) == ("/v1/*", "https-only", False)
    assert {"GET", "HEAD", "POST", "DELETE"} <= set(api["AllowedMethods"])
    # AWS's own policies: Managed-CachingDisabled, Managed-AllViewerExceptHostHeader.
    assert api["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    assert api["OriginRequestPolicyId"] == "b689b0a8-53d0-40ab-baf2-68738e2966ac"
    [origin] = [origin for origin in config["Origins"] if origin["Id"] == api["TargetOriginId"]]
    assert origin["DomainName"] == "<HttpApi>.execute-api.eu-central-1.amazonaws.com"
    assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
    assert origin["CustomOriginConfig"]["OriginSSLProtocols"] == ["TLSv1.2"]


def test_one_drivers_error_is_never_kept_for_the_next(dev: Synthesised) -> None:
    kept = {error["ErrorCode"]: error["ErrorCachingMinTTL"] for error in distribution(dev)["CustomErrorResponses"]}
    assert {400, 403, 404, 500, 502, 503, 504} <= kept.keys()
    assert set(kept.values()) == {0}
    assert not any("ResponsePagePath" in error for error in distribution(dev)["CustomErrorResponses"])


def test_every_answer_has_the_headers_it_has_on_one_machine_and_tls_for_a_year(dev: Synthesised) -> None:
    told = told_headers(dev)
    assert told.pop("content-security-policy") == content_security_policy(SIGN_IN)
    assert told.pop("strict-transport-security") == "max-age=31536000; includeSubDomains"
    assert told == SECURITY_HEADERS
    config = distribution(dev)
    behaviours = [config["DefaultCacheBehavior"], *config["CacheBehaviors"]]
    assert {behaviour["ResponseHeadersPolicyId"] for behaviour in behaviours} == {"<WebHeaders>"}


def test_managed_login_sends_drivers_back_to_the_page_and_to_the_app(dev: Synthesised) -> None:
    client = dev.one("AWS::Cognito::UserPoolClient", "PoolApp")
    assert client["CallbackURLs"] == client["LogoutURLs"] == ["polaris://signed-in", PAGE]
    assert client["AllowedOAuthFlows"] == ["code"]
    assert (dev.outputs["WebUrl"]["Value"], dev.outputs["SignInUrl"]["Value"]) == (PAGE, SIGN_IN)


def test_a_refresh_token_is_good_for_one_refresh(dev: Synthesised, local: Synthesised) -> None:
    rotation = dev.one("AWS::Cognito::UserPoolClient", "PoolApp")["RefreshTokenRotation"]
    assert rotation == {"Feature": "ENABLED", "RetryGracePeriodSeconds": 30}
    assert "RefreshTokenRotation" not in local.one("AWS::Cognito::UserPoolClient", "PoolApp")


def test_a_deployment_with_a_domain_of_its_own_takes_no_tls_below_1_2(
    synthesise: Callable[[Mapping[str, str]], Synthesised],
) -> None:
    named = synthesise({"env": "prod", "webDomain": "charge.example.com", "webCertificateArn": CERTIFICATE})
    config = distribution(named)
    assert config["Aliases"] == ["charge.example.com"]
    assert config["ViewerCertificate"]["AcmCertificateArn"] == CERTIFICATE
    assert config["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert "https://charge.example.com/" in named.one("AWS::Cognito::UserPoolClient", "PoolApp")["CallbackURLs"]


def test_a_domain_without_a_certificate_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownSettingError, match="webDomain and webCertificateArn"):
        build_app(str(tmp_path), context={"webDomain": "charge.example.com"})


def test_a_web_acl_stands_in_front_of_page_and_api_where_the_deployment_names_one(
    synthesise: Callable[[Mapping[str, str]], Synthesised], dev: Synthesised
) -> None:
    acl = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/drivers/1a2b3c4d-0000-0000-0000-000000000000"
    assert distribution(synthesise({"env": "prod", "webAclArn": acl}))["WebACLId"] == acl
    assert "WebACLId" not in distribution(dev)


@pytest.mark.parametrize("arn", ["drivers", "arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/drivers/1"])
def test_a_web_acl_that_cloudfront_would_not_take_is_refused(tmp_path: Path, arn: str) -> None:
    with pytest.raises(UnknownSettingError, match="webAclArn"):
        build_app(str(tmp_path), context={"webAclArn": arn})


def test_one_machine_has_no_cloudfront(local: Synthesised) -> None:
    kinds = {body["Type"].rsplit("::", 1)[0] for body in local.resources.values()}
    assert not kinds & {"AWS::CloudFront", "AWS::S3"}
    assert "WebUrl" not in local.outputs
