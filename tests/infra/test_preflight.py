"""A deployment goes nowhere without an account, and to production only if somebody says so."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from infra import preflight
from infra.environments import PROD
from infra.preflight import main

REGION = "eu-central-1"


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell without credentials and without a region."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")


@pytest.fixture
def somebody(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        yield


def allow(monkeypatch: pytest.MonkeyPatch, executions: int) -> None:
    """An account that may run that many functions at once."""
    client = boto3.Session.client

    class Lambda:
        def get_account_settings(self) -> dict[str, dict[str, int]]:
            return {"AccountLimit": {"ConcurrentExecutions": executions}}

    def of(session: boto3.Session, service: str) -> object:
        return Lambda() if service == "lambda" else client(session, service)  # type: ignore[call-overload]  # any service

    monkeypatch.setattr(boto3.Session, "client", of)


@pytest.mark.usefixtures("nobody")
def test_without_credentials_it_says_what_to_do(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["--env", "dev"]) == 1
    assert "AWS_REGION" in capsys.readouterr().err
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    assert main(["--env", "dev"]) == 1
    told = capsys.readouterr().err
    assert told.startswith("not deployed: no usable AWS credentials")
    assert "AWS_PROFILE" in told
    assert "Traceback" not in told


@pytest.mark.usefixtures("nobody", "somebody")
def test_it_says_which_stack_of_which_account_and_region(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--env", "dev"]) == 0
    assert capsys.readouterr().out.startswith(f"Polaris-dev in account 123456789012, {REGION}, as arn:aws:")


@pytest.mark.usefixtures("nobody", "somebody")
@pytest.mark.parametrize("confirmed", ["", "dev", "yes"])
def test_production_is_changed_only_if_somebody_says_its_name(
    confirmed: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(monkeypatch, 1000)
    assert main(["--env", "prod", "--confirm", confirmed]) == 1
    assert "CONFIRM=prod" in capsys.readouterr().err
    assert main(["--env", "prod", "--confirm", "prod"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


@pytest.mark.usefixtures("nobody", "somebody")
def test_a_new_account_hears_that_its_quota_is_too_small_for_what_stops_are_promised(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(monkeypatch, (PROD.stop_concurrency or 0) + preflight.LEFT_FOR_ALL - 1)
    assert main(["--env", "prod", "--confirm", "prod"]) == 0
    assert "stopConcurrency" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["staging", "", "Prod"])
def test_a_deployment_that_there_is_not_is_refused_with_those_that_there_are(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--env", name])
    assert left.value.code == 2
    assert "dev" in capsys.readouterr().err
