from __future__ import annotations

from tests.infra.templates import Synthesised


def test_power_that_still_flows_after_a_stop_raises_an_alarm(dev: Synthesised) -> None:
    alarm = dev.one("AWS::CloudWatch::Alarm", "PowerStillFlowing")
    assert (alarm["Namespace"], alarm["MetricName"]) == ("Polaris", "PowerStillFlowing")
    assert alarm["Dimensions"] == [{"Name": "service", "Value": "charger_reports"}]
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)
