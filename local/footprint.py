"""What the agent takes of a charger's board: `make footprint`. Prints a table; nothing here passes or fails.

The agent is a process as on a board, connected over mutual TLS, with two EVSEs behind it: once simulated hardware,
once a charge point that speaks OCPP. It is watched while nobody charges, and while somebody does. Linux only: it reads
/proc.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from contract.topics import shadow_name
from contract.vocabulary import SessionState
from local.emulator import Emulator, start_emulator
from local.fleet import Fleet
from local.processes import Processes
from local.seed import AC_22_KW, DeviceFiles, Hardware, Site
from local.settings import REPO, Settings
from local.waiting import wait_for
from tests.support.charger_bench import intent

GOAL_RSS_MB, GOAL_CPU_PERCENT, GOAL_IMPORT_MS = 40, 1, 150

POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*"}]}'
"""Of this emulator's own things, for as long as it runs; what a charger may do is not what is measured here."""

LOADED = {
    Hardware.SIMULATED: "device_agent.commands.run, device_agent.drivers.simulated.driver",
    Hardware.OCPP16: "device_agent.commands.run, device_agent.drivers.ocpp.driver, device_agent.drivers.ocpp.v16",
    Hardware.OCPP201: "device_agent.commands.run, device_agent.drivers.ocpp.driver, device_agent.drivers.ocpp.v201",
}
"""What the running agent has loaded, by its hardware."""

SETTLED_S = 3.0
"""After its first report, and after the beginning of a session, the agent has said what it has to say within this."""

CHARGING_WITHIN_S = 20.0


@dataclass(frozen=True)
class Footprint:
    """One agent's. Units: megabytes (2**20), percent of one core."""

    rss_mb: float
    pss_mb: float
    private_mb: float
    threads: int
    idle_percent: float
    charging_percent: float
    """With a session at one EVSE, unwatched."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure each kind of hardware, and print."""
    parser = argparse.ArgumentParser(prog="python -m local.footprint", description=__doc__)
    parser.add_argument("--idle", type=float, default=20.0, help="seconds to watch an idle agent (default 20)")
    parser.add_argument("--imports", type=int, default=9, help="fresh processes for each import time (default 9)")
    options = parser.parse_args(arguments)
    print(
        f"{'':<10} {'RSS MB':>7} {'PSS MB':>7} {'private':>8} {'threads':>8} {'idle CPU %':>11} {'charging':>9}"
        f" {'import ms':>10}"
    )
    goals = f"{GOAL_RSS_MB:>7} {'':>7} {'':>8} {'':>8} {GOAL_CPU_PERCENT:>11} {'':>9} {GOAL_IMPORT_MS:>10}"
    for hardware in Hardware:
        import_ms = _import_ms(LOADED[hardware], options.imports)
        found = measure(hardware, options.idle)
        sizes = f"{found.rss_mb:>7.1f} {found.pss_mb:>7.1f} {found.private_mb:>8.1f} {found.threads:>8}"
        percent = f"{found.idle_percent:>11.2f} {found.charging_percent:>9.2f}"
        print(f"{hardware.value:<10} {sizes} {percent} {import_ms:>10.0f}")
    print(f"{'goal':<10} {goals}")
    return 0


def measure(hardware: Hardware, watched_s: float) -> Footprint:
    """One agent with this hardware, watched for so long without and with a session."""
    with TemporaryDirectory() as home:
        return _measure(Settings(home=Path(home), gateway_port=0, mqtt_port=0, web_port=0), hardware, watched_s)


def _measure(settings: Settings, hardware: Hardware, watched_s: float) -> Footprint:
    site = Site("PX-SMALL", "Footprint", "Small Street 1", "53.5", "10.0", (AC_22_KW, AC_22_KW), hardware=hardware)
    processes = Processes(settings)
    try:
        emulator = start_emulator(settings, processes)
        fleet = Fleet(settings, processes, emulator)
        files = _identity(emulator, site, fleet.folder(site.charger_id))
        plant, _ = fleet.start_plant("plant", [site])
        config = fleet.write_config(site, files, plant)
        agent = fleet.start_agent(site.charger_id, config)
        if hardware is not Hardware.SIMULATED:
            fleet.start_charge_point(site, config, plant)
        fleet.await_agent(agent, site)
        time.sleep(SETTLED_S)
        idle_percent = _percent(agent.pid, watched_s)
        _charge(emulator, site)
        time.sleep(SETTLED_S)
        return _of_process(agent.pid, idle_percent, _percent(agent.pid, watched_s))
    finally:
        processes.end_all()


