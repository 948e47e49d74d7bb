"""Deploys the app's own stack to the emulator with the stock CDK CLI: the same app, the same command as for AWS."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_pascal

from local.processes import Processes, StepFailed
from local.settings import REPO

if TYPE_CHECKING:
    from pathlib import Path

    from local.emulator import Emulator
    from local.settings import Settings

ACCOUNT = "000000000000"
"""The account the emulator gives its root user."""

STEP_WITHIN_S = 180.0


class Outputs(BaseModel):
    """What the deployed stack tells about itself (its CloudFormation outputs)."""

    model_config = ConfigDict(frozen=True, alias_generator=to_pascal, populate_by_name=True)

    api_url: str
    user_pool_id: str
    user_pool_client_id: str
    operators_client_id: str
    chargers_table_name: str
    sessions_table_name: str
    cards_table_name: str
    serials_table_name: str
    device_policy_name: str
    claim_policy_name: str
    thing_type_name: str
    reports_queue_url: str
    reports_dead_letter_queue_url: str
    presence_queue_url: str
    presence_dead_letter_queue_url: str
    authorisations_dead_letter_queue_url: str


class Deployment:
    """Bootstrap, synthesis and deployment, as processes of the local stack."""

    def __init__(self, settings: Settings, processes: Processes) -> None:
        self._settings = settings
        self._processes = processes
        self._assembly = settings.home / "cdk.out"
        self._outputs = settings.home / "outputs.json"

    def prepare(self, emulator: Emulator) -> None:
        """Bootstrap the emulated account and synthesise the app, side by side: neither needs the other.

        Raises:
            StepFailed: one of them failed.
        """
        bootstrap = ["bootstrap", f"aws://{ACCOUNT}/{self._settings.region}"]
        synth = ["synth", "--quiet", "--output", str(self._assembly), "-c", "bundle=host", "-c", "local=true"]
        synth += ["-c", f"env={self._settings.environment}"]
        # Bootstrapping needs no app: from elsewhere than the repository, the CLI does not look for one, and two local
        # stacks that start at the same time do not lock each other out of cdk.out.
        running = [
            self._start("bootstrap", bootstrap, emulator, cwd=self._settings.home),
            self._start("synth", synth, emulator),
        ]
        for child in running:
            self._processes.finish(child, f"`cdk {child.name}` failed", STEP_WITHIN_S)

    def deploy(self, emulator: Emulator) -> Outputs:
        """Deploy the synthesised app.

        Raises:
            StepFailed: the deployment failed, or its outputs are not what this program knows.
        """
        command = ["deploy", "--all", "--app", str(self._assembly), "--require-approval", "never"]
        command += ["--outputs-file", str(self._outputs), "--method", "direct"]
        child = self._start("deploy", command, emulator)
        self._processes.finish(child, "`cdk deploy` failed", STEP_WITHIN_S)
        outputs: dict[str, dict[str, Any]] = json.loads(self._outputs.read_text())
        try:
            return Outputs.model_validate({name: value for stack in outputs.values() for name, value in stack.items()})
        except ValidationError as error:
            raise StepFailed(f"The deployed stack has other outputs than expected: {error}", child.log) from error

    def _start(self, name: str, arguments: list[str], emulator: Emulator, cwd: Path = REPO) -> Any:
        environment = self._settings.aws_environment(emulator.endpoint_url) | {
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CDK_DEFAULT_ACCOUNT": ACCOUNT,
            "CDK_DEFAULT_REGION": self._settings.region,
            "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
            "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
        }
        command = [str(self._settings.cdk), *arguments, "--no-notices", "--no-version-reporting", "--ci"]
        return self._processes.start(name, command, environment, cwd)


def api_host(outputs: Outputs, emulator: Emulator) -> str:
    """The name the API answers to, port included: `<api id>.execute-api.localhost:<port>`."""
    hostname = urlsplit(outputs.api_url).hostname
    if not hostname:
        raise StepFailed(f"The deployed stack names no usable API address: {outputs.api_url!r}")
    return f"{hostname.partition('.')[0]}.execute-api.localhost:{emulator.gateway_port}"
