"""The CDK app. `python app.py` writes the deployable templates to cdk.out; it needs no AWS account and no CLI.

What to deploy is CDK context: `env` (dev, prod), `bundle` (aws, host), `local`, and those of `infra.environments`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from aws_cdk import App

from infra.environments import Environment
from infra.nag import add_gate
from infra.stack import PolarisStack


def build_app(outdir: str | None = None) -> App:
    """The app with its stack and its gate; `synth()` raises on a finding that nobody has acknowledged."""
    # The CLI hands over cdk.json's feature flags; without it they are read here, so that both write one template.
    settings = json.loads((Path(__file__).parent / "cdk.json").read_text(encoding="utf-8"))
    app = App(context=settings["context"], outdir=outdir, analytics_reporting=False)
    PolarisStack(app, environment=Environment.from_context(app.node))
    add_gate(app)
    return app


if __name__ == "__main__":
    build_app(os.environ.get("CDK_OUTDIR", "cdk.out")).synth()
