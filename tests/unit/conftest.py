"""Unit tests talk to nobody: sockets are off. Warnings are errors, so Powertools gets the settings it asks for."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings
from pytest_socket import disable_socket

os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "unit-test")
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "Polaris")
os.environ.setdefault("POWERTOOLS_LOG_LEVEL", "INFO")

# The same examples on every run and no database of them: a red run is red for whoever looks at it next.
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
def _no_network() -> None:
    disable_socket(allow_unix_socket=True)
