"""The stack's template, for what a measurement needs to know of it: tables, queues, environments."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import aws_lambda as lambda_

from app import build_app
from tests.infra.templates import Synthesised


def synthesise(folder: Path, environment: str = "dev") -> Synthesised:
    """The template of a deployment, with an archive of one file instead of the real one."""
    (folder / "code").mkdir()
    (folder / "code" / "handler.py").write_text("")
    code = lambda_.Code.from_asset(str(folder / "code"))
    build_app(str(folder / "cdk"), context={"env": environment}, code=code).synth()
    return Synthesised.read(folder / "cdk", f"Polaris-{environment}")
