from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from aws_cdk import aws_lambda as lambda_

from app import build_app
from tests.infra.templates import Synthesised

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


# Handlers are imported here as well, and Powertools reads these then.
os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "infra-test")
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "Polaris")


@pytest.fixture(scope="session")
def synthesise(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Mapping[str, str]], Synthesised]:
    """Synthesises the app through its gate, with an archive of one file instead of the real one."""

    def run(context: Mapping[str, str]) -> Synthesised:
        source: Path = tmp_path_factory.mktemp("code")
        (source / "handler.py").write_text("")
        outdir = tmp_path_factory.mktemp("cdk")
        build_app(str(outdir), context=context, code=lambda_.Code.from_asset(str(source))).synth()
        return Synthesised.read(outdir, f"Polaris-{context.get('env', 'dev')}")

    return run


@pytest.fixture(scope="session")
def dev(synthesise: Callable[[Mapping[str, str]], Synthesised]) -> Synthesised:
    return synthesise({"iotDataEndpoint": "https://example-ats.iot.eu-central-1.amazonaws.com"})


@pytest.fixture(scope="session")
def prod(synthesise: Callable[[Mapping[str, str]], Synthesised]) -> Synthesised:
    return synthesise({"env": "prod"})


@pytest.fixture(scope="session")
def local(synthesise: Callable[[Mapping[str, str]], Synthesised]) -> Synthesised:
    return synthesise({"bundle": "host", "local": "true"})


@pytest.fixture(scope="session")
def awake(synthesise: Callable[[Mapping[str, str]], Synthesised]) -> Synthesised:
    """Production where chargers are expected and somebody is mailed: it has every alarm that there is."""
    return synthesise({"env": "prod", "quietMinutes": "30", "operatorsEmail": "night@example.com"})
