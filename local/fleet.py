"""The simulated chargers: their hardware in one process (the plant), and one agent process each."""

from __future__ import annotations

import secrets
import tempfile
import tomllib
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli_w

from local.plant import Plant
from local.ports import LOOPBACK, pick_port
from local.processes import Child, Processes, StepFailed, tail
from local.seed import Board, Hardware
from local.settings import REPO
from local.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from local.emulator import Emulator
    from local.seed import DeviceFiles, Site
    from local.settings import Settings

OCPP_VERSIONS = {Hardware.OCPP16: "1.6", Hardware.OCPP201: "2.0.1"}
"""Which chargers have a charge point before their hardware, and what it speaks."""
PLANT_READY_WITHIN_S = 30.0
AGENT_READY_WITHIN_S = 60.0
PROVISIONED_WITHIN_S = 90.0
PROVISIONED_AT_ONCE = 2
"""Each wakes a process of the hook up, which has 6 s for it: more of them get in each other's way."""
RECONNECT_AT_MOST_S = 1.0
"""Nobody here has to spare a broker the return of a whole fleet, and somebody waits."""
SOCKET_PATH_MAX_BYTES = 100
"""A Unix socket's path holds 108 bytes on Linux and 104 elsewhere (sockaddr_un), the closing zero included."""


@dataclass(frozen=True)
class Address:
    """Where an agent connects: the emulator, or a proxy before it."""

    host: str
    port: int


