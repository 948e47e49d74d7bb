"""The API as a driver's app calls it: HTTP with the driver's token."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import boto3
import httpx

from local.processes import StepFailed
from operator_cli.api import OperatorApi
from operator_cli.sign_in import sign_in as pool_sign_in

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from local.runfile import Driver, RunFile

TIMEOUT_S = 30.0
"""Longer than the longest wait the API offers (`Prefer: wait=10`) and a cold start together."""


def sign_in(run: RunFile, driver: Driver) -> str:
    """An access token of this driver, as the app gets it.

    Raises:
        StepFailed: the user pool refused.
    """
    answer = httpx.post(
        run.endpoint_url,
        headers={
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": "AWSCognitoIdentityProviderService.InitiateAuth",
        },
        json={
            "AuthFlow": "USER_PASSWORD_AUTH",
            "ClientId": run.client_id,
            "AuthParameters": {"USERNAME": driver.email, "PASSWORD": driver.password},
        },
        timeout=TIMEOUT_S,
        trust_env=False,
    )
    if answer.status_code != httpx.codes.OK:
        raise StepFailed(
            f"{driver.email} cannot sign in: {answer.status_code} {answer.text}", run.logs / "emulator.log"
        )
    token: str = answer.json()["AuthenticationResult"]["AccessToken"]
    return token


def operator_token(run: RunFile) -> str:
    """An access token of the local operator, by the way that operators sign in on AWS.

    Raises:
        OperatorError: the user pool refused.
    """
    cognito = boto3.client(
        "cognito-idp",
        endpoint_url=run.endpoint_url,
        region_name=run.region,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106  # the emulator's own, the same everywhere
    )
    who = {"email": run.operator.email, "password": run.operator.password}
    return pool_sign_in(cognito, pool_id=run.user_pool_id, client_id=run.operators_client_id, ask=input, **who)


def operator_api(run: RunFile) -> OperatorApi:
    """The operators' API, as the local operator asks it."""
    return OperatorApi(run.api_address, operator_token(run), host=run.api_host)


@dataclass(frozen=True)
class Answer:
    """What the API answered. `body` is empty where there was none (304)."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: Mapping[str, Any]

    def expect(self, *statuses: int) -> Mapping[str, Any]:
        """The body, if the status is one of these.

        Raises:
            StepFailed: it is another one.
        """
        if self.status not in statuses:
            wanted = " or ".join(str(status) for status in statuses)
            raise StepFailed(f"The API answered {self.status} instead of {wanted}: {dict(self.body)}")
        return self.body


class DriverApi:
    """The calls one driver's app makes. Every call returns the answer as it came: refusals are answers too."""

    def __init__(self, run: RunFile, token: str | None) -> None:
        self._log = run.logs / "emulator.log"
        headers = {"Host": run.api_host} | ({"Authorization": f"Bearer {token}"} if token else {})
        self._http = httpx.Client(base_url=run.api_address, headers=headers, timeout=TIMEOUT_S, trust_env=False)

    @classmethod
    def of(cls, run: RunFile, email: str) -> Self:
        """The app of one of the seeded drivers, signed in."""
        return cls(run, sign_in(run, run.driver(email)))

    def chargers(self) -> Answer:
        """The list of chargers."""
        return self.call("GET", "/v1/chargers")

    def charger(self, charger_id: str) -> Answer:
        """A charger's detail screen."""
        return self.call("GET", f"/v1/chargers/{charger_id}")

    def start(
        self,
        charger_id: str,
        evse_id: int,
        *,
        idempotency_key: str | None = None,
        stop_at: Mapping[str, int] | None = None,
    ) -> Answer:
        """Tap Start charging; `stop_at` is `energyWh`, `durationS` or both."""
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        body = {"json": {"stopAt": stop_at}} if stop_at else {}
        return self.call("POST", f"/v1/chargers/{charger_id}/evses/{evse_id}/sessions", headers=headers, **body)

    def stop(self, session_id: str, *, wait_s: int | None = None) -> Answer:
        """Tap Stop charging; with `wait_s`, stay on the line for the outcome for up to so many seconds."""
        headers = {} if wait_s is None else {"Prefer": f"wait={wait_s}"}
        return self.call("POST", f"/v1/sessions/{session_id}/stop", headers=headers)

    def withdraw(self, session_id: str) -> Answer:
        """Take a stop back."""
        return self.call("DELETE", f"/v1/sessions/{session_id}/stop")

    def session(self, session_id: str, *, etag: str | None = None) -> Answer:
        """One session; with `etag`, only if it has changed since."""
        return self.call("GET", f"/v1/sessions/{session_id}", headers={"If-None-Match": etag} if etag else {})

    def sessions(self, **query: str | int) -> Answer:
        """My sessions, newest first."""
        return self.call("GET", "/v1/sessions", params=query)

    def timeline(self, session_id: str) -> Answer:
        """Every stage of a session with time and source."""
        return self.call("GET", f"/v1/sessions/{session_id}/timeline")

    def meter_values(self, session_id: str) -> Answer:
        """A session's charging curve."""
        return self.call("GET", f"/v1/sessions/{session_id}/meter-values")

    def call(self, method: str, path: str, **options: Any) -> Answer:
        """Any call, also a wrong one: `options` are httpx's (`json`, `content`, `headers`, `params`)."""
        try:
            answer = self._http.request(method, path, **options)
        except httpx.TransportError as error:
            raise StepFailed(f"The API gave no answer to {method} {path}: {error!r}", self._log) from error
        is_json = answer.headers.get("content-type", "").partition(";")[0].endswith("json")
        return Answer(answer.status_code, dict(answer.headers), answer.json() if is_json and answer.content else {})

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
