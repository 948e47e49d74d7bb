"""The running agent and its charger, by what the agent says of itself."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator

from device_agent.checks import Finding, broken, doubtful, fine
from device_agent.settings import OcppSettings, Settings
from device_agent.status_file import Said, evse_error

READ_THE_LOG = "read the log: journalctl -u charger-agent -p warning -n 20"


def alive(said: Said | None, *, running: bool) -> Finding:
    """Whether it runs, and gets round to its work."""
    if not running:
        return doubtful(
            "agent", "it does not run", "systemctl start charger-agent; then systemctl status charger-agent"
        )
    if said is None:
        return doubtful("agent", "it runs, and does not say how it is", "set status_file, and restart it")
    if not said.fresh:
        return broken("agent", f"it has said nothing for {said.age_s:.0f} s", READ_THE_LOG)
    if said.content["journal"]:
        return broken("agent", f"it runs with trouble: {said.content['journal']}", "see what is said of the storage")
    return fine("agent", f"{said.content['evses'][0]['agent'][0]['version']} runs")


def cloud(said: Said) -> Finding:
    """The running agent's connection, which nobody else may make meanwhile."""
    if said.content["link"]:
        return fine("cloud", "the agent is connected")
    return broken("cloud", "the agent is not connected", "journalctl -u charger-agent -g 'link lost' says why")


def hardware(said: Said) -> Iterator[Finding]:
    """The charger, as the running agent sees it."""
    for each in said.content["evses"]:
        subject, (evse,) = f"EVSE {each['id']}", each["evse"]
        if not each["agent"][0]["driverOk"]:
            advice = "check its power and cable, and that it is set to connect to this board (docs/install-agent.md)"
            yield broken(subject, "the charger does not answer", advice)
        elif error := evse_error(each):
            yield broken(subject, f"{evse['status']}: {error}", "the charger's manual explains this error")
        else:
            yield fine(subject, evse["status"])


def place(settings: Settings) -> Finding:
    """Without the agent: whether the charger will find it."""
    driver = settings.driver
    if not isinstance(driver, OcppSettings):
        if driver.socket.exists():
            return fine("charger", f"{driver.socket} is there")
        return broken("charger", f"{driver.socket} is not there", "start the simulated hardware")
    where = f"{driver.host}:{driver.port}"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(driver.host, driver.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return broken(
                "charger", f"another program listens at {where}", f"find it: ss -ltnp 'sport = {driver.port}'"
            )
        advice = "driver.host must be an address of this board (ip address), driver.port above 1023"
        return broken("charger", f"cannot listen at {where}: {error.strerror}", advice)
    return fine("charger", f"{where} is free for it; whether it connects is seen when the agent runs")