class Fleet:
    """Starts and ends simulated chargers. The hardware outlives the agent, as real hardware does."""

    def __init__(self, settings: Settings, processes: Processes, emulator: Emulator) -> None:
        self._settings = settings
        self._processes = processes
        self._emulator = emulator
        self._shadows = emulator.client("iot-data")

    def folder(self, charger_id: str) -> Path:
        """Where a charger keeps its files."""
        return self._settings.home / "chargers" / charger_id

    def write_config(
        self, site: Site, shown: DeviceFiles | Board, plant: Plant, address: Address | None = None
    ) -> Path:
        """The charger's own configuration file: with a certificate that it has, or as a board that gets its own."""
        folder = self.folder(site.charger_id)
        to = address or Address("localhost", self._emulator.mqtt_port)
        config: dict[str, Any] = {
            "charger_id": site.charger_id,
            "link": {
                "host": to.host,
                "port": to.port,
                "ca": str(self._emulator.certificate_authority),
                "reconnect_at_most_s": RECONNECT_AT_MOST_S,
            },
            "journal": {"path": str(folder / "journal.sqlite3")},
            "status_file": str(folder / "status.json"),
            "driver": _driver(site, plant),
            "evses": [{"id": evse_id} for evse_id in site.evse_ids],
        }
        if isinstance(shown, Board):
            config["identity"] = {
                "directory": str(shown.identity),
                "serial_number": shown.serial_number,
                "claim_certificate": str(shown.claim.certificate),
                "claim_private_key": str(shown.claim.private_key),
            }
        else:
            config["link"] |= {"certificate": str(shown.certificate), "private_key": str(shown.private_key)}
        path = folder / "charger.toml"
        path.write_text(tomli_w.dumps(config))
        return path

    def start_plant(self, name: str, sites: Sequence[Site]) -> tuple[Plant, Child]:
        """Start the hardware of these chargers, with a car plugged in at every EVSE, and wait until it answers.

        Raises:
            StepFailed: it ended or did not answer in time.
        """
        evses = {
            site.charger_id: [
                {"id": evse_id, "max_power_w": outlet.max_power_w, "plugged": True}
                for evse_id, outlet in zip(site.evse_ids, site.outlets, strict=True)
            ]
            for site in sites
        }
        chargers = [{"id": charger_id, "evses": outlets} for charger_id, outlets in evses.items()]
        config = self._settings.home / f"{name}.toml"
        config.write_text(tomli_w.dumps({"chargers": chargers}))
        plant = Plant(socket_path(self._settings, name))
        module = "device_agent.drivers.simulated"
        child = self._run(name, module, "--socket", str(plant.socket), "--chargers", str(config))
        self._await(child, plant.answers, f"The simulated hardware ({name}) answers", PLANT_READY_WITHIN_S)
        return plant, child

    def provision(self, configs: Mapping[str, Path]) -> None:
        """Have boards get their certificates, by the command that an installer would use.

        Raises:
            StepFailed: one of them did not get it.
        """
        waiting = list(configs)
        while waiting:
            now, waiting = waiting[:PROVISIONED_AT_ONCE], waiting[PROVISIONED_AT_ONCE:]
            children = [
                self._run(f"provision-{each}", "device_agent", "provision", "--config", str(configs[each]))
                for each in now
            ]
            for child in children:
                self._processes.finish(
                    child,
                    f"The board of {child.name.removeprefix('provision-')} was not provisioned",
                    PROVISIONED_WITHIN_S,
                )

    def start_agent(self, charger_id: str, config: Path) -> Child:
        """Start a charger's agent. It is not connected yet: see `await_agent`."""
        return self._run(f"agent-{charger_id}", "device_agent", "run", "--config", str(config))

    def start_charge_point(self, site: Site, config: Path, plant: Plant) -> Child:
        """Start the charge point that stands between the agent of this configuration and the hardware."""
        driver = tomllib.loads(config.read_text())["driver"]
        return self._run(
            f"charge-point-{site.charger_id}",
            "local.charge_point",
            *("--version", OCPP_VERSIONS[site.hardware], "--charger", site.charger_id, "--plant", str(plant.socket)),
            *("--url", f"ws://{driver['host']}:{driver['port']}/ocpp/{site.charger_id}"),
            *("--memory", str(self.folder(site.charger_id) / "charge-point.json")),
            CHARGE_POINT_PASSWORD=driver["password"],
        )

    def await_agent(self, child: Child, site: Site) -> None:
        """Wait until a charger has reported every one of its EVSEs.

        Raises:
            StepFailed: its agent ended or did not report in time.
        """
        for evse_id in site.evse_ids:
            what = f"Charger {site.charger_id} reports EVSE {evse_id}"
            self._await(child, partial(self._reported, site, evse_id), what, AGENT_READY_WITHIN_S)

    def _reported(self, site: Site, evse_id: int) -> bool:
        # A shadow exists once somebody has written it, and nobody but the charger has by now.
        try:
            self._shadows.get_thing_shadow(thingName=site.charger_id, shadowName=f"evse-{evse_id}")
        except self._shadows.exceptions.ResourceNotFoundException:
            return False
        return True

    def _run(self, name: str, module: str, *arguments: str, **variables: str) -> Child:
        environment = self._settings.child_environment() | {"PYTHONPATH": str(REPO), "PYTHONUNBUFFERED": "1"}
        environment |= variables
        return self._processes.start(name, [str(self._settings.python), "-m", module, *arguments], environment, REPO)

    def _await(self, child: Child, look: Any, what: str, within_s: float) -> None:
        def look_while_alive() -> Any:
            if not child.alive:
                raise StepFailed(f"{what}: its process has ended\n{tail(child.log)}", child.log)
            return look()

        try:
            wait_for(look_while_alive, what, within_s=within_s)
        except TimeoutError as error:
            raise StepFailed(f"{error}\n{tail(child.log)}", child.log) from error


def _driver(site: Site, plant: Plant) -> dict[str, Any]:
    """The agent's other side."""
    if site.hardware not in OCPP_VERSIONS:
        return {"kind": site.hardware.value, "socket": str(plant.socket)}
    return {
        "kind": site.hardware.value,
        "host": LOOPBACK,
        "port": pick_port(0),
        "charge_points": [site.charger_id],
        "password": secrets.token_urlsafe(16),
    }


def socket_path(settings: Settings, name: str) -> Path:
    """Where the plant of this name listens: beside everything else, unless that path is too long for a socket."""
    path = settings.home / f"{name}.sock"
    if len(bytes(path)) > SOCKET_PATH_MAX_BYTES:
        if not settings.sockets.exists():
            settings.sockets.symlink_to(tempfile.mkdtemp(prefix="polaris-", dir="/tmp"))
        path = settings.sockets.readlink() / f"{name}.sock"
    return path
