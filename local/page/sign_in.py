"""Signing in with an email and a password at the emulator's user pool, which has no sign-in page of its own.

The deployed page signs in at the pool's managed login instead. Neither passwords nor tokens are kept or logged here.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from infra.page import NEVER_STORED
from local.page.line import SilentError, UnreachableError
from local.page.messages import (
    BAD_REQUEST,
    NO_ANSWER,
    SIGN_IN_REFUSED,
    SIGNED_OUT,
    UNREACHABLE,
    WRONG_METHOD,
    Answer,
    Request,
    document,
    problem,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from functions.domain.reasons import Reason
    from local.page.line import Line

SIGN_IN, REFRESH, SIGN_OUT = PATHS = ("/auth/sign-in", "/auth/refresh", "/auth/sign-out")

JSON = "application/json"
REFUSALS = frozenset({"NotAuthorizedException", "UserNotFoundException", "UserNotConfirmedException"})
REFUSALS |= {"PasswordResetRequiredException"}


class _Form(BaseModel):
    # A wrong form is answered without its content: it may hold a password.
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, strict=True)


class _Credentials(_Form):
    email: str = Field(min_length=1, max_length=254)
    password: str = Field(min_length=1, max_length=256, repr=False)


class _Refresh(_Form):
    refresh_token: str = Field(alias="refreshToken", min_length=1, max_length=8192, repr=False)


class _Refused(Exception):  # noqa: N818 - it reads as the fact it is
    """The user pool said no."""


@dataclass(frozen=True)
class SignIn:
    """`/auth/*` of the page's origin, for one client of one user pool."""

    client_id: str

    def answer(self, request: Request, pool: Line) -> Answer:
        """Sign a driver in, keep them signed in, or sign them out."""
        if request.method != "POST":
            return problem(WRONG_METHOD, request.method, allow="POST")
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
            # Also what keeps other sites out: their pages cannot send this type without asking first.
            return problem(BAD_REQUEST, f"the body must be {JSON}")
        return self._attempt(request, pool)

    def _attempt(self, request: Request, pool: Line) -> Answer:
        steps = {SIGN_IN: self._sign_in, REFRESH: self._refresh, SIGN_OUT: self._sign_out}
        refusal: Reason = SIGN_IN_REFUSED if request.path == SIGN_IN else SIGNED_OUT
        try:
            return steps[request.path](request.body, pool)
        except ValidationError as error:
            fields = ", ".join(str(part["loc"][0]) for part in error.errors() if part["loc"])
            return problem(BAD_REQUEST, f"not the fields that are needed: {fields or 'not JSON'}")
        except _Refused as refused:
            return problem(refusal, str(refused))
        except SilentError:
            return problem(NO_ANSWER, "the user pool")
        except UnreachableError as error:
            return problem(UNREACHABLE, f"the user pool: {error}")

    def _sign_in(self, body: bytes, pool: Line) -> Answer:
        form = _Credentials.model_validate_json(body)
        return self._tokens(pool, "USER_PASSWORD_AUTH", {"USERNAME": form.email, "PASSWORD": form.password})

    def _refresh(self, body: bytes, pool: Line) -> Answer:
        form = _Refresh.model_validate_json(body)
        return self._tokens(pool, "REFRESH_TOKEN_AUTH", {"REFRESH_TOKEN": form.refresh_token})

    def _sign_out(self, body: bytes, pool: Line) -> Answer:
        form = _Refresh.model_validate_json(body)
        _call(pool, "RevokeToken", {"ClientId": self.client_id, "Token": form.refresh_token})
        return Answer(204, {"cache-control": NEVER_STORED})

    def _tokens(self, pool: Line, flow: str, parameters: Mapping[str, str]) -> Answer:
        asked = {"AuthFlow": flow, "ClientId": self.client_id, "AuthParameters": dict(parameters)}
        result = _call(pool, "InitiateAuth", asked).get("AuthenticationResult")
        if not result:
            raise _Refused("the user pool wants more than a password")
        return document({
            "accessToken": result["AccessToken"],
            # A refresh gives no new one: the one it was made with goes on.
            "refreshToken": result.get("RefreshToken") or parameters["REFRESH_TOKEN"],
            "expiresIn": result["ExpiresIn"],
            "email": claims(result["IdToken"])["email"],
        })  # fmt: skip


def claims(token: str) -> dict[str, Any]:
    """What a token says. Unverified: it comes from the pool itself, over loopback."""
    payload = token.split(".")[1]
    read: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return read


def _call(pool: Line, operation: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    headers = {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": f"AWSCognitoIdentityProviderService.{operation}",
    }
    answer = pool.ask("POST", "/", headers, json.dumps(asked).encode())
    said: dict[str, Any] = json.loads(answer.body or b"{}")
    if answer.status == 200:  # noqa: PLR2004 - HTTP's own
        return said
    code = str(said.get("__type", answer.status)).rpartition("#")[2]
    # Its code only: the message may repeat what was sent.
    raise _Refused(code) if code in REFUSALS else UnreachableError(f"{operation}: {code}")
