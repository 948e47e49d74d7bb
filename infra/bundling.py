"""What runs in every function: its packages, `contract/` and `functions/`, with byte code; built without Docker."""

from __future__ import annotations

import compileall
import hashlib
import os
import platform
import py_compile
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsii
from aws_cdk import AssetHashType, BundlingOptions, DockerImage, ILocalBundling
from aws_cdk import aws_lambda as lambda_

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.environments import BundleTarget

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements" / "lambda.txt"
SOURCES = ("contract", "functions")
NOT_SHIPPED = ("__pycache__", "tests", "*.pyc", ".*")
LAMBDA_ROOT = "/var/task"
"""Where Lambda unpacks the archive: tracebacks name files there, not on the machine that built it."""

INSTALLER_NOTES = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json")
"""What an installer writes for itself. METADATA stays (packages read their version there), and so do licences."""


_POWERTOOLS = "aws_lambda_powertools"
LEFT_OUT = (
    "pydantic/v1",  # for models of pydantic 1, of which there are none
    f"{_POWERTOOLS}/event_handler/openapi/swagger_ui/*.min.*",  # a page that no function serves
    # Utilities that no function uses. Should one begin to, the test that imports every handler from the archive fails.
    f"{_POWERTOOLS}/utilities/auth_alpha",
    f"{_POWERTOOLS}/utilities/circuit_breaker",
    f"{_POWERTOOLS}/utilities/data_masking",
    f"{_POWERTOOLS}/utilities/feature_flags",
    f"{_POWERTOOLS}/utilities/idempotency",
    f"{_POWERTOOLS}/utilities/kafka",
    f"{_POWERTOOLS}/utilities/parameters",
    f"{_POWERTOOLS}/utilities/streaming",
    f"{_POWERTOOLS}/utilities/validation",
    "**/*.pyi",  # for type checkers
)
"""What the packages bring and nothing here imports: a fifth of the archive, which would pass 5 MB with it."""


class BundlingError(RuntimeError):
    """The archive could not be built. Raised, because CDK takes a False for "try Docker"."""


def python_minor() -> str:
    """The Python that Lambda runs, as in `3.13`."""
    return (ROOT / ".python-version").read_text(encoding="utf-8").strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The machine that an archive is for."""

    architecture: lambda_.Architecture
    python: str
    platform: str | None
    """As uv names it; None is the machine this runs on."""

    @classmethod
    def of(cls, bundle: BundleTarget) -> Target:
        """AWS: arm64, cheaper and no slower for this work. Host: whatever this is, for the emulator."""
        if bundle == "aws":
            return cls(
                architecture=lambda_.Architecture.ARM_64, python=python_minor(), platform="aarch64-manylinux2014"
            )
        arm = platform.machine().lower() in ("arm64", "aarch64")
        architecture = lambda_.Architecture.ARM_64 if arm else lambda_.Architecture.X86_64
        return cls(architecture=architecture, python=_running_minor(), platform=None)


def function_code(bundle: BundleTarget) -> lambda_.Code:
    """The one archive that all functions share; built only when something in it has changed."""
    target = Target.of(bundle)
    return lambda_.Code.from_asset(
        str(ROOT),
        asset_hash=content_hash(target),
        asset_hash_type=AssetHashType.CUSTOM,
        # The image is what CDK would use if local bundling declined; ours builds or raises.
        bundling=BundlingOptions(image=DockerImage.from_registry("unused"), local=_LocalBundling(target)),
    )


def content_hash(target: Target) -> str:
    """A digest of everything that decides what is in the archive."""
    digest = hashlib.sha256(f"{target.platform or platform.platform()} {target.python}".encode())
    for path in (Path(__file__), REQUIREMENTS, *_source_files()):
        content = path.read_bytes()
        digest.update(f"\0{path.relative_to(ROOT).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def build(target: Target, output: Path) -> None:
    """Fill a folder with what the archive holds.

    Raises:
        BundlingError: no uv, packages not to be had, or this Python cannot compile for the target's.
    """
    if _running_minor() != target.python:
        raise BundlingError(
            f"byte code for Python {target.python} cannot be made by {_running_minor()}: run the CDK app with "
            f"Python {target.python}"
        )
    _install_packages(target, output)
    for name in SOURCES:
        shutil.copytree(ROOT / name, output / name, ignore=shutil.ignore_patterns(*NOT_SHIPPED))
    _drop_what_nobody_imports(output)
    # CDK resets modification times in the archive, which would make ordinary byte code stale: Lambda would compile
    # everything at every cold start. Unchecked byte code is taken as it is.
    compiled = compileall.compile_dir(
        output,
        maxlevels=20,
        quiet=1,
        stripdir=str(output),
        prependdir=LAMBDA_ROOT,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    if not compiled:
        raise BundlingError("a file of the archive does not compile; the compiler's message is above")


@jsii.implements(ILocalBundling)
class _LocalBundling:
    def __init__(self, target: Target) -> None:
        self._target = target

    def try_bundle(self, output_dir: str, *_options: Any, **_named: Any) -> bool:  # jsii passes them either way
        build(self._target, Path(output_dir))
        return True


def _install_packages(target: Target, output: Path) -> None:
    for_target = (
        ["--python-platform", target.platform, "--python-version", target.python] if target.platform is not None else []
    )
    command = [
        *(_uv(), "pip", "install", "--quiet", "--no-config", "--python", sys.executable, "--target", str(output)),
        *("--require-hashes", "--only-binary", ":all:", "--link-mode", "copy"),
        *for_target,
        *("--requirements", str(REQUIREMENTS)),
    ]
    result = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - our own arguments, no shell
    if result.returncode != 0:
        raise BundlingError(f"uv could not install {REQUIREMENTS.name}:\n{result.stderr}")


def _uv() -> str:
    bundled = ROOT / ".tools" / "uv" / "bin" / "uv"
    found = os.environ.get("UV") or (str(bundled) if bundled.exists() else shutil.which("uv"))
    if not found:
        raise BundlingError("no uv found: set UV, or put it on the PATH or into .tools/uv/bin")
    return found


def _drop_what_nobody_imports(output: Path) -> None:
    notes = [f"*.dist-info/{note}" for note in INSTALLER_NOTES]
    for pattern in ("bin", ".lock", *notes, *LEFT_OUT):
        for path in list(output.glob(pattern)):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def _source_files() -> Iterator[Path]:
    for name in SOURCES:
        for path in sorted((ROOT / name).rglob("*")):
            if path.is_file() and not any(part.match(pattern) for part in _parts(path) for pattern in NOT_SHIPPED):
                yield path


def _parts(path: Path) -> list[Path]:
    return [Path(part) for part in path.relative_to(ROOT).parts]


def _running_minor() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"
