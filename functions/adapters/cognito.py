"""The drivers' sign-in accounts in Cognito. In a pool whose people sign in by e-mail, a username is the `sub`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from functions.adapters.aws_errors import aws_errors

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

GONE = "UserNotFoundException"


@dataclass(frozen=True, slots=True)
class CognitoIdentities:
    """`functions.domain.leaving.Identities` over a user pool."""

    client: CognitoIdentityProviderClient
    user_pool_id: str

    def remove(self, owner: str) -> None:
        """See `Identities.remove`."""
        with aws_errors():
            try:
                self.client.admin_delete_user(UserPoolId=self.user_pool_id, Username=owner)
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") != GONE:
                    raise
