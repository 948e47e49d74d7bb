"""An operator's token: from a file, or from the user pool for a password. It is never printed.

The pool takes the password from this client only together with AWS credentials that may sign users in
(cognito-idp:AdminInitiateAuth), so that it is of no use to whoever has nothing but the password.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from operator_cli.api import OperatorError

if TYPE_CHECKING:
    from collections.abc import Callable

EMAIL, PASSWORD = "POLARIS_OPERATOR", "POLARIS_OPERATOR_PASSWORD"
"""Environment variables; what is missing is asked for."""


def read_token(file: Path) -> str:
    """The token in a file.

    Raises:
        OperatorError: it cannot be read, or others may read it too.
    """
    try:
        if file.stat().st_mode & 0o077:
            raise OperatorError(f"{file} may be read by others: chmod 600 it, or sign in again.")
        return file.read_text().strip()
    except OSError as error:
        raise OperatorError(f"No token can be read from {file}: {error.strerror}.") from error


def write_token(file: Path, token: str) -> None:
    """Keep a token in a file that nobody else may read, not even for a moment."""
    draft = file.with_name(f"{file.name}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(f"{token}\n")
    draft.replace(file)


def sign_in(cognito: Any, *, pool_id: str, client_id: str, email: str, password: str, ask: Callable[[str], str]) -> str:
    """An access token of this operator; `ask` is for the code of a second factor.

    Raises:
        OperatorError: the pool refused.
    """
    asked = {"UserPoolId": pool_id, "ClientId": client_id}
    try:
        answer = cognito.admin_initiate_auth(
            **asked, AuthFlow="ADMIN_USER_PASSWORD_AUTH", AuthParameters={"USERNAME": email, "PASSWORD": password}
        )
        if answer.get("ChallengeName") == "SOFTWARE_TOKEN_MFA":
            code = ask("Code of your second factor: ")
            answer = cognito.admin_respond_to_auth_challenge(
                **asked,
                ChallengeName="SOFTWARE_TOKEN_MFA",
                Session=answer["Session"],
                ChallengeResponses={"USERNAME": email, "SOFTWARE_TOKEN_MFA_CODE": code},
            )
    except ClientError as error:
        raise OperatorError(f"The user pool refused: {error.response['Error']['Code']}.") from error
    result = answer.get("AuthenticationResult")
    if not result:
        raise OperatorError(f"The user pool wants more than this program can give: {answer.get('ChallengeName')}.")
    return str(result["AccessToken"])
