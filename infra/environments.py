"""What differs between deployments, read once from the CDK context; constructs take it as a value."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, cast, get_args

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs

if TYPE_CHECKING:
    from constructs import Node

EnvironmentName = Literal["dev", "prod"]
BundleTarget = Literal["aws", "host"]

LOCAL_ORIGINS = ("http://localhost:8080",)
"""Where the driver's page is served while somebody works on it; a deployment for drivers names its own."""


_WEB_ACL = re.compile(r"arn:aws:wafv2:us-east-1:\d{12}:global/webacl/[\w-]+/[\w-]+")


LONGEST_QUIET_MINUTES = 24 * 60
"""An alarm looks back over a day at the most (CloudWatch, "Alarm evaluation")."""


class UnknownSettingError(ValueError):
    """A CDK context value that no deployment has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """One deployment of the whole system: one stack in one account and region.

    Topic rules have fixed names, because chargers publish to them by name; hence no two of these share a region
    of an account. Every difference between deployments is a field here; what dev and prod say is below the class, what
    one machine says in `on_one_machine`, and the context may set what `from_context` asks it for.
    """

    name: EnvironmentName = "dev"
    bundle: BundleTarget = "aws"
    local: bool = False
    """On one machine, against an emulator: passwords instead of a browser, no CloudFront, policies as it has them."""
    keeps_data: bool = False
    """Whether sessions outlive the stack, for drivers are billed by them: tables, pool and stack resist deletion, and
    what is deleted from the stack stays in the account."""
    log_retention: logs.RetentionDays = logs.RetentionDays.TWO_WEEKS
    """How long logs are kept."""
    stop_concurrency: int | None = None
    """Executions that are kept for `stop_session` and for nothing else, so that no flood of reads can take the last one
    of the account from a stop; also the most it gets. None: it shares the account's with all others."""
    stop_warm: int = 0
    """Executions of `stop_session` that are started before anybody taps (provisioned concurrency), billed by time."""
    own_key: bool = False
    """Whether what says who somebody is (cards, accounts, what operators did) is encrypted with a key of ours, whose
    uses are on record and which we can take away, instead of DynamoDB's own."""
    loss_held_s: int = 10
    """Seconds for which the news of a lost connection is held back, before it counts.

    A charger whose line broke for a moment is back within them and is never shown as offline: it tries
    within half a second, then within one, then two (`device_agent.link`), and a slow mobile network takes three for
    TLS. Less than the 15 s after which a stop is overdue, so that its reason is known by then.
    """
    cors_origins: tuple[str, ...] = ()
    callback_urls: tuple[str, ...] = ("polaris://signed-in",)
    """Where Cognito sends a driver back to after signing in; the app's own scheme unless the context says more."""
    web_domain: str = ""
    """The page's own host name, as in `charge.example.com`. Empty: the one that CloudFront gives it."""
    web_certificate_arn: str = ""
    """The certificate for `web_domain`, in us-east-1, where CloudFront looks for it."""
    web_acl_arn: str = ""
    """The web ACL (AWS WAF) in front of page and API, of scope CLOUDFRONT, in us-east-1. Empty: none."""
    quiet_minutes: int = 0
    """The longest that all chargers together are silent, in minutes, where some are expected: longer is an alarm. A
    charger at rest says nothing, so this is for the operator to know. 0: none are expected."""
    operators_email: str = ""
    """Where every alarm is mailed to. Empty: whoever is on duty subscribes by themselves (docs/operations.md)."""
    iot_data_endpoint: str = ""
    """The account's IoT data endpoint (ATS) as a URL. Empty: the SDK's own choice for the region."""

    @classmethod
    def from_context(cls, node: Node) -> Environment:
        """The deployment that the context (`-c key=value`, or cdk.json) asks for.

        Raises:
            UnknownSettingError: a value that no deployment has.
        """
        named = BY_NAME[cast("EnvironmentName", _choice(node, "env", get_args(EnvironmentName), default="dev"))]
        bundle = _choice(node, "bundle", get_args(BundleTarget), default="aws")
        web_domain, certificate = (str(node.try_get_context(key) or "") for key in ("webDomain", "webCertificateArn"))
        if bool(web_domain) != bool(certificate):
            raise UnknownSettingError("context webDomain and webCertificateArn: both or neither")
        asked = replace(
            named,
            bundle=cast("BundleTarget", bundle),
            cors_origins=_words(node, "corsOrigins") or named.cors_origins,
            callback_urls=_words(node, "callbackUrls") or named.callback_urls,
            stop_concurrency=_number(node, "stopConcurrency", named.stop_concurrency),
            stop_warm=_number(node, "stopWarm", named.stop_warm) or 0,
            web_domain=web_domain,
            web_certificate_arn=certificate,
            web_acl_arn=_web_acl(node),
            quiet_minutes=_quiet_minutes(node),
            operators_email=str(node.try_get_context("operatorsEmail") or ""),
            iot_data_endpoint=str(node.try_get_context("iotDataEndpoint") or ""),
        )
        local = _choice(node, "local", ("true", "false"), default="false") == "true"
        return asked.on_one_machine() if local else asked

    def on_one_machine(self) -> Environment:
        """The same on an emulator: data is thrown away, nothing is kept warm, and nobody's connection flaps."""
        return replace(
            self,
            local=True,
            keeps_data=False,
            log_retention=DEV.log_retention,
            stop_concurrency=None,
            stop_warm=0,
            own_key=False,
            loss_held_s=0,
        )

    @property
    def removal(self) -> RemovalPolicy:
        """What happens to data and logs when the stack goes."""
        return RemovalPolicy.RETAIN if self.keeps_data else RemovalPolicy.DESTROY


