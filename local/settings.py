"""Where the local stack lives and which programs it uses."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent

FOREIGN_VARIABLES = ("AWS_", "CDK_", "JSII_", "PYTHON", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
"""What a shell may carry that would lead our programs elsewhere, above all to a real AWS account."""


@dataclass(frozen=True)
class Settings:
    """One local stack. Everything it writes is under `home`.

    Units: ports are TCP ports on the loopback interface; they are what is tried first, a taken one is replaced by a
    free one.
    """

    home: Path = REPO / ".local"
    region: str = "eu-central-1"
    environment: str = "dev"
    gateway_port: int = 4566
    mqtt_port: int = 8883
    web_port: int = 8080
    python: Path = Path(sys.executable)
    emulator_python: Path = REPO / ".tools" / "emulator" / "bin" / "python"
    cdk: Path = REPO / "node_modules" / ".bin" / "cdk"

    @property
    def logs(self) -> Path:
        """One file per process."""
        return self.home / "logs"

    @property
    def temporary(self) -> Path:
        """What the programs take for the machine's temporary folder, so that nothing stays behind outside."""
        return self.home / "tmp"

    @property
    def sockets(self) -> Path:
        """A link to a short folder for Unix sockets; exists only if `home` is too long a path for them."""
        return self.home / "sockets"

    @property
    def run_file(self) -> Path:
        """How to reach the running stack."""
        return self.home / "run.json"

    @property
    def pids_file(self) -> Path:
        """Which processes were started, for the case that nobody ends them."""
        return self.home / "pids.json"

    @property
    def lock_file(self) -> Path:
        """Held by the process that runs this stack."""
        return self.home / "lock"

    def child_environment(self) -> dict[str, str]:
        """The environment of every process of the stack: the shell's, without what could lead it elsewhere."""
        inherited = {
            name: value for name, value in os.environ.items() if not name.upper().startswith(FOREIGN_VARIABLES)
        }
        return inherited | {
            "PATH": os.pathsep.join([str(self.python.parent), os.environ.get("PATH", os.defpath)]),
            "TMPDIR": str(self.temporary),
            "NO_PROXY": "127.0.0.1,localhost,.localhost",
        }

    def aws_environment(self, endpoint_url: str) -> dict[str, str]:
        """The environment of a program that speaks to the emulated AWS as its root user, and to no other AWS."""
        return self.child_environment() | {
            "AWS_ENDPOINT_URL": endpoint_url,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
