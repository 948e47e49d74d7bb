"""The wheel that goes on a charger's board: what is in it, and that it works where nothing else of ours is."""

from __future__ import annotations

import json
import subprocess
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from device_agent import VERSION
from device_agent.commands import COMMANDS
from tests.support.board import agent_toml
from tests.support.wheel import REPO, Installed, build, install

EVERYTHING = """
import importlib, json, pkgutil, sys
import contract, device_agent
for package in (contract, device_agent):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
print(json.dumps({name: getattr(module, "__file__", None) for name, module in sys.modules.items()}))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return install(tmp_path_factory.mktemp("wheel"))


def test_it_is_the_agent_of_this_version_for_any_machine(installed: Installed) -> None:
    assert installed.wheel.name == f"polaris_charger_agent-{VERSION}-py3-none-any.whl"


def test_it_holds_the_contract_and_the_agent_and_nothing_that_stands_in_for_others(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as wheel:
        names = wheel.namelist()
    folders = {name.split("/")[0] for name in names}
    assert folders == {"contract", "device_agent", f"polaris_charger_agent-{VERSION}.dist-info"}
    development = ("memory_link", "plant", "simulated/server", "contract/schema", "test")
    assert [name for name in names if any(part in name for part in development)] == []


def test_it_asks_for_what_the_pinned_requirements_were_made_from(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as wheel:
        text = wheel.read(f"polaris_charger_agent-{VERSION}.dist-info/METADATA").decode()
    asked = Parser().parsestr(text).get_all("Requires-Dist", [])
    lines = (REPO / "requirements" / "agent.in").read_text().splitlines()
    pinned = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    assert sorted(map(_plain, asked)) == sorted(map(_plain, pinned))


def test_the_same_source_gives_the_same_bytes(installed: Installed, tmp_path: Path) -> None:
    assert build(tmp_path).read_bytes() == installed.wheel.read_bytes()


def test_every_module_of_it_loads_from_the_environment_alone(installed: Installed, tmp_path: Path) -> None:
    python = [str(installed.python), "-I", "-c", EVERYTHING]
    told = subprocess.run(python, capture_output=True, text=True, check=True, cwd=tmp_path).stdout  # noqa: S603  (ours)
    files: dict[str, str | None] = json.loads(told)
    assert len([name for name in files if name.startswith(("contract", "device_agent"))]) > 30
    assert not {"boto3", "botocore", "aws_lambda_powertools", "functions", "infra", "local", "tests"} & set(files)
    assert [file for file in files.values() if file and Path(file).is_relative_to(REPO) and ".venv" not in file] == []


def test_its_command_explains_itself(installed: Installed, tmp_path: Path) -> None:
    told = installed.run("--help", cwd=tmp_path)
    assert told.returncode == 0
    assert all(f"  {name} " in told.stdout for name in COMMANDS)
    assert installed.run("--version", cwd=tmp_path).stdout == f"charger-agent {VERSION}\n"


def test_its_command_checks_settings(installed: Installed, tmp_path: Path) -> None:
    file = agent_toml(tmp_path)
    assert installed.run("run", "--check", "--config", str(file), cwd=tmp_path).returncode == 0
    refused = installed.run("run", "--check", "--config", str(tmp_path / "none.toml"), cwd=tmp_path)
    assert (refused.returncode, "none.toml: No such file" in refused.stderr) == (2, True)


def _plain(requirement: str) -> str:
    """Without the order of bounds, which metadata changes."""
    name = requirement.replace(" ", "")
    return ",".join(sorted(name.replace("<", ",<").replace(">", ",>").split(",")))
