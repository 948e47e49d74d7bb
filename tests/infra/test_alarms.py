from __future__ import annotations

import pytest

from tests.infra.templates import Synthesised


@pytest.mark.parametrize(
    ("metric", "function"),
    [
        ("PowerStillFlowing", "charger_reports"),
        ("CardNotAnswered", "authorise_card"),
        ("ProvisioningRefused", "provisioning_hook"),
    ],
)
def test_what_must_wake_a_person_raises_an_alarm(dev: Synthesised, metric: str, function: str) -> None:
    """Power that still flows after a stop; a driver at a charger whose card got no answer; a board that was refused."""
    alarm = dev.one("AWS::CloudWatch::Alarm", metric)
    assert (alarm["Namespace"], alarm["MetricName"]) == ("Polaris", metric)
    assert alarm["Dimensions"] == [{"Name": "service", "Value": function}]
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)
