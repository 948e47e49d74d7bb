"""The stack's template, for what a measurement needs to know of it: tables, queues, environments."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import aws_lambda as lambda_

from app import build_app
from tests.infra.templates import Synthesised


def synthesise(folder: Path) -> Synthesised:
    """The template of `dev`, with an archive of one file instead of the real one."""
    (folder / "code").mkdir()
    (folder / "code" / "handler.py").write_text("")
    build_app(str(folder / "cdk"), context={}, code=lambda_.Code.from_asset(str(folder / "code"))).synth()
    return Synthesised.read(folder / "cdk", "Polaris-dev")
