"""The CDK app. `python app.py` writes the deployable templates to cdk.out; it needs no AWS account and no CLI.

What to deploy is CDK context: `env` (dev, prod), `bundle` (aws, host), `local`, and those of `infra.environments`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from aws_cdk import App

from infra.environments import Environment
from infra.nag import add_gate
from infra.stack import PolarisStack

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_lambda as lambda_


def build_app(
    outdir: str | None = None, *, context: Mapping[str, str] | None = None, code: lambda_.Code | None = None
) -> App:
    """The app with its stack and its gate; `synth()` raises on a finding that nobody has acknowledged.

    `context` is what the command line would say with `-c`; `code` replaces the functions' archive, for templates
    that nobody runs.
    """
    # The CLI hands over cdk.json's feature flags; without it they are read here, so that both write one template.
    settings = json.loads((Path(__file__).parent / "cdk.json").read_text(encoding="utf-8"))
    app = App(context=settings["context"] | dict(context or {}), outdir=outdir, analytics_reporting=False)
    PolarisStack(app, environment=Environment.from_context(app.node), code=code)
    add_gate(app)
    return app


if __name__ == "__main__":
    build_app(os.environ.get("CDK_OUTDIR", "cdk.out")).synth()