DEV = Environment(name="dev", cors_origins=LOCAL_ORIGINS)
"""For trying things out: goes without a trace. Its alarms and metrics cost something while nobody uses it
(`python -m local.bench.base_cost`)."""

PROD = Environment(
    name="prod",
    keeps_data=True,
    # Long enough for a billing dispute.
    log_retention=logs.RetentionDays.ONE_YEAR,
    # Half of what an account has by default: every open card (`throttles.CARDS_OPEN`) may tap and wait at once.
    stop_concurrency=500,
    stop_warm=1,
    own_key=True,
)
"""For drivers. No browser may call from elsewhere unless the context names its origin."""

BY_NAME: dict[EnvironmentName, Environment] = {"dev": DEV, "prod": PROD}


def _choice(node: Node, key: str, allowed: tuple[str, ...], *, default: str) -> str:
    # The context gives a JSON boolean from cdk.json and a string from the command line.
    given = node.try_get_context(key)
    value = default if given is None else str(given).lower()
    if value not in allowed:
        raise UnknownSettingError(f"context {key}={given!r} is not one of {', '.join(allowed)}")
    return value


def _number(node: Node, key: str, default: int | None) -> int | None:
    given = node.try_get_context(key)
    if given is None:
        return default
    if not str(given).isdecimal():
        raise UnknownSettingError(f"context {key}={given!r} is not a whole number")
    return int(given) or None


def _quiet_minutes(node: Node) -> int:
    minutes = _number(node, "quietMinutes", None) or 0
    if minutes % 5 or minutes > LONGEST_QUIET_MINUTES:
        raise UnknownSettingError(
            f"context quietMinutes={minutes} is not a multiple of 5 up to {LONGEST_QUIET_MINUTES}"
        )
    return minutes


def _web_acl(node: Node) -> str:
    arn = str(node.try_get_context("webAclArn") or "")
    if arn and not _WEB_ACL.fullmatch(arn):
        raise UnknownSettingError(f"context webAclArn={arn!r} is not a web ACL of scope CLOUDFRONT")
    return arn


def _words(node: Node, key: str) -> tuple[str, ...]:
    return tuple(word for word in str(node.try_get_context(key) or "").split(",") if word)
