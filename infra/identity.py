"""Who drivers and operators are: the user pool whose tokens the API accepts. A driver's `sub` owns their sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Aws, Duration
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from infra.nag import accept

if TYPE_CHECKING:
    from infra.environments import Environment

OPERATORS = "operators"
"""The group that functions/operator_token.py asks the token for."""

ROTATION_GRACE = Duration.seconds(30)
"""How long the refresh token before the newest still works: for the answer that a phone in a garage never got."""


class Drivers(Construct):
    """The accounts, the public client of app and web page, the operators' group and their command line's client."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment) -> None:
        super().__init__(scope, construct_id)
        self.pool = cognito.UserPool(
            self,
            "Pool",
            sign_in_aliases=cognito.SignInAliases(email=True),
            sign_in_case_sensitive=False,
            self_sign_up_enabled=False,
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            password_policy=cognito.PasswordPolicy(
                min_length=12, require_lowercase=True, require_uppercase=True, require_digits=True, require_symbols=True
            ),
            mfa=cognito.Mfa.OPTIONAL,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            deletion_protection=environment.keeps_data,
            removal_policy=environment.removal,
        )
        accept(
            self.pool,
            "A driver may add a second factor; a charger must be stoppable by a driver who has only the phone in hand.",
            "AwsSolutions-COG2",
        )
        accept(
            self.pool,
            "Threat protection needs the Plus plan, billed per driver and month; the API is throttled, holds no "
            "payment data, and a token opens its own driver's sessions only.",
            "AwsSolutions-COG3",
            "AwsSolutions-COG8",
        )
        self.client = self.pool.add_client(
            "App",
            generate_secret=False,
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            access_token_validity=Duration.hours(1),
            id_token_validity=Duration.hours(1),
            refresh_token_validity=Duration.days(30),
            # Each refresh gives a new refresh token and ends the old one, so that a stolen one is soon of no use to one
            # of the two who have it. The emulator's pool does not rotate.
            refresh_token_rotation_grace_period=None if environment.local else ROTATION_GRACE,
            # Without a browser a local driver signs in with the password itself; elsewhere it never leaves the client.
            auth_flows=cognito.AuthFlow(user_srp=not environment.local, user_password=environment.local),
            disable_o_auth=environment.local,
            o_auth=None if environment.local else _code_flow(environment),
        )

        # Who is in it is set by whoever administers the pool, and the token says so: no user can (ADR 0020).
        self.operators = cognito.CfnUserPoolGroup(
            self,
            "Operators",
            user_pool_id=self.pool.user_pool_id,
            group_name=OPERATORS,
            description="May use /v1/operator: anybody's sessions, chargers, dead letters.",
        )
        self.operators_client = self.pool.add_client(
            "OperatorsApp",
            generate_secret=False,
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            access_token_validity=Duration.hours(1),
            id_token_validity=Duration.hours(1),
            # An hour at night, then the password again.
            refresh_token_validity=Duration.hours(1),
            # Takes the password only together with AWS credentials that may sign users in; no browser can use it.
            auth_flows=cognito.AuthFlow(admin_user_password=True),
            disable_o_auth=True,
        )

    def add_sign_in_page(self, environment: Environment) -> str:
        """Managed login, at the address returned: where a driver types the password."""
        domain = self.pool.add_domain(
            "SignIn",
            # The prefix is unique among all AWS accounts of a region, hence the account in it.
            cognito_domain=cognito.CognitoDomainOptions(domain_prefix=f"polaris-{environment.name}-{Aws.ACCOUNT_ID}"),
        )
        return domain.base_url()

    def send_back_to(self, page_url: str) -> None:
        """Let managed login send drivers back to this page, too. It exists after the API, which exists after us."""
        client = self.client.node.default_child
        if not isinstance(client, cognito.CfnUserPoolClient):
            raise TypeError("the client of a user pool is not a CfnUserPoolClient any more")
        client.callback_ur_ls = [*(client.callback_ur_ls or ()), page_url]
        client.logout_ur_ls = [*(client.logout_ur_ls or ()), page_url]


def _code_flow(environment: Environment) -> cognito.OAuthSettings:
    return cognito.OAuthSettings(
        flows=cognito.OAuthFlows(authorization_code_grant=True),
        scopes=[cognito.OAuthScope.OPENID, cognito.OAuthScope.EMAIL],
        callback_urls=list(environment.callback_urls),
        logout_urls=list(environment.callback_urls),
    )
