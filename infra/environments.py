"""What differs between deployments, read once from the CDK context; constructs take it as a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast, get_args

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs

if TYPE_CHECKING:
    from constructs import Node

EnvironmentName = Literal["dev", "prod"]
BundleTarget = Literal["aws", "host"]

LOCAL_ORIGINS = ("http://localhost:8080",)
"""Where the driver's page is served while somebody works on it; a deployment for drivers names its own."""


class UnknownSettingError(ValueError):
    """A CDK context value that no deployment has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """One deployment of the whole system: one stack in one account and region.

    Topic rules have fixed names, because chargers publish to them by name; hence no two of these share a region
    of an account.
    """

    name: EnvironmentName = "dev"
    bundle: BundleTarget = "aws"
    local: bool = False
    """On one machine, against an emulator: passwords instead of a browser, data thrown away."""
    cors_origins: tuple[str, ...] = ()
    callback_urls: tuple[str, ...] = ("polaris://signed-in",)
    """Where Cognito sends a driver back to after signing in; the app's own scheme unless the context says more."""
    web_domain: str = ""
    """The page's own host name, as in `charge.example.com`. Empty: the one that CloudFront gives it."""
    web_certificate_arn: str = ""
    """The certificate for `web_domain`, in us-east-1, where CloudFront looks for it."""
    iot_data_endpoint: str = ""
    """The account's IoT data endpoint (ATS) as a URL. Empty: the SDK's own choice for the region."""

    @property
    def loss_held_s(self) -> int:
        """Seconds for which the news of a lost connection is held back, before it counts.

        A charger whose line broke for a moment is back within them and is never shown as offline: it tries
        within half a second, then within one, then two (`device_agent.link`), and a slow mobile network takes three for
        TLS. Less than the 15 s after which a stop is overdue, so that its reason is known by then. On one machine
        nobody flaps, and tests would wait.
        """
        return 0 if self.local else 10

    @classmethod
    def from_context(cls, node: Node) -> Environment:
        """The deployment that the context (`-c key=value`, or cdk.json) asks for.

        Raises:
            UnknownSettingError: a value that no deployment has.
        """
        name = _choice(node, "env", get_args(EnvironmentName), default="dev")
        bundle = _choice(node, "bundle", get_args(BundleTarget), default="aws")
        local = _choice(node, "local", ("true", "false"), default="false") == "true"
        web_domain, certificate = (str(node.try_get_context(key) or "") for key in ("webDomain", "webCertificateArn"))
        if bool(web_domain) != bool(certificate):
            raise UnknownSettingError("context webDomain and webCertificateArn: both or neither")
        return cls(
            name=cast("EnvironmentName", name),
            bundle=cast("BundleTarget", bundle),
            local=local,
            cors_origins=_words(node, "corsOrigins") or (() if name == "prod" else LOCAL_ORIGINS),
            callback_urls=_words(node, "callbackUrls") or cls().callback_urls,
            web_domain=web_domain,
            web_certificate_arn=certificate,
            iot_data_endpoint=str(node.try_get_context("iotDataEndpoint") or ""),
        )

    @property
    def keeps_data(self) -> bool:
        """Whether sessions outlive the stack: they are what drivers are billed by."""
        return self.name == "prod" and not self.local

    @property
    def removal(self) -> RemovalPolicy:
        """What happens to data and logs when the stack goes."""
        return RemovalPolicy.RETAIN if self.keeps_data else RemovalPolicy.DESTROY

    @property
    def log_retention(self) -> logs.RetentionDays:
        """How long logs are kept: in prod long enough for a billing dispute, elsewhere for a working week or so."""
        return logs.RetentionDays.ONE_YEAR if self.keeps_data else logs.RetentionDays.TWO_WEEKS


def _choice(node: Node, key: str, allowed: tuple[str, ...], *, default: str) -> str:
    # The context gives a JSON boolean from cdk.json and a string from the command line.
    given = node.try_get_context(key)
    value = default if given is None else str(given).lower()
    if value not in allowed:
        raise UnknownSettingError(f"context {key}={given!r} is not one of {', '.join(allowed)}")
    return value


def _words(node: Node, key: str) -> tuple[str, ...]:
    return tuple(word for word in str(node.try_get_context(key) or "").split(",") if word)
