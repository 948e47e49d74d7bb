"""Cold starts: `python -m local.bench.cold_start`.

A fresh process that loads a function from the archive, with the archive's own byte code, and answers once; beside it
a fresh process that makes the clients of DynamoDB and of the shadows with boto3, which is what any function in Python
must do at least. They take turns, and both see boto3 and nothing else of what is installed here, as in Lambda. The
services answer at once, below botocore, so that what botocore does for a first call is part of it.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import json
import os
import statistics
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from infra.bundling import Target, build
from local.bench.first_answers import FIRST
from local.bench.row import Row, text
from local.bench.template import synthesise

SDK = ("boto3", "botocore", "s3transfer", "dateutil", "six", "urllib3", "jmespath")
"""What Lambda's runtime brings: boto3 and what it needs."""
REACH, REACH_OTHERS, REACH_MB = 1.25, 1.6, 5.0

FLOOR = """
import time
began_s = time.perf_counter()
import boto3
boto3.client("dynamodb")
boto3.client("iot-data")
print((time.perf_counter() - began_s) * 1000)
"""

CHILD = """
import time
began_s = time.perf_counter()
import importlib, io, json, os, sys
said, sys.stdout = sys.stdout, io.StringIO()
about = json.loads(os.environ["ABOUT"])
handler = importlib.import_module(f"functions.{about['function']}.handler").handler
import botocore.httpsession
from botocore.awsrequest import AWSResponse

class Body(io.BytesIO):
    def stream(self, **_):
        yield self.read()

def send(self, request):
    operation = request.headers.get("X-Amz-Target", b"").decode().rpartition(".")[2]
    return AWSResponse(request.url, 200, {}, Body(json.dumps(about["answers"].get(operation, {})).encode()))

botocore.httpsession.URLLib3Session.send = send

class Context:
    function_name = memory_limit_in_mb = invoked_function_arn = aws_request_id = "bench"
    get_remaining_time_in_millis = lambda self: 10_000

answer = handler(about["event"], Context())
took_ms = (time.perf_counter() - began_s) * 1000
if about["expect"] not in json.dumps(answer):
    raise SystemExit(f"another answer than expected: {answer} {sys.stdout.getvalue()}")
said.write(str(took_ms))
"""


@dataclass(frozen=True)
class Measured:
    """Median milliseconds of a function's cold start, and of the clients alone in the same rounds."""

    function: str
    ours_ms: float
    floor_ms: float


def measure(functions: Sequence[str], rounds: int) -> tuple[list[Measured], float]:
    """Each function's cold start, and the archive's size in MB."""
    with TemporaryDirectory() as folder:
        archive, sdk = Path(folder) / "archive", Path(folder) / "sdk"
        archive.mkdir()
        build(Target.of("host"), archive)
        _link_sdk(sdk)
        environments = _environments(Path(folder))
        found = []
        for name in functions:
            about = {"function": name, **FIRST[name].described()}
            env = _environment(archive, sdk) | environments[name] | {"ABOUT": json.dumps(about)}
            for code in (FLOOR, CHILD):
                _run(code, env)  # has the SDK's byte code written
            pairs = [(_run(CHILD, env), _run(FLOOR, env)) for _ in range(rounds)]
            found.append(Measured(name, *(statistics.median(figures) for figures in zip(*pairs, strict=True))))
        return found, _zipped_mb(archive)


def _link_sdk(folder: Path) -> None:
    folder.mkdir()
    for name in SDK:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise RuntimeError(f"{name} is not installed")
        place = Path(spec.origin)
        place = place.parent if place.name == "__init__.py" else place
        (folder / place.name).symlink_to(place)


def _environments(folder: Path) -> dict[str, dict[str, str]]:
    """What the template tells each function; the names of tables and queues are any names here."""
    template = synthesise(folder)
    return {name: template.function(name)["Environment"]["Variables"] for name in FIRST}


def _environment(archive: Path, sdk: Path) -> dict[str, str]:
    keys = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_DEFAULT_REGION": "eu-central-1"}
    return keys | {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join((str(archive), str(sdk)))}


def _run(code: str, env: Mapping[str, str]) -> float:
    command = [sys.executable, "-P", "-S", "-c", code]
    made = subprocess.run(command, env=dict(env), cwd="/", capture_output=True, text=True, check=False)
    if made.returncode:
        raise RuntimeError(f"{env['ABOUT'][:80]}: {made.stderr}")
    return float(made.stdout)


def _zipped_mb(archive: Path) -> float:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for path in archive.rglob("*"):
            file.write(path, path.relative_to(archive))
    return len(packed.getvalue()) / 2**20


def rows(rounds: int = 15, functions: Sequence[str] = tuple(FIRST)) -> list[Row]:
    """A line for each function, and one for the archive."""
    found, megabytes = measure(functions, rounds)
    lines = [
        Row(
            f"cold start of {it.function}, median of {rounds}",
            f"{it.ours_ms:.0f} ms",
            f"{it.floor_ms:.0f} ms boto3 clients alone",
            it.ours_ms / it.floor_ms,
            f"≤ {REACH if it.function == 'stop_session' else REACH_OTHERS} times",
            "cold_start",
        )
        for it in found
    ]
    size = Row("archive of all functions", f"{megabytes:.1f} MB", reach=f"≤ {REACH_MB:.0f} MB", module="cold_start")
    return [*lines, size]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m local.bench.cold_start", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="fresh processes of each kind (default 15)")
    parser.add_argument("functions", nargs="*", help="which functions (default: all)")
    options: Any = parser.parse_args(arguments)
    print(text(rows(options.rounds, options.functions or tuple(FIRST))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
