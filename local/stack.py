"""The whole local stack: prepared step by step, and ended completely, whatever happens in between."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from local.client import DriverApi
from local.deploy import Deployment, Outputs, api_host
from local.emulator import Emulator, start_emulator
from local.fleet import OCPP_VERSIONS, Fleet
from local.interrupts import Interrupts
from local.leftovers import end_leftovers
from local.lock import only_one
from local.page.process import start_page
from local.ports import LOOPBACK, pick_port
from local.processes import Processes, StepFailed
from local.runfile import Charger, Driver, Mqtt, Queues, RunFile, Tables
from local.seed import NEIGHBOUR, OPERATOR, OWNER, SITES, DeviceFiles, Seeder, Site
from local.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from local.plant import Plant
    from local.settings import Settings
    from local.terminal import Terminal

API_READY_WITHIN_S = 120.0
"""About three seconds on two idle cores: nine functions' processes start at once. Busy ones need far longer."""
LOOK_EVERY_S = 0.1


@dataclass(frozen=True)
class Stack:
    """A running local stack: what its run file says, and the means to change it."""

    settings: Settings
    processes: Processes
    emulator: Emulator
    seeder: Seeder
    fleet: Fleet
    plant: Plant
    claim: DeviceFiles
    run: RunFile


@contextmanager
def running_stack(settings: Settings, terminal: Terminal, interrupts: Interrupts | None = None) -> Iterator[Stack]:
    """The stack while it runs. At the end every process is gone; the logs stay.

    Raises:
        StepFailed: another process runs this stack, or a step of the preparation failed.
    """
    interrupts = interrupts or Interrupts()
    with only_one(settings):
        for line in end_leftovers(settings):
            terminal.line(f"  {line}")
        _start_clean(settings)
        processes = Processes(settings, interrupts)
        try:
            yield _prepare(settings, terminal, processes)
        finally:
            with interrupts.shielded():
                processes.end_all()
                _leave_logs_only(settings)


def _start_clean(settings: Settings) -> None:
    _leave_logs_only(settings)
    shutil.rmtree(settings.logs, ignore_errors=True)
    settings.temporary.mkdir(parents=True)


def _leave_logs_only(settings: Settings) -> None:
    if settings.sockets.is_symlink():
        shutil.rmtree(settings.sockets.readlink(), ignore_errors=True)
    # The lock file stays too: while it is held, deleting it would let a second process lock a new one.
    for entry in settings.home.iterdir():
        if entry in (settings.logs, settings.lock_file):
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)


def _prepare(settings: Settings, terminal: Terminal, processes: Processes) -> Stack:
    deployment = Deployment(settings, processes)
    with terminal.step("AWS emulator started, on the loopback interface only"):
        emulator = start_emulator(settings, processes)
    with terminal.step("account bootstrapped, app synthesised"):
        deployment.prepare(emulator)
    with terminal.step("the app's own stack deployed by the CDK"):
        outputs = deployment.deploy(emulator)
    seeder, fleet = Seeder(emulator, outputs), Fleet(settings, processes, emulator)
    with terminal.step(f"2 drivers with their cards, an operator and {len(SITES)} chargers registered"):
        operator = seeder.add_operator(OPERATOR)
        drivers = tuple(seeder.add_driver(email) for email in (OWNER, NEIGHBOUR))
        claim = seeder.add_claim(settings.home / "claim")
        for site in SITES:
            seeder.register(site)
    with terminal.step("the chargers' boards provisioned: key and request, claim, certificate, proof"):
        boards = {site.charger_id: seeder.add_board(site, fleet.folder(site.charger_id), claim) for site in SITES}
        plant, _ = fleet.start_plant("plant", SITES)
        configs = {site.charger_id: fleet.write_config(site, boards[site.charger_id], plant) for site in SITES}
        fleet.provision(configs)
    with terminal.step("simulated chargers connected by mutual TLS, two of them by way of OCPP"):
        powered = [site for site in SITES if site.powered]
        agents = [fleet.start_agent(site.charger_id, configs[site.charger_id]) for site in powered]
        for site in powered:
            if site.hardware in OCPP_VERSIONS:
                fleet.start_charge_point(site, configs[site.charger_id], plant)
        for agent, site in zip(agents, powered, strict=True):
            fleet.await_agent(agent, site)
    run = RunFile(
        started_at=datetime.now(UTC),
        pid=os.getpid(),
        api_url=f"http://{api_host(outputs, emulator)}",
        api_address=f"http://{LOOPBACK}:{emulator.gateway_port}",
        api_host=api_host(outputs, emulator),
        web_url=f"http://{LOOPBACK}:{pick_port(settings.web_port)}",
        region=emulator.region,
        endpoint_url=emulator.endpoint_url,
        user_pool_id=outputs.user_pool_id,
        client_id=outputs.user_pool_client_id,
        operators_client_id=outputs.operators_client_id,
        operator=operator,
        drivers=drivers,
        chargers=tuple(_charger(site, boards[site.charger_id].files, configs[site.charger_id]) for site in SITES),
        mqtt=Mqtt(host="localhost", port=emulator.mqtt_port, ca=emulator.certificate_authority),
        tables=Tables(
            chargers=outputs.chargers_table_name,
            sessions=outputs.sessions_table_name,
            cards=outputs.cards_table_name,
        ),
        queues=_queues(outputs),
        thing_type=outputs.thing_type_name,
        device_policy=outputs.device_policy_name,
        plant_socket=plant.socket,
        logs=settings.logs,
        pids=processes.pids(),
    )
    with terminal.step("the API answers and knows who is connected"):
        _await_api(run, drivers[0], {site.charger_id for site in powered})
    run.write(settings.run_file)
    with terminal.step("the driver's page is served"):
        start_page(settings, processes, run)
    run = run.model_copy(update={"pids": processes.pids()})
    run.write(settings.run_file)
    return Stack(settings, processes, emulator, seeder, fleet, plant, claim, run)


def _charger(site: Site, files: DeviceFiles, config: Path) -> Charger:
    return Charger(
        charger_id=site.charger_id,
        name=site.name,
        evses=site.evse_ids,
        online=site.powered,
        certificate=files.certificate,
        private_key=files.private_key,
        config=config,
    )


def _queues(outputs: Outputs) -> Queues:
    return Queues(
        reports=outputs.reports_queue_url,
        reports_dead_letter=outputs.reports_dead_letter_queue_url,
        presence=outputs.presence_queue_url,
        presence_dead_letter=outputs.presence_dead_letter_queue_url,
        authorisations_dead_letter=outputs.authorisations_dead_letter_queue_url,
    )


def _await_api(run: RunFile, driver: Driver, powered: set[str]) -> None:
    """Wait until the API shows who is connected; call every function once, so that the first tap meets none cold."""
    nowhere = "00000000000000000000000000"
    with DriverApi.of(run, driver.email) as api, ThreadPoolExecutor() as pool:
        warming = [
            pool.submit(api.session, nowhere),
            pool.submit(api.stop, nowhere),
            pool.submit(api.start, "NOBODY", 1),
        ]

        def all_connected() -> bool:
            chargers = api.chargers().expect(200)["chargers"]
            return powered <= {charger["chargerId"] for charger in chargers if charger["connected"]}

        what = f"The API shows {', '.join(sorted(powered))} connected"
        try:
            wait_for(all_connected, what, within_s=API_READY_WITHIN_S, every_s=LOOK_EVERY_S)
        except TimeoutError as error:
            raise StepFailed(str(error), run.logs / "emulator.log") from error
        for call in warming:
            call.result().expect(404)