def _percent(pid: int, watched_s: float) -> float:
    began_s, spent_s = time.monotonic(), _cpu_s(pid)
    time.sleep(watched_s)
    return 100 * (_cpu_s(pid) - spent_s) / (time.monotonic() - began_s)


def _charge(emulator: Emulator, site: Site) -> None:
    """Have a session begin at the first EVSE."""
    shadow = {"thingName": site.charger_id, "shadowName": shadow_name(1)}
    desired = {"v": 1, "intent": [intent("start", at=time.time())]}
    shadows = emulator.client("iot-data")
    shadows.update_thing_shadow(**shadow, payload=json.dumps({"state": {"desired": desired}}).encode())

    def charging() -> bool:
        reported = json.loads(shadows.get_thing_shadow(**shadow)["payload"].read())["state"]["reported"]
        return bool(reported.get("session")) and reported["session"][0]["state"] == SessionState.CHARGING

    wait_for(charging, "the session begins", within_s=CHARGING_WITHIN_S)


def _identity(emulator: Emulator, site: Site, folder: Path) -> DeviceFiles:
    """A thing with a certificate that may do anything on this emulator."""
    iot = emulator.client("iot")
    iot.create_thing(thingName=site.charger_id)
    identity = iot.create_keys_and_certificate(setAsActive=True)
    iot.create_policy(policyName="footprint", policyDocument=POLICY)
    iot.attach_policy(policyName="footprint", target=identity["certificateArn"])
    iot.attach_thing_principal(thingName=site.charger_id, principal=identity["certificateArn"])
    folder.mkdir(parents=True)
    files = DeviceFiles(certificate=folder / "cert.pem", private_key=folder / "key.pem")
    files.certificate.write_text(identity["certificatePem"])
    files.private_key.touch(mode=0o600)
    files.private_key.write_text(identity["keyPair"]["PrivateKey"])
    return files


def _of_process(pid: int, idle_percent: float, charging_percent: float) -> Footprint:
    status, rollup = _fields(Path(f"/proc/{pid}/status")), _fields(Path(f"/proc/{pid}/smaps_rollup"))
    return Footprint(
        rss_mb=status["VmRSS"] / 1024,
        pss_mb=rollup["Pss"] / 1024,
        private_mb=(rollup["Private_Clean"] + rollup["Private_Dirty"]) / 1024,
        threads=status["Threads"],
        idle_percent=idle_percent,
        charging_percent=charging_percent,
    )


def _fields(path: Path) -> dict[str, int]:
    """The lines of a /proc file that are a name and a number, in kB where it is a size."""
    pairs = (line.split(":", 1) for line in path.read_text().splitlines() if ":" in line)
    return {name: int(rest.split()[0]) for name, rest in pairs if rest.split()[:1] and rest.split()[0].isdigit()}


def _cpu_s(pid: int) -> float:
    """Processor time a process has spent, all its threads together. Units: seconds."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def _import_ms(modules: str, times: int) -> float:
    """How much more a fresh interpreter works that loads these. Units: milliseconds of one core, median."""
    _worked_s(f"import {modules}")  # has the byte code written
    longer = [_worked_s(f"import {modules}") - _worked_s("pass") for _ in range(times)]
    return statistics.median(longer) * 1000


def _worked_s(code: str) -> float:
    """Processor time from a fresh interpreter's start to here; other programs make it no longer. Units: seconds."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    command = [sys.executable, "-c", f"{code}\nimport time; print(time.process_time())"]
    return float(subprocess.run(command, cwd=REPO, env=environment, check=True, capture_output=True).stdout)


if __name__ == "__main__":
    sys.exit(main())
