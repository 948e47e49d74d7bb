from __future__ import annotations

from typing import Any

import pytest
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

from tests.support import builders
from tests.support.cloud import Cloud
from tests.support.metric_guard import unbounded


@pytest.fixture(autouse=True)
def only_bounded_metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any test of a function fails when it writes a metric that there can be any number of."""
    write = AmazonCloudWatchEMFProvider.serialize_metric_set

    def guarded(self: AmazonCloudWatchEMFProvider, *args: Any, **kwargs: Any) -> Any:
        line = write(self, *args, **kwargs)
        assert unbounded(dict(line)) == []
        return line

    monkeypatch.setattr(AmazonCloudWatchEMFProvider, "serialize_metric_set", guarded)


@pytest.fixture
def cloud() -> Cloud:
    """The cloud with one connected charger that has one EVSE, a car plugged in, and no session."""
    cloud = Cloud()
    cloud.keep(builders.charger(), builders.evse())
    return cloud
