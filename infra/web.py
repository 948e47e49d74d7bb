"""The driver's page where drivers use it: a private bucket behind CloudFront, and the API behind `/v1/*` of the same.

The files and `config.json` are put into the bucket by `infra.publish`, not by the stack (docs/adr/0009).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Aws, Duration, Fn
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.nag import accept
from infra.page import INDEX, SECURITY_HEADERS, STRICT_TRANSPORT_S, content_security_policy

if TYPE_CHECKING:
    from aws_cdk import aws_apigatewayv2 as apigw

    from infra.environments import Environment

ERRORS = (400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504)
"""What CloudFront may keep by itself for ten seconds, whoever asked (guide, "How CloudFront caches errors")."""

API_READ_TIMEOUT = Duration.seconds(30)
"""As long as the API itself may take (HTTP API quota, 30 s); `Prefer: wait` holds an answer for up to 10."""

HANDLED_BY_NAME = {"content-security-policy", "referrer-policy", "x-content-type-options", "x-frame-options"}
"""Headers that CloudFront refuses as custom ones, because it has a setting for each."""


class Web(Construct):
    """One origin for everything the page talks to, but the managed login."""

    def __init__(
        self, scope: Construct, construct_id: str, *, environment: Environment, api: apigw.HttpApi, sign_in_url: str
    ) -> None:
        super().__init__(scope, construct_id)
        self.bucket = s3.Bucket(
            self,
            "Files",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            # Not versioned: any state of the page is a commit of this repository, and is published again from there.
            removal_policy=environment.removal,
        )
        self.distribution = self._distribution(environment, api, self._headers(sign_in_url))
        host = environment.web_domain or self.distribution.distribution_domain_name
        self.url = f"https://{host}/"
        unlogged = (
            "Who loads the page is not recorded: its files hold no secret, and what a driver does with it is in the "
            "API's own access log. CloudFront's metrics count errors without addresses of people."
        )
        accept(self.bucket, unlogged, "AwsSolutions-S1")
        accept(self.distribution, unlogged, "AwsSolutions-CFR3")
        accept(self.distribution, "Drivers charge wherever chargers stand.", "AwsSolutions-CFR1")
        if not environment.web_acl_arn:
            accept(
                self.distribution,
                "A web ACL costs 5 USD a month before its rules; the page is static, the API throttles every route and "
                "checks tokens itself. A deployment that has one names it (context webAclArn).",
                "AwsSolutions-CFR2",
            )
        if not environment.web_domain:
            accept(
                self.distribution,
                "With CloudFront's own name and certificate the lowest TLS version is CloudFront's to choose; a "
                "deployment that names its domain (context webDomain, webCertificateArn) gets TLS 1.2 or better.",
                "AwsSolutions-CFR4",
            )

    def _distribution(
        self, environment: Environment, api: apigw.HttpApi, headers: cloudfront.ResponseHeadersPolicy
    ) -> cloudfront.Distribution:
        named = environment.web_domain
        certificate = (
            acm.Certificate.from_certificate_arn(self, "Certificate", environment.web_certificate_arn)
            if named
            else None
        )
        return cloudfront.Distribution(
            self,
            "Distribution",
            comment=f"Polaris {environment.name}: the driver's page",
            domain_names=[named] if named else None,
            certificate=certificate,
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021 if named else None,
            web_acl_id=environment.web_acl_arn or None,
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            price_class=cloudfront.PriceClass.PRICE_CLASS_100,
            default_root_object=INDEX,
            default_behavior=cloudfront.BehaviorOptions(
                origin=origins.S3BucketOrigin.with_origin_access_control(self.bucket),
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
                allowed_methods=cloudfront.AllowedMethods.ALLOW_GET_HEAD,
                cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,
                response_headers_policy=headers,
            ),
            additional_behaviors={
                "/v1/*": cloudfront.BehaviorOptions(
                    origin=origins.HttpOrigin(
                        _domain(api),
                        protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
                        origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
                        read_timeout=API_READ_TIMEOUT,
                    ),
                    # A token must not travel in the clear even once, not even into a redirect.
                    viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
                    allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
                    cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
                    # The API is found by its own name; everything else the browser said reaches it.
                    origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
                    response_headers_policy=headers,
                    # The API's entity tags must come through as they are.
                    compress=False,
                )
            },
            # "Cache nothing" does not cover errors: one driver's 404 would be the next one's, too.
            error_responses=[
                cloudfront.ErrorResponse(http_status=status, ttl=Duration.seconds(0)) for status in ERRORS
            ],
        )

    def _headers(self, sign_in_url: str) -> cloudfront.ResponseHeadersPolicy:
        custom = {name: value for name, value in SECURITY_HEADERS.items() if name not in HANDLED_BY_NAME}
        return cloudfront.ResponseHeadersPolicy(
            self,
            "Headers",
            comment="What the driver's page may load, call and be embedded in",
            security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
                content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                    content_security_policy=content_security_policy(sign_in_url), override=True
                ),
                content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
                frame_options=cloudfront.ResponseHeadersFrameOptions(
                    frame_option=cloudfront.HeadersFrameOption[SECURITY_HEADERS["x-frame-options"]], override=True
                ),
                referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                    referrer_policy=cloudfront.HeadersReferrerPolicy[
                        SECURITY_HEADERS["referrer-policy"].replace("-", "_").upper()
                    ],
                    override=True,
                ),
                strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                    access_control_max_age=Duration.seconds(STRICT_TRANSPORT_S),
                    include_subdomains=True,
                    override=True,
                ),
            ),
            custom_headers_behavior=cloudfront.ResponseCustomHeadersBehavior(
                custom_headers=[
                    cloudfront.ResponseCustomHeader(header=name, value=value, override=True)
                    for name, value in custom.items()
                ]
            ),
        )


def _domain(api: apigw.HttpApi) -> str:
    return Fn.join(".", [api.api_id, "execute-api", Aws.REGION, Aws.URL_SUFFIX])
