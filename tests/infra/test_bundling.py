from __future__ import annotations

import importlib.util
import marshal
import os
import platform
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from infra.bundling import BundlingError, Target, build, content_hash, python_minor

UNCHECKED_HASH = 0b01
"""The flags of a .pyc that is taken as it is (PEP 552)."""

MAX_BYTES = 5 * 1024 * 1024


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    running = ".".join(platform.python_version_tuple()[:2])
    if running != python_minor():
        pytest.skip(f"byte code for AWS can only be made by Python {python_minor()}, and this is {running}")
    output = tmp_path_factory.mktemp("aws")
    build(Target.of("aws"), output)
    return output


@pytest.mark.slow
def test_an_archive_for_aws_has_everything_but_boto3_and_stays_below_5_mb(archive: Path, tmp_path: Path) -> None:
    top = {path.name for path in archive.iterdir()}
    assert {"contract", "functions", "aws_lambda_powertools", "pydantic", "ulid"} <= top
    assert not top & {"boto3", "botocore", "bin", "tests", "paho", "awscrt"}
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for path in archive.rglob("*"):
            packed.write(path, path.relative_to(archive))
    assert (tmp_path / "a.zip").stat().st_size <= MAX_BYTES


@pytest.mark.slow
def test_native_code_is_for_the_machine_that_runs_it(archive: Path) -> None:
    native = [path.name for path in archive.rglob("*.so")]
    tag = python_minor().replace(".", "")
    assert native == [f"_pydantic_core.cpython-{tag}-aarch64-linux-gnu.so"]


@pytest.mark.slow
def test_every_module_has_byte_code_that_no_modification_time_can_make_stale(archive: Path) -> None:
    modules = list(archive.rglob("*.py"))
    assert len(modules) > 100
    for module in modules:
        compiled = Path(importlib.util.cache_from_source(str(module))).read_bytes()
        assert compiled[:4] == importlib.util.MAGIC_NUMBER
        assert int.from_bytes(compiled[4:8], "little") == UNCHECKED_HASH, module


@pytest.mark.slow
def test_tracebacks_name_files_where_lambda_has_them(archive: Path) -> None:
    module = archive / "contract" / "topics.py"
    compiled = Path(importlib.util.cache_from_source(str(module))).read_bytes()
    assert marshal.loads(compiled[16:]).co_filename == "/var/task/contract/topics.py"  # noqa: S302 - made just now


@pytest.mark.slow
def test_every_handler_can_be_imported_from_the_archive_alone(tmp_path: Path) -> None:
    build(Target.of("host"), tmp_path)
    names = sorted(path.parent.name for path in (tmp_path / "functions").glob("*/handler.py"))
    assert names
    imports = "; ".join(f"import functions.{name}.handler" for name in names)
    # boto3 comes with the runtime: here from this environment, behind the archive.
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {imports}; import pydantic; print(pydantic.__file__)"
    environment = {"PATH": os.environ["PATH"], "POWERTOOLS_SERVICE_NAME": "test", "AWS_DEFAULT_REGION": "eu-central-1"}
    result = subprocess.run(  # noqa: S603 - our own arguments
        [sys.executable, "-I", "-c", program], check=False, capture_output=True, text=True, env=environment
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(str(tmp_path))


def test_the_archive_is_named_by_its_content_so_that_nothing_is_built_twice() -> None:
    aws = Target.of("aws")
    assert content_hash(aws) == content_hash(Target.of("aws"))
    assert content_hash(aws) != content_hash(Target.of("host"))
    assert content_hash(aws) != content_hash(replace(aws, python="3.99"))


def test_byte_code_for_another_python_is_refused_not_shipped(tmp_path: Path) -> None:
    with pytest.raises(BundlingError, match=r"3\.99"):
        build(replace(Target.of("aws"), python="3.99"), tmp_path)
    assert not list(tmp_path.iterdir())


def test_without_uv_the_build_says_where_it_looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("infra.bundling.ROOT", tmp_path)
    with pytest.raises(BundlingError, match=r"\.tools/uv/bin"):
        build(Target.of("host"), tmp_path)
