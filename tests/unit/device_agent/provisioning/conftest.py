from __future__ import annotations

from pathlib import Path

import pytest

from device_agent.identity import Identity, Pair
from device_agent.provisioning.claim import Claim, Tools
from tests.support.boards import CHARGER, CLAIM, SERIAL, FakeCloud, FakePapers


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


@pytest.fixture
def papers() -> FakePapers:
    return FakePapers()


@pytest.fixture
def identity(tmp_path: Path) -> Identity:
    return Identity(tmp_path / "identity")


@pytest.fixture
def claim(tmp_path: Path) -> Claim:
    certificate = tmp_path / "claim-cert.pem"
    certificate.write_text(CLAIM)
    return Claim(CHARGER, SERIAL, Pair(certificate, tmp_path / "claim-key.pem"))


@pytest.fixture
def tools(cloud: FakeCloud, papers: FakePapers) -> Tools:
    attempts = iter(f"{number:032x}" for number in range(1000))
    return Tools(cloud, papers.make_request, lambda: next(attempts), lambda _s: None)
