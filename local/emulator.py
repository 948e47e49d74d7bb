"""The AWS emulator: one process on the loopback interface, with IoT and IAM policies enforced."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import httpx
from botocore.config import Config

from local.ports import LOOPBACK, pick_port
from local.processes import Child, Processes, StepFailed, tail
from local.waiting import wait_for

if TYPE_CHECKING:
    from local.settings import Settings

LAUNCHER = Path(__file__).with_name("emulator_launcher.py")
READY_WITHIN_S = 30.0
"""It is ready within half a second on an idle machine; the rest is for a busy one."""


@dataclass(frozen=True)
class Emulator:
    """A running emulator. `certificate_authority` signs what devices must trust to connect to it."""

    endpoint_url: str
    gateway_port: int
    mqtt_port: int
    region: str
    certificate_authority: Path

    def session(self) -> boto3.Session:
        """A boto3 session as the emulator's root user."""
        return boto3.Session(
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106  # the emulator's own, the same everywhere
            region_name=self.region,
        )

    def client(self, service: str) -> Any:
        """A boto3 client of one AWS service of this emulator.

        One attempt only: on one machine a failed call is a fault to see, not a network to ride out.
        """
        config = Config(retries={"total_max_attempts": 1}, proxies={})
        return self.session().client(service, endpoint_url=self.endpoint_url, config=config)  # type: ignore[call-overload]


def start_emulator(settings: Settings, processes: Processes) -> Emulator:
    """Start the emulator and wait until it serves HTTP and MQTT.

    Raises:
        StepFailed: it is not installed, or did not become ready.
    """
    if not settings.emulator_python.exists():
        raise StepFailed(f"The AWS emulator is not installed ({settings.emulator_python} is missing): run `make run`.")
    gateway_port, mqtt_port = pick_port(settings.gateway_port), pick_port(settings.mqtt_port)
    home = settings.home / "emulator"
    home.mkdir(parents=True, exist_ok=True)
    environment = settings.child_environment() | {
        "BIND_HOST": LOOPBACK,
        "GATEWAY_PORT": str(gateway_port),
        "IOT_MTLS_PORT": str(mqtt_port),
        "MINISTACK_REGION": settings.region,
        "AUTH": "true",
        "STATE_DIR": str(home / "state"),
        "S3_DATA_DIR": str(home / "s3"),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    # The folder is for the process list: it tells whose emulator this is.
    command = [str(settings.emulator_python), str(LAUNCHER), str(home)]
    child = processes.start("emulator", command, environment, home)
    emulator = Emulator(
        endpoint_url=f"http://{LOOPBACK}:{gateway_port}",
        gateway_port=gateway_port,
        mqtt_port=mqtt_port,
        region=settings.region,
        certificate_authority=settings.home / "ca.pem",
    )
    with httpx.Client(base_url=emulator.endpoint_url, trust_env=False) as http:
        try:
            wait_for(lambda: _ready(http, child), "The AWS emulator is ready", within_s=READY_WITHIN_S)
        except TimeoutError as error:
            raise StepFailed(f"{error}\n{tail(child.log)}", child.log) from error
        certificate = http.get("/_ministack/iot/ca.pem").raise_for_status().text
        emulator.certificate_authority.write_text(certificate)
    return emulator


def _ready(http: httpx.Client, child: Child) -> bool:
    if not child.alive:
        raise StepFailed(f"The AWS emulator ended while starting\n{tail(child.log)}", child.log)
    try:
        answer = http.get("/_ministack/ready")
    except httpx.TransportError:
        return False
    return answer.status_code == httpx.codes.OK and answer.json().get("iot_mtls") == "listening"
