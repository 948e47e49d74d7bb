"""Contract suites run on what is here: in memory, on moto in this process, or on a server of our own on loopback."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings
from pytest_socket import socket_allow_hosts

os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "contract-test")
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "Polaris")

settings.register_profile(
    "repeatable",
    derandomize=True,
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],  # it would measure how busy the machine is
)
settings.load_profile("repeatable")


@pytest.fixture(autouse=True)
def _loopback_only() -> None:
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)
