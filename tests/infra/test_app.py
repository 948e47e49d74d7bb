from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from app import build_app
from infra.environments import UnknownSettingError

if TYPE_CHECKING:
    from tests.infra.templates import Synthesised

ROOT = Path(__file__).resolve().parents[2]


def _code(tmp_path: Path) -> lambda_.Code:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "handler.py").write_text("")
    return lambda_.Code.from_asset(str(tmp_path / "code"))


@pytest.mark.slow
def test_the_gate_lets_nobody_pass_with_a_queue_in_the_clear_or_a_role_that_may_do_anything(tmp_path: Path) -> None:
    app = build_app(str(tmp_path / "cdk"), code=_code(tmp_path))
    stack = app.node.find_child("Polaris-dev")
    assert isinstance(stack, Stack)
    sqs.CfnQueue(stack, "InTheClear")
    role = iam.Role(stack, "Anything", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    role.add_to_policy(iam.PolicyStatement(actions=["dynamodb:*"], resources=["*"]))
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    report = (tmp_path / "cdk" / "validation-report.json").read_text()
    assert "AwsSolutions-SQS4" in report
    assert "Serverless-SQSRedrivePolicy" in report
    assert "AwsSolutions-IAM5[Action::dynamodb:*]" in report


def test_the_gate_is_passed_by_every_deployment(dev: Synthesised, prod: Synthesised, local: Synthesised) -> None:
    # Synthesis raises on a finding that nobody acknowledged, so that a template is proof.
    assert all(template.path.exists() for template in (dev, prod, local))


@pytest.mark.parametrize(
    "context",
    [{"env": "staging"}, {"bundle": "docker"}, {"local": "perhaps"}, {"stopConcurrency": "many"}, {"stopWarm": "-1"}],
)
def test_a_setting_no_deployment_has_is_refused_by_name(context: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(UnknownSettingError, match=next(iter(context))):
        build_app(str(tmp_path), context=context)


def test_the_cdk_cli_runs_the_app_with_the_repositorys_own_python_and_reports_to_nobody() -> None:
    settings = json.loads((ROOT / "cdk.json").read_text())
    assert settings["app"] == ".venv/bin/python app.py"
    assert settings["versionReporting"] is False


def test_without_the_cli_the_feature_flags_of_cdk_json_hold_too(tmp_path: Path) -> None:
    app = build_app(str(tmp_path / "cdk"), code=_code(tmp_path))
    for flag, value in json.loads((ROOT / "cdk.json").read_text())["context"].items():
        assert app.node.try_get_context(flag) == value
